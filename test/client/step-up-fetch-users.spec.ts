import { AsyncLocalStorage } from 'node:async_hooks';
import { type StepUpFetchOptions, stepUpFetch } from '../../lib/client/index.js';
import { API, challenge, deferred, fakeApi, settled } from './fake-api.js';

describe('stepUpFetch: one instance for many users of a server', () => {
  const users = new AsyncLocalStorage<string>();

  function server(options: Partial<StepUpFetchOptions> = {}) {
    const api = fakeApi(({ token = '' }) =>
      token.endsWith('-mfa') ? new Response(token) : challenge('acr_values="mfa"'),
    );
    const stepUps = new Map<string, ReturnType<typeof deferred<string>>>();
    const request = stepUpFetch({
      origins: [API],
      fetch: api.fetch,
      accessToken: () => users.getStore(),
      stepUp: () => {
        const pending = deferred<string>();
        stepUps.set(users.getStore() ?? '', pending);
        return pending.promise;
      },
      ...options,
    });
    const as = (user: string) => users.run(user, async () => (await request(`${API}/transfers`)).text());
    return { api, stepUps, as };
  }

  test('a token never goes to another user, in whatever order they come back', async () => {
    const { as, stepUps, api } = server();
    const answers = [as('alice'), as('bob'), as('alice'), as('bob')];
    await settled();
    expect([...stepUps.keys()]).toEqual(['alice', 'bob']);
    stepUps.get('bob')?.resolve('bob-mfa');
    stepUps.get('alice')?.resolve('alice-mfa');
    expect(await Promise.all(answers)).toEqual(['alice-mfa', 'bob-mfa', 'alice-mfa', 'bob-mfa']);
    expect(api.tokens().sort()).toEqual([
      'alice',
      'alice',
      'alice-mfa',
      'alice-mfa',
      'bob',
      'bob',
      'bob-mfa',
      'bob-mfa',
    ]);
  });

  test('one user who declines stops no other', async () => {
    const { as, stepUps } = server();
    const alice = as('alice');
    const bob = as('bob');
    await settled();
    stepUps.get('alice')?.reject(new Error('declined'));
    stepUps.get('bob')?.resolve('bob-mfa');
    await expect(alice).rejects.toMatchObject({ code: 'ERR_STEP_UP_FAILED', cause: new Error('declined') });
    expect(await bob).toBe('bob-mfa');
  });

  test('whose session changes while a request waits gets no token of the new one', async () => {
    let current = 'alice';
    const { stepUps, api, as } = server({ accessToken: () => current });
    const waiting = as('alice');
    await settled();
    current = 'bob';
    stepUps.get('alice')?.resolve('alice-mfa');
    expect(await waiting).toBe('alice-mfa');
    expect(api.tokens()).toEqual(['alice', 'alice-mfa']);
  });

  test('prompts are counted for each user', async () => {
    const { as, stepUps } = server({ promptsPerMinute: 1, user: () => users.getStore() ?? '' });
    const alice = as('alice');
    const bob = as('bob');
    await settled();
    stepUps.get('alice')?.resolve('alice-mfa');
    stepUps.get('bob')?.resolve('bob-mfa');
    expect(await Promise.all([alice, bob])).toEqual(['alice-mfa', 'bob-mfa']);
    await expect(as('alice')).rejects.toMatchObject({ code: 'ERR_STEP_UP_REFUSED_BY_POLICY' });
  });
});
