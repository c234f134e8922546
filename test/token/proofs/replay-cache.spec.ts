import Keyv from 'keyv';
import { type ReplayCache, Replays } from '../../../lib/token/proofs/replay-cache.js';
import { pass, stopClock } from '../../support/clock.js';

const NOW = 1_800_000_000;
const proof = { key: 'k', jti: 'a', iat: NOW };
const unavailable = {
  name: 'AuthorizationServerUnavailable',
  code: 'replay_cache_unavailable',
  issuer: 'https://as.example',
};
const instance = (cache?: ReplayCache) => new Replays(70, cache);
const use = async (replays: Replays, one = proof) => replays.use(one, NOW, 'https://as.example');

beforeEach(() => stopClock());
afterEach(() => void jest.useRealTimers());

describe('Replays', () => {
  test('without a shared cache it answers at once', () => {
    const replays = instance();
    expect([replays.use(proof, NOW, ''), replays.use(proof, NOW, '')]).toEqual([true, false]);
  });

  test.each<[name: string, cache: () => ReplayCache]>([
    ['a Keyv', () => new Keyv()],
    [
      'a cache with setIfAbsent',
      () => {
        const keys = new Set<string>();
        return { setIfAbsent: async (key) => !keys.has(key) && keys.add(key) !== undefined };
      },
    ],
    ['a cache that leaves setIfAbsent out', () => Object.assign(new Keyv(), { setIfAbsent: undefined })],
  ])('%s: a proof that one instance has accepted is refused by every other', async (_, cache) => {
    const shared = cache();
    const [one, other] = [instance(shared), instance(shared)];
    expect([await use(one), await use(other), await use(one), await use(other)]).toEqual([true, false, false, false]);
    expect(await use(other, { ...proof, jti: 'b' })).toBe(true);
  });

  test('the cache keeps a proof as long as it could be accepted, in milliseconds, and holds nothing of it', async () => {
    const set = jest.fn(async (_key: string, _value: unknown, _ttl: number) => true);
    const values: unknown[] = [undefined, undefined];
    const cache = { get: async () => (values.length > 1 ? values.pop() : set.mock.calls[0]?.[1]), set };
    expect(await use(instance(cache))).toBe(true);
    const [key, value, ttl] = set.mock.calls[0] as [string, unknown, number];
    expect(key).toMatch(/^nestjs-step-up:proof:[\w-]{43}$/);
    expect([typeof value, ttl]).toEqual(['string', 70_000]);
  });

  test('of two instances that store at the same moment, one accepts', async () => {
    const store = new Map<string, unknown>();
    const cache = {
      get: async (key: string) => store.get(key),
      set: async (key: string, value: unknown) => store.set(key, value),
    };
    expect((await Promise.all([use(instance(cache)), use(instance(cache))])).sort()).toEqual([false, true]);
  });

  test.each<[name: string, cache: ReplayCache]>([
    ['rejects', { get: () => Promise.reject(new Error('down')), set: async () => true }],
    [
      'throws',
      {
        get: () => {
          throw new Error('down');
        },
        set: async () => true,
      },
    ],
    ['rejects what is stored', { get: async () => undefined, set: () => Promise.reject(new Error('down')) }],
    // what a Keyv does without its store
    ['stores nothing, without a word', { get: async () => undefined, set: async () => true }],
    ['says null for what it has not', { get: async () => null, set: async () => true }],
    ['rejects in one step', { setIfAbsent: () => Promise.reject(new Error('down')) }],
  ])('nothing is accepted while the cache fails: it %s', async (_, cache) => {
    await expect(use(instance(cache))).rejects.toMatchObject(unavailable);
  });

  test('the error says what fails, and carries why', async () => {
    const message =
      'https://as.example: the cache of used proofs fails, so that no proof for its tokens can be accepted';
    const down = new Error('down');
    for (const [cache, cause] of [
      [{ setIfAbsent: () => Promise.reject(down) }, down],
      [{ get: async () => undefined, set: async () => true }, new Error('the cache has not stored the proof')],
    ] as [ReplayCache, Error][]) {
      await expect(use(instance(cache))).rejects.toMatchObject({ message, cause, retryAfter: 1 });
    }
  });

  test('what a cache in one step answers but true is a use', async () => {
    for (const answer of [false, 'OK', 1, undefined, null]) {
      expect(await use(instance({ setIfAbsent: async () => answer as boolean }))).toBe(false);
    }
  });

  test('after a failure the cache is not asked for a second', async () => {
    const get = jest.fn(() => Promise.reject(new Error('down')));
    const replays = instance({ get, set: async () => true });
    await expect(use(replays)).rejects.toMatchObject(unavailable);
    await expect(use(replays, { ...proof, jti: 'b' })).rejects.toMatchObject({ ...unavailable, retryAfter: 1 });
    expect(get).toHaveBeenCalledTimes(1);
    pass(1);
    await expect(use(replays, { ...proof, jti: 'c' })).rejects.toMatchObject(unavailable);
    expect(get).toHaveBeenCalledTimes(2);
  });

  test('a replay to the same instance does not ask the cache', async () => {
    const setIfAbsent = jest.fn(async () => true);
    const replays = instance({ setIfAbsent });
    expect([await use(replays), await use(replays)]).toEqual([true, false]);
    expect(setIfAbsent).toHaveBeenCalledTimes(1);
  });
});
