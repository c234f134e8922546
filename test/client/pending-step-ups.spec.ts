import {
  type PendingStepUpInput,
  PendingStepUps,
  type StepUpChallenge,
  sessionStorageStore,
  type WebStorage,
} from '../../lib/client/index.js';

const MFA: StepUpChallenge = { scheme: 'Bearer', acrValues: ['mfa'], maxAge: 60 };
const PHR: StepUpChallenge = { scheme: 'Bearer', acrValues: ['phr'] };
const TRANSFER: PendingStepUpInput = {
  challenge: MFA,
  challengedAt: 1_700_000_000,
  subject: 'alice',
  issuer: 'https://login.example',
  request: { method: 'POST', url: 'https://api.example/transfers' },
};

/** Session storage as browsers have it: texts by text, in an order of its own. */
class FakeStorage implements WebStorage {
  readonly items = new Map<string, string>();
  get length() {
    return this.items.size;
  }
  key(index: number) {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key: string) {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    this.items.set(key, value);
  }
  removeItem(key: string) {
    this.items.delete(key);
  }
}

let storage: FakeStorage;

/** The page as it is loaded: nothing survives but the storage. */
function page(ttl?: number): PendingStepUps {
  return new PendingStepUps(sessionStorageStore(storage), { ...(ttl !== undefined && { ttl }) });
}

function pass(seconds: number): void {
  jest.setSystemTime(Date.now() + seconds * 1000);
}

beforeEach(() => {
  storage = new FakeStorage();
  jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('PendingStepUps', () => {
  test('what was begun is found on the next page, by its state', async () => {
    await page().begin('s1', { ...TRANSFER, data: { amount: 5 } });
    await page().begin('s2', { ...TRANSFER, subject: 'bob' });
    expect(await page().take('s1')).toEqual({ ...TRANSFER, data: { amount: 5 }, expiresAt: 1_700_000_600 });
    expect(await page().take('s2')).toMatchObject({ subject: 'bob' });
  });

  test('once', async () => {
    await page().begin('s1', TRANSFER);
    await page().take('s1');
    await expect(page().take('s1')).rejects.toMatchObject({ name: 'StateUnknown', code: 'ERR_STEP_UP_STATE_UNKNOWN' });
  });

  test.each(['s2', '', '__proto__', 'S1'])('not by another state: %j', async (state) => {
    await page().begin('s1', TRANSFER);
    await expect(page().take(state)).rejects.toMatchObject({ code: 'ERR_STEP_UP_STATE_UNKNOWN' });
    expect(await page().take('s1')).toMatchObject(TRANSFER);
  });

  test('C-52 within its ttl, ten minutes by default', async () => {
    await page().begin('s1', TRANSFER);
    await page(5).begin('s2', TRANSFER);
    pass(5);
    expect(await page().take('s2')).toMatchObject(TRANSFER);
    pass(595);
    expect(await page().take('s1')).toMatchObject(TRANSFER);
  });

  test.each([
    [600, undefined],
    [5, 5],
  ])('C-52 after %i seconds it has timed out, and is gone', async (seconds, ttl) => {
    await page(ttl).begin('s1', TRANSFER);
    pass(seconds + 0.001);
    await expect(page().take('s1')).rejects.toMatchObject({ name: 'StepUpTimedOut', code: 'ERR_STEP_UP_TIMEOUT' });
    await expect(page().take('s1')).rejects.toMatchObject({ code: 'ERR_STEP_UP_STATE_UNKNOWN' });
  });

  test('what has become unreadable is unknown', async () => {
    await page().begin('s1', TRANSFER);
    for (const key of storage.items.keys()) storage.setItem(key, '9999999999999 {"subject":');
    await expect(page().take('s1')).rejects.toMatchObject({ code: 'ERR_STEP_UP_STATE_UNKNOWN' });
  });

  test.each([
    ['state', '', TRANSFER],
    ['subject', 's1', { ...TRANSFER, subject: '' }],
  ])('"%s" has to be given', async (name, state, stepUp) => {
    await expect(page().begin(state, stepUp)).rejects.toThrow(new RegExp(`^"${name}" must be`));
  });
});

describe('PendingStepUps: attempts across page loads', () => {
  async function roundTrip(stepUp: PendingStepUpInput, state = 's'): Promise<void> {
    await page().begin(state, stepUp);
    await page().take(state);
  }

  test('C-58 the same challenge after a return is a loop, with both challenges', async () => {
    await roundTrip(TRANSFER);
    const easier = { ...TRANSFER, challenge: { scheme: 'Bearer', acrValues: ['pwd', 'mfa'] } };
    for (const again of [TRANSFER, easier]) {
      await expect(page().begin('s2', again)).rejects.toMatchObject({
        code: 'ERR_STEP_UP_LOOP',
        challenges: [MFA, again.challenge],
      });
      await expect(page().take('s2')).rejects.toMatchObject({ code: 'ERR_STEP_UP_STATE_UNKNOWN' });
    }
  });

  test('C-58 another challenge may follow, a third may not', async () => {
    await roundTrip(TRANSFER);
    await roundTrip({ ...TRANSFER, challenge: PHR });
    const third = { scheme: 'Bearer', acrValues: ['x'] };
    await expect(page().begin('s3', { ...TRANSFER, challenge: third })).rejects.toMatchObject({
      challenges: [PHR, third],
    });
  });

  test.each<[string, Partial<PendingStepUpInput>]>([
    ['user', { subject: 'bob' }],
    ['issuer', { issuer: 'https://other.example' }],
    ['method', { request: { method: 'GET', url: 'https://api.example/transfers' } }],
    ['address', { request: { method: 'POST', url: 'https://api.example/payments' } }],
  ])('another %s is counted by itself', async (_, other) => {
    await roundTrip(TRANSFER);
    await roundTrip({ ...TRANSFER, ...other });
    await expect(page().begin('s', TRANSFER)).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
  });

  test('a user who did not come back may be sent again', async () => {
    await page().begin('s1', TRANSFER);
    await page().begin('s2', TRANSFER);
    await page().begin('s3', TRANSFER);
    expect(await page().take('s3')).toMatchObject(TRANSFER);
  });

  test('what was performed, or declined, is forgotten', async () => {
    await roundTrip(TRANSFER);
    await page().forget(TRANSFER);
    await roundTrip(TRANSFER);
    await expect(page().begin('s', TRANSFER)).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
  });

  test('asking in vain does not put off the end of the count', async () => {
    await roundTrip(TRANSFER);
    pass(599);
    await expect(page().begin('s', TRANSFER)).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
    pass(2);
    await roundTrip(TRANSFER);
  });
});

describe('sessionStorageStore', () => {
  test('leaves what is not its own alone, and removes what has expired', async () => {
    storage.setItem('other', '1 x');
    await page(5).begin('s1', TRANSFER);
    await page(600).begin('s2', TRANSFER);
    pass(6);
    await page().begin('s3', TRANSFER);
    expect([...storage.items.keys()]).toEqual(['other', 'step-up:state:s2', 'step-up:state:s3']);
  });

  test('keeps neither tokens nor bodies: only what it was given', async () => {
    await page().begin('s1', TRANSFER);
    expect([...storage.items.values()]).toEqual([
      `1700000600000 ${JSON.stringify({ ...TRANSFER, expiresAt: 1_700_000_600 })}`,
    ]);
  });

  describe('without a storage given', () => {
    const ofThePage = Object.getOwnPropertyDescriptor(globalThis, 'sessionStorage');
    const ofThePageIs = (value: WebStorage | undefined) =>
      Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, value });

    afterEach(() => {
      if (ofThePage) Object.defineProperty(globalThis, 'sessionStorage', ofThePage);
      else Reflect.deleteProperty(globalThis, 'sessionStorage');
    });

    test('takes the session storage of the page by itself', async () => {
      ofThePageIs(storage);
      await new PendingStepUps(sessionStorageStore()).begin('s1', TRANSFER);
      expect(storage.length).toBe(1);
    });

    test('where there is none it says what to do', () => {
      ofThePageIs(undefined);
      expect(() => sessionStorageStore()).toThrow(/^There is no "sessionStorage" here; give a store/);
    });
  });
});

