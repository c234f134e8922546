import { UserStore } from '../../sample-app/src/bff/step-up/index.js';
import { stopClock } from '../support/clock.js';

const KIB = 1024;

afterEach(() => jest.useRealTimers());

describe('the store of what users have pending', () => {
  const ownerOf = (subject: string, key = 'session') => ({
    key,
    user: { subject, issuer: 'https://login.example', accessToken: '', idToken: '' },
  });

  it('gives a text out once, to its own session', async () => {
    const store = new UserStore();
    await store.of(ownerOf('ada')).put('name', 'text', 60);
    expect(await store.of(ownerOf('ada', 'other session')).take('name')).toBeUndefined();
    expect(await store.of(ownerOf('bob')).take('name')).toBeUndefined();
    expect(await store.of(ownerOf('ada')).take('name')).toBe('text');
    expect(await store.of(ownerOf('ada')).take('name')).toBeUndefined();
    expect(store.bytes).toBe(0);
  });

  it('drops the oldest texts of a user beyond 32 KiB, over all sessions, and none of another user', async () => {
    const store = new UserStore();
    await store.of(ownerOf('bob')).put('name', 'text', 60);
    const bytesOfBob = store.bytes;
    for (let index = 0; index < 50; index += 1) {
      await store.of(ownerOf('ada', `session ${index}`)).put('name', 'é'.repeat(KIB), 60);
      expect(store.bytes - bytesOfBob).toBeLessThanOrEqual(32 * KIB);
    }
    expect(store.of(ownerOf('ada', 'session 0')).peek('name')).toBeUndefined();
    expect(store.of(ownerOf('ada', 'session 49')).peek('name')).toHaveLength(KIB);
    expect(store.of(ownerOf('bob')).peek('name')).toBe('text');
  });

  it('refuses a text that is larger than the share of a user, and drops none for it', async () => {
    const store = new UserStore();
    const { put, peek } = store.of(ownerOf('ada'));
    await put('name', 'text', 60);
    expect(() => put('large', 'a'.repeat(32 * KIB), 60)).toThrow(RangeError);
    expect(peek('name')).toBe('text');
  });

  it('forgets what has expired when the next text comes', async () => {
    const store = new UserStore();
    await store.of(ownerOf('ada')).put('name', 'text', 60);
    stopClock(Date.now() + 61_000);
    expect(store.of(ownerOf('ada')).peek('name')).toBeUndefined();
    await store.of(ownerOf('bob')).put('name', 'text', 60);
    const bytesOfOne = store.bytes;
    await store.of(ownerOf('ada')).put('name', 'text', 60);
    expect(store.bytes).toBe(2 * bytesOfOne);
  });
});
