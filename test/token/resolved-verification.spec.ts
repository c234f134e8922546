import { checkResolvedServer, type ServerOptions } from '../../lib/authorization-servers/index.js';
import { AccessTokenVerifier } from '../../lib/token/index.js';
import { ResolvedServers } from '../../lib/token/resolved-servers.js';
import { pass, stopClockOfEachTest } from '../support/clock.js';
import { serverOfEachTest } from './json-server.js';
import { accessTokenClaims, keyPair, signToken } from './signed-token.js';
import { CLOCK_TOLERANCE, INTROSPECTION, outcome } from './verification.js';

const AUDIENCE = 'https://api.example';
const { privateKey, publicKey } = keyPair('ES256');
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' }] };
const header = { typ: 'at+jwt', alg: 'ES256', kid: 'k' };

stopClockOfEachTest(Date.UTC(2026, 0, 1));
const server = serverOfEachTest();

/** A verifier of the tokens of a server that is resolved, with these options at first and then. */
function verifierOf(...given: Partial<ServerOptions>[]): AccessTokenVerifier {
  const answers = given.map((options) => ({
    issuer: server.origin,
    audience: AUDIENCE,
    jwksUri: `${server.origin}/keys`,
    ...options,
  }));
  const resolved = new ResolvedServers({
    resolve: () => (answers.length > 1 ? answers.shift() : answers[0]),
    check: (answer, issuer) =>
      checkResolvedServer(answer, issuer, { configured: [], passport: 'register', vocabularies: new Map() }),
    failed: () => undefined,
  });
  return new AccessTokenVerifier([], CLOCK_TOLERANCE, {}, resolved);
}

const token = (claims: Record<string, unknown> = {}) =>
  signToken('ES256', privateKey, header, {
    ...accessTokenClaims(server.origin, AUDIENCE),
    exp: Date.now() / 1000 + 7200,
    ...claims,
  });

describe('a token of a resolved server that is always introspected', () => {
  const introspection = (): Partial<ServerOptions> => ({
    introspection: {
      endpoint: server.origin + INTROSPECTION,
      clientId: 'api',
      clientSecret: 's3cret',
      when: 'always',
      cacheFor: 0,
    },
  });

  test('is introspected also if the server is due to be resolved again before its keys have come', async () => {
    server.json(INTROSPECTION, { active: false });
    const verifier = verifierOf(introspection());
    server.answers.set('/keys', (_, response) => {
      // as long as the fetch of the keys, at the end of the time for which an answer is kept
      pass(601);
      response.writeHead(200).end(JSON.stringify(keys));
    });
    expect(await outcome(verifier, token())).toBe('invalid_token: The access token is not active');
    expect(server.hits(INTROSPECTION)).toBe(1);
  });
});

describe('a known token of a server that is resolved to something else', () => {
  test.each<[what: string, first: Partial<ServerOptions>, then: Partial<ServerOptions>, outcome: string]>([
    [
      'another audience',
      {},
      { audience: 'https://other.example' },
      'invalid_token: The access token is for another audience',
    ],
    [
      'another profile',
      {},
      { profile: { otherTokenClaims: ['client_id'] } },
      'invalid_token: The claims of the token are not those of an access token',
    ],
    [
      'other algorithms',
      {},
      { algorithms: ['RS256'] },
      'invalid_token: The access token is signed with an algorithm that is not allowed',
    ],
    ['other keys', {}, { jwksUri: 'http://127.0.0.1:1/keys' }, 'unavailable'],
    ['the same', { audience: [AUDIENCE] }, { audience: AUDIENCE }, 'accepted'],
  ])('%s', async (_, first, then, expected) => {
    server.json('/keys', keys);
    const verifier = verifierOf(first, then);
    const known = token();
    expect(await outcome(verifier, known)).toBe('accepted');
    expect(await outcome(verifier, known)).toBe('accepted');
    pass(600 + 3600);
    expect(await outcome(verifier, known)).toBe(expected);
  });

  test('its words and order are the new ones at the next use', async () => {
    server.json('/keys', keys);
    const acr = { mfa: '2', phr: '3' };
    const verifier = verifierOf({ acr, order: ['mfa', 'phr'] }, { acr, order: ['phr', 'mfa'] });
    const known = token();
    const stringsOf = async () => (await verifier.verify(known)).server.vocabulary.stringsFor(['mfa']);
    expect(await stringsOf()).toEqual(['2']);
    pass(299);
    expect(await stringsOf()).toEqual(['2']);
    pass(301);
    expect(await stringsOf()).toEqual(['2', '3']);
  });
});
