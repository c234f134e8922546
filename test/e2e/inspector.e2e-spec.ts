import { Inspector } from '../../sample-app/src/bff/inspector/inspector.js';
import type { Journal } from '../../sample-app/src/bff/inspector/journal.js';
import type { Exchange } from '../../sample-app/src/shared/exchange.js';

const SECRET = 'kept-on-the-server-and-nowhere-else';
const user = { subject: 'ada', issuer: 'https://login.example', accessToken: 'a.b.c', idToken: 'd.e.f' };
const owner = { key: 'session', user };

const exchange = (body: string, headers: Record<string, string> = {}): Exchange => ({
  request: { method: 'POST', url: new URL('https://login.example/token'), headers: new Headers(headers), body },
  response: { status: 200, statusText: 'OK', headers: new Headers(), body: JSON.stringify({ access_token: SECRET }) },
});

/** What is shown after a user has come back, with this journal. */
async function shown(exchanges: readonly Exchange[], query = 'code=a&state=b') {
  const inspector = new Inspector({ exchanges: () => exchanges } as unknown as Journal);
  await inspector.returning(owner, new URL(`https://app.example/callback?${query}`), Promise.resolve({ user }));
  return inspector.flowOf(owner);
}

describe('what the BFF shows of the way to the authorization server', () => {
  it.each([
    [
      'a form',
      exchange(`code=${SECRET}&code_verifier=${SECRET}`, { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['JSON', exchange(JSON.stringify({ refresh_token: SECRET, id_token: SECRET }))],
    ['a bearer token', exchange('', { authorization: `Bearer ${SECRET}` })],
    ['the secret of the client', exchange('', { authorization: `Basic ${SECRET}` })],
    ['a body that is no JSON', exchange(SECRET)],
  ])('has no secret in it: %s', async (_, heard) => {
    const text = JSON.stringify(await shown([heard], `code=${SECRET}&state=${SECRET}`));
    expect(text).toContain('POST /token HTTP/1.1');
    expect(text).not.toContain(SECRET);
  });

  it('leaves out messages that are too much, and goes on', async () => {
    const { steps, line, current } = await shown(Array(6).fill(exchange(JSON.stringify({ text: 'ü'.repeat(20_000) }))));
    expect([current, steps[3]?.status, steps[3]?.messages]).toEqual([4, 'done', []]);
    expect(line).toContain('The authorization server issued a new token');
  });

  it('of an access token that is no JWT it says nothing', async () => {
    expect((await shown([])).after).toEqual({});
  });
});
