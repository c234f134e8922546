import { readStepUpChallenge, type StepUpChallenge, type StepUpDeviationCode } from '../../lib/client/index.js';

const BODY = {
  error: 'insufficient_user_authentication',
  error_description: 'A different authentication is required',
  acr_values: 'phr mfa',
  max_age: 300,
  reasons: ['acr_unmet'],
};
const CHALLENGE: StepUpChallenge = {
  scheme: 'Bearer',
  acrValues: ['phr', 'mfa'],
  maxAge: 300,
  errorDescription: 'A different authentication is required',
};

interface Answer {
  status?: number;
  type?: string;
  headers?: Record<string, string>;
}

function answer(body: unknown, { status = 401, type = 'application/json', headers = {} }: Answer = {}): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Response(text, { status, headers: { 'content-type': type, ...headers } });
}

async function read(response: Response, scheme?: 'Bearer' | 'DPoP') {
  const deviations: StepUpDeviationCode[] = [];
  const challenge = await readStepUpChallenge(response, {
    ...(scheme !== undefined && { scheme }),
    onDeviation: ({ code }) => deviations.push(code),
  });
  return { challenge, deviations };
}

describe('readStepUpChallenge', () => {
  test.each(['application/json', 'application/json; charset=utf-8', 'application/problem+json', 'Application/JSON'])(
    'falls back to a body of type %s',
    async (type) => {
      expect(await read(answer(BODY, { type }))).toEqual({ challenge: CHALLENGE, deviations: ['challenge_in_body'] });
    },
  );

  test('also where only a challenge that concerns no access token is visible', async () => {
    const response = answer(BODY, { headers: { 'www-authenticate': 'Basic realm="api", Negotiate' } });
    expect((await read(response)).challenge).toEqual(CHALLENGE);
  });

  test('the scheme is that of the request', async () => {
    expect((await read(answer(BODY), 'DPoP')).challenge?.scheme).toBe('DPoP');
  });

  test('the response can still be read', async () => {
    const response = answer(BODY);
    await read(response);
    expect(await response.json()).toEqual(BODY);
  });

  test('a max_age that is no number of seconds is ignored', async () => {
    const { challenge, deviations } = await read(answer({ error: BODY.error, acr_values: 'mfa', max_age: 1.5 }));
    expect(challenge).toEqual({ scheme: 'Bearer', acrValues: ['mfa'] });
    expect(deviations).toEqual(['challenge_in_body', 'max_age_invalid']);
  });

  test('max_age of zero is kept', async () => {
    expect((await read(answer({ error: BODY.error, max_age: 0 }))).challenge).toEqual({ scheme: 'Bearer', maxAge: 0 });
  });

  test('the header wins over the body', async () => {
    const field = 'Bearer error="insufficient_user_authentication", acr_values="phr"';
    const response = answer(BODY, { headers: { 'www-authenticate': field } });
    expect(await read(response)).toEqual({ challenge: { scheme: 'Bearer', acrValues: ['phr'] }, deviations: [] });
  });

  test.each<[string, Response]>([
    [
      'C-02 beside a visible challenge of another error',
      answer(BODY, { headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }),
    ],
    ['beside a bare Bearer', answer(BODY, { headers: { 'www-authenticate': 'Bearer' } })],
    ['of a 403', answer(BODY, { status: 403 })],
    ['of a 200', answer(BODY, { status: 200 })],
    ['of another error', answer({ ...BODY, error: 'invalid_token' })],
    ['that is not JSON', answer('not JSON')],
    ['of another type', answer(BODY, { type: 'text/html' })],
    ['that is null', answer('null')],
    ['that is a list', answer([BODY])],
    ['that is a string', answer('"insufficient_user_authentication"')],
    ['that is empty', answer('')],
    ['above 16 KiB', answer({ ...BODY, padding: 'x'.repeat(16_384) })],
  ])('a body %s is no challenge', async (_, response) => {
    expect(await read(response)).toEqual({ challenge: undefined, deviations: [] });
  });

  test('members that are neither string nor number are ignored', async () => {
    const { challenge } = await read(
      answer({ error: BODY.error, acr_values: ['mfa'], max_age: { a: 1 }, scope: true }),
    );
    expect(challenge).toEqual({ scheme: 'Bearer' });
  });

  test('a body that was read already is left alone', async () => {
    const response = answer(BODY);
    await response.text();
    expect((await read(response)).challenge).toBeUndefined();
  });

  test('a body without end is not read to its end', async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1;
        controller.enqueue(new TextEncoder().encode(' '.repeat(1024)));
      },
    });
    const response = new Response(endless, { status: 401, headers: { 'content-type': 'application/json' } });
    expect((await read(response)).challenge).toBeUndefined();
    expect(sent).toBeLessThan(30);
  });

  test('a body that breaks off is no challenge', async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('broken')) });
    const response = new Response(broken, { status: 401, headers: { 'content-type': 'application/json' } });
    expect((await read(response)).challenge).toBeUndefined();
  });
});