test('a store may be asynchronous, as on a server', async () => {
  const kept = new Map<string, string>();
  const pending = new PendingStepUps({
    put: async (key, value) => void kept.set(key, value),
    take: async (key) => {
      const value = kept.get(key) ?? null;
      kept.delete(key);
      return value;
    },
  });
  await pending.begin('s1', TRANSFER);
  expect(await pending.take('s1')).toMatchObject(TRANSFER);
  await expect(pending.take('s1')).rejects.toMatchObject({ code: 'ERR_STEP_UP_STATE_UNKNOWN' });
});

describe('PendingStepUps: what is not of the type it should be is never read as "no limit"', () => {
  test.each([null, '600', Number.NaN, Number.POSITIVE_INFINITY, -1, 86_401])('a ttl of %j is a TypeError', (ttl) => {
    expect(() => page(ttl as number)).toThrow(new TypeError('"ttl" must be a number of seconds up to 86400'));
  });

  test.each<[string, object, string]>([
    ['challengedAt of null', { challengedAt: null }, '"challengedAt" must be a number that is not negative'],
    ['no challengedAt', { challengedAt: undefined }, '"challengedAt" must be a number that is not negative'],
    ['issuer of null', { issuer: null }, '"issuer" must be a string'],
    ['maxAge of NaN', { challenge: { ...MFA, maxAge: Number.NaN } }, '"maxAge" must be a number that is not negative'],
    ['acrValues of null', { challenge: { ...MFA, acrValues: null } }, '"acrValues" must be a list of strings'],
  ])('%s is a TypeError, and nothing is kept', async (_, wrong, message) => {
    await expect(page().begin('s1', { ...TRANSFER, ...wrong })).rejects.toThrow(new TypeError(message));
    expect(storage.length).toBe(0);
  });

  test('null in the store is unknown', async () => {
    await page().begin('s1', TRANSFER);
    for (const key of storage.items.keys()) storage.setItem(key, '9999999999999 null');
    await expect(page().take('s1')).rejects.toMatchObject({ code: 'ERR_STEP_UP_STATE_UNKNOWN' });
  });
});
