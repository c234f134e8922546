import {
  checkAuthorizationServers,
  checkResolvedServer,
  type ServerOptions,
} from '../../lib/authorization-servers/index.js';
import { AccessTokenVerifier } from '../../lib/token/index.js';
import { ResolvedServers } from '../../lib/token/resolved-servers.js';
import { pass, stopClockOfEachTest } from '../support/clock.js';
import { serverOfEachTest } from './json-server.js';
import { accessTokenClaims, keyPair, signToken } from './signed-token.js';
import { CLOCK_TOLERANCE, INTROSPECTION, outcome, refusal } from './verification.js';

const AUDIENCE = 'https://api.example';
const { privateKey, publicKey } = keyPair('ES256');
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' }] };
/** The digest of the client certificate of each request. */
const digest = 'A'.repeat(43);
const header = { typ: 'at+jwt', alg: 'ES256', kid: 'k' };

stopClockOfEachTest(Date.UTC(2026, 0, 1));
const server = serverOfEachTest();

/** A verifier of the tokens of a server that is resolved, with these options at first and then; `undefined`: to none. */
function verifierOf(...given: (Partial<ServerOptions> | undefined)[]): AccessTokenVerifier {
  const known = { issuer: server.origin, audience: AUDIENCE, jwksUri: `${server.origin}/keys` };
  const answers = given.map((options) => options && { ...known, ...options });
  const configured = checkAuthorizationServers([
    { issuer: 'https://configured.example', audience: AUDIENCE, acr: 'literal', boundTokens: 'accepted' },
  ]);
  const resolved = new ResolvedServers({
    resolve: () => (answers.length > 1 ? answers.shift() : answers[0]),
    check: (answer, issuer) =>
      checkResolvedServer(answer, issuer, { configured, passport: 'register', vocabularies: new Map() }),
    failed: () => undefined,
  });
  const possession = { dpop: undefined, certificateDigest: () => digest, acceptsBearer: true };
  return new AccessTokenVerifier(configured, CLOCK_TOLERANCE, { possession }, resolved);
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

describe('a lightweight token of a resolved server', () => {
  const asking = (lightweightTokens: boolean, when: 'event-missing' | 'always' = 'event-missing') => ({
    introspection: {
      endpoint: server.origin + INTROSPECTION,
      clientId: 'api',
      clientSecret: 's3cret',
      when,
      cacheFor: 0,
      lightweightTokens,
    },
  });
  const told = () => ({ ...accessTokenClaims(server.origin, AUDIENCE), exp: undefined, active: true });

  test('SRV-5 is asked about at each use, until the server is resolved to one that takes none', async () => {
    server.json('/keys', keys);
    server.json(INTROSPECTION, told());
    const verifier = verifierOf(asking(true), asking(false));
    const lightweight = token({ sub: undefined, aud: undefined });
    expect(await outcome(verifier, lightweight)).toBe('accepted');
    expect(await outcome(verifier, lightweight)).toBe('accepted');
    server.json(INTROSPECTION, { ...told(), sub: undefined });
    expect(await outcome(verifier, lightweight)).toBe(
      'invalid_token: The authorization server says too little of the access token',
    );
    expect(server.hits(INTROSPECTION)).toBe(3);
    pass(600 + 3600);
    expect(await outcome(verifier, lightweight)).toBe(refusal.aud);
    expect(server.hits(INTROSPECTION)).toBe(3);
  });

  test.each(['event-missing', 'always'] as const)(
    'SRV-5 is refused without the option, with when: %s',
    async (when) => {
      server.json('/keys', keys);
      server.json(INTROSPECTION, told());
      expect(await outcome(verifierOf(asking(false, when)), token({ sub: undefined }))).toBe(refusal.sub);
      expect(server.hits(INTROSPECTION)).toBe(0);
    },
  );
});

describe('a known token of a server that is resolved to something else', () => {
  test.each<[what: string, first: Partial<ServerOptions>, then: Partial<ServerOptions>, outcome: string]>([
    ['another audience', {}, { audience: 'https://other.example' }, refusal.aud],
    ['another profile', {}, { profile: { otherTokenClaims: ['client_id'] } }, refusal.kind],
    ['other algorithms', {}, { algorithms: ['RS256'] }, refusal.alg],
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

  const mtls = (policy: 'accepted' | 'required') => ({ boundTokens: { policy, methods: ['mtls'] as const } });
  test.each<
    [what: string, cnf: object | undefined, first: Partial<ServerOptions>, then: Partial<ServerOptions>, code: string]
  >([
    ['one that refuses bound tokens', { 'x5t#S256': digest }, mtls('accepted'), {}, 'cnf_unsupported'],
    ['one that requires them', undefined, mtls('accepted'), mtls('required'), 'token_unbound'],
  ])('%s', async (_, cnf, first, then, code) => {
    server.json('/keys', keys);
    const verifier = verifierOf(first, then);
    const known = token({ cnf });
    const verify = async () => verifier.verify(known, { scheme: 'Bearer', request: {} });
    await verify();
    expect((await verify()).server.boundTokens).toEqual({ policy: 'accepted', dpop: false, mtls: true });
    pass(600 + 3600);
    await expect(verify()).rejects.toMatchObject({ code });
  });

  test('it is not known once its server is another one', async () => {
    server.json('/keys', keys);
    const verifier = verifierOf({}, { audience: 'https://other.example' });
    await verifier.verify(token());
    pass(599);
    const known = token({ jti: 'later' });
    await verifier.verify(known);
    expect(verifier.knows(known)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(verifier.knows(known)).toBe(false);
  });

  test('it is of an unknown issuer once the application has no such server any more', async () => {
    server.json('/keys', keys);
    const verifier = verifierOf({}, undefined);
    await verifier.verify(token());
    pass(300);
    const known = token({ jti: 'later' });
    expect(await outcome(verifier, known)).toBe('accepted');
    await new Promise((resolve) => setImmediate(resolve));
    expect(verifier.knows(known)).toBe(false);
    expect(await outcome(verifier, known)).toBe(refusal.iss);
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
