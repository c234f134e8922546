import type { StepUpDeviationCode } from '../../lib/client/index.js';
import { API, challenge, client, granting } from './fake-api.js';

const TRANSFERS = `${API}/transfers`;

describe('stepUpFetch: policy for an API that asks too much', () => {
  test('C-42 an acr value that is not allowed is left out and reported', async () => {
    const deviations: StepUpDeviationCode[] = [];
    const { request, stepUp } = client(granting(['t2'], 'acr_values="evil phr mfa"'), {
      allowedAcrValues: ['mfa', 'phr'],
      onDeviation: ({ code }) => deviations.push(code),
    });
    await request(TRANSFERS);
    expect(stepUp.mock.calls[0]?.[0]).toEqual({ scheme: 'Bearer', acrValues: ['phr', 'mfa'] });
    expect(deviations).toEqual(['acr_value_not_allowed']);
  });

  test('C-42 where none is allowed nobody is asked', async () => {
    const { request, stepUp, api } = client(granting([], 'acr_values="evil"'), { allowedAcrValues: ['mfa'] });
    await expect(request(TRANSFERS)).rejects.toMatchObject({
      name: 'ChallengeRefusedByPolicy',
      code: 'ERR_STEP_UP_REFUSED_BY_POLICY',
      reason: 'acr_values_not_allowed',
      challenge: { scheme: 'Bearer', acrValues: ['evil'] },
    });
    expect([stepUp.mock.calls, api.tokens()]).toEqual([[], ['t1']]);
  });

  test.each<[string, number | undefined, StepUpDeviationCode[]]>([
    ['max_age="0"', 30, ['max_age_raised']],
    ['max_age="29"', 30, ['max_age_raised']],
    ['max_age="30"', 30, []],
    ['max_age="31"', 31, []],
    ['acr_values="mfa"', undefined, []],
  ])('C-42 a least max_age of 30 makes %s %s', async (requirements, maxAge, expected) => {
    const deviations: StepUpDeviationCode[] = [];
    const onDeviation = ({ code }: { code: StepUpDeviationCode }) => deviations.push(code);
    const { request, stepUp } = client(granting(['t2'], requirements), { minMaxAge: 30, onDeviation });
    await request(TRANSFERS);
    expect(stepUp.mock.calls[0]?.[0].maxAge).toBe(maxAge);
    expect(deviations).toEqual(expected);
  });

  test('by default max_age of zero is asked for', async () => {
    const { request, stepUp } = client(granting(['t2'], 'max_age=0'));
    await request(TRANSFERS);
    expect(stepUp.mock.calls[0]?.[0].maxAge).toBe(0);
  });
});

describe('stepUpFetch: prompts per minute', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** An API that accepts each new token once. */
  function insatiable(promptsPerMinute?: number) {
    let issued = 0;
    const stepUp = jest.fn(async () => {
      issued += 1;
      return `new-${issued}`;
    });
    const { request } = client(
      ({ token }) => (token?.startsWith('new-') ? new Response('done') : challenge('max_age=0')),
      { stepUp, ...(promptsPerMinute !== undefined && { promptsPerMinute }) },
    );
    return { request: () => request(TRANSFERS), stepUp };
  }

  test.each([undefined, 2])('C-42 beyond the limit (%j, 5 where undefined) nobody is asked', async (limit) => {
    const { request, stepUp } = insatiable(limit);
    for (let prompt = 0; prompt < (limit ?? 5); prompt += 1) await request();
    await expect(request()).rejects.toMatchObject({
      code: 'ERR_STEP_UP_REFUSED_BY_POLICY',
      reason: 'too_many_prompts',
    });
    expect(stepUp).toHaveBeenCalledTimes(limit ?? 5);
  });

  test('C-42 the limit moves on with the clock', async () => {
    const { request, stepUp } = insatiable(2);
    await request();
    jest.setSystemTime(Date.now() + 40_000);
    await request();
    jest.setSystemTime(Date.now() + 19_999);
    await expect(request()).rejects.toMatchObject({ reason: 'too_many_prompts' });
    jest.setSystemTime(Date.now() + 1);
    await request();
    await expect(request()).rejects.toMatchObject({ reason: 'too_many_prompts' });
    expect(stepUp).toHaveBeenCalledTimes(3);
  });

  test('a limit of zero asks nobody', async () => {
    const { request, stepUp } = insatiable(0);
    await expect(request()).rejects.toMatchObject({ reason: 'too_many_prompts' });
    expect(stepUp).not.toHaveBeenCalled();
  });
});
