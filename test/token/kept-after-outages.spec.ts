import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { checkAuthorizationServers } from '../../lib/authorization-servers/index.js';
import { AccessTokenVerifier, AuthorizationServerUnavailable } from '../../lib/token/index.js';
import { pass, stopClockOfEachTest } from '../support/clock.js';
import { accessTokenClaims, keyPair, signToken } from './signed-token.js';

const ISSUER = 'https://as.example';
const REQUESTS = 100;
const { privateKey } = keyPair('ES256');

stopClockOfEachTest(Date.UTC(2026, 0, 1));
const { fetch } = globalThis;
const { timeout } = AbortSignal;
afterEach(() => {
  Object.assign(globalThis, { fetch });
  Object.assign(AbortSignal, { timeout });
});

/** Lets no request be answered. Returns what ends all that wait, as their timeouts do. */
function goSilent(noteSignal: (signal: AbortSignal) => void): () => void {
  const waiting: AbortController[] = [];
  AbortSignal.timeout = () => {
    const controller = new AbortController();
    waiting.push(controller);
    noteSignal(controller.signal);
    return controller.signal;
  };
  globalThis.fetch = (_, init) => {
    const { signal } = init as { signal: AbortSignal };
    return new Promise((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  };
  return () => {
    for (const controller of waiting.splice(0)) controller.abort(new DOMException('timed out', 'TimeoutError'));
  };
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const turn = () => new Promise((resolve) => setImmediate(resolve));

test.each<[what: string, tokenOf: (name: string) => string]>([
  ['opaque tokens', (name) => name],
  [
    'JWTs, each of another key',
    (kid) => signToken('ES256', privateKey, { typ: 'at+jwt', alg: 'ES256', kid }, accessTokenClaims(ISSUER, 'api')),
  ],
])('an outage without answers leaves nothing behind for each request: %s', async (_, tokenOf) => {
  const introspection = { endpoint: `${ISSUER}/introspect`, clientId: 'api', clientSecret: 's3cret' };
  const servers = checkAuthorizationServers([
    { issuer: ISSUER, audience: 'api', jwksUri: `${ISSUER}/jwks`, introspection },
  ]);
  const verifier = new AccessTokenVerifier(servers, 5);
  const seen: WeakRef<object>[] = [];
  const expire = goSilent((signal) => seen.push(new WeakRef(signal)));
  const outage = async (at: number) => {
    let left = REQUESTS;
    for (let index = 0; index < REQUESTS; index += 1) {
      void Promise.resolve(verifier.verify(tokenOf(`${at}-${index}`))).catch((error: object) => {
        if (error instanceof AuthorizationServerUnavailable) seen.push(new WeakRef(error));
        left -= 1;
      });
    }
    while (left > 0) {
      expire();
      await turn();
    }
    pass(60);
  };
  for (const at of [1, 2, 3]) await outage(at);
  expect(seen.length).toBeGreaterThanOrEqual(3 * REQUESTS);
  await turn();
  collect();
  // The last failure may stay, and the verifier is in use.
  expect(seen.filter((one) => one.deref() !== undefined).length).toBeLessThan(10);
  expect(verifier.knows('opaque')).toBe(false);
});
