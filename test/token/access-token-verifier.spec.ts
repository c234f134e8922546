import { checkAuthorizationServers, type IntrospectionOptions } from '../../lib/authorization-servers/index.js';
import type { AuthenticationEvent, AuthenticationRequirements } from '../../lib/core/index.js';
import {
  AccessTokenVerifier,
  type AuthorizationServerUnavailable,
  checkPossession,
  lacksRequired,
  ResolvedServers,
} from '../../lib/token/index.js';
import { pass, stopClockOfEachTest } from '../support/clock.js';
import { serverOfEachTest } from './json-server.js';
import { accessTokenClaims, keyPair, signToken } from './signed-token.js';
import { INTROSPECTION } from './verification.js';

const NOW = 1_790_000_000;
const introspection = { clientId: 'api', clientSecret: 's3cret', endpoint: 'https://as.example/introspect' };

function lacks(
  when: IntrospectionOptions['when'] | 'never',
  event: Partial<AuthenticationEvent>,
  requirements: AuthenticationRequirements,
): boolean {
  const issuer = 'https://as.example';
  const [server] = checkAuthorizationServers([
    { issuer, audience: 'api', ...(when !== 'never' && { introspection: { ...introspection, when: when! } }) },
  ]);
  return lacksRequired({ claims: {}, event: { issuer, ...event }, server: server! }, requirements);
}

const [acrValues, maxAge] = [['mfa'], 300];
const dated = { acr: 'mfa', authTime: NOW };
const methods = { amr: ['otp'], acrs: ['mfa'], acrTimes: { mfa: NOW } };

describe('SRV-6 a token is asked about if it lacks what is required, and its server tells it', () => {
  test.each<
    [
      what: string,
      event: Partial<AuthenticationEvent>,
      requirements: AuthenticationRequirements,
      eventMissing: boolean,
      authTimeMissing: boolean,
    ]
  >([
    ['acr and auth_time, both required', dated, { acrValues, maxAge }, false, false],
    ['acr of another value', dated, { acrValues: ['phr'] }, false, false],
    ['nothing, and nothing required', {}, {}, false, false],
    ['nothing, and a scope required', {}, { scope: 'a' }, false, false],
    ['no acr, and one required', { authTime: NOW }, { acrValues }, true, false],
    ['no acr, and an age required', { authTime: NOW }, { maxAge }, false, false],
    ['a list of acr values', { acrs: ['mfa'], authTime: NOW }, { acrValues }, false, false],
    ['an empty list of acr values', { acrs: [], authTime: NOW }, { acrValues }, false, false],
    ['no auth_time, and an age required', { acr: 'mfa' }, { maxAge }, true, true],
    ['no auth_time, and an age of 0 required', { acr: 'mfa' }, { maxAge: 0 }, true, true],
    ['no auth_time, and both required', { acr: 'mfa' }, { acrValues, maxAge }, true, true],
    ['no auth_time, and an acr required', { acr: 'mfa' }, { acrValues }, false, false],
    ['methods and their times', methods, { acrValues, maxAge }, false, false],
    ['methods and their times, and an age required', methods, { maxAge }, false, false],
    ['times without methods', { acr: 'mfa', acrTimes: {} }, { maxAge }, true, true],
    ['methods without times', { acr: 'mfa', amr: ['otp'] }, { maxAge }, true, true],
    // auth_time does not stand in for the time of a context
    ['auth_time, and times without methods', { ...dated, acrTimes: {} }, { acrValues, maxAge }, true, true],
    ['auth_time, and times without methods, and an age required', { ...dated, acrTimes: {} }, { maxAge }, false, false],
    [
      'auth_time, and times without methods, and an acr required',
      { ...dated, acrTimes: {} },
      { acrValues },
      false,
      false,
    ],
    ['auth_time, methods and times', { ...dated, ...methods }, { acrValues, maxAge }, false, false],
    ['auth_time, and methods without times', { ...dated, amr: ['otp'] }, { acrValues, maxAge }, false, false],
  ])('%s', (_, event, requirements, eventMissing, authTimeMissing) => {
    expect(lacks('event-missing', event, requirements)).toBe(eventMissing);
    expect(lacks('auth-time-missing', event, requirements)).toBe(authTimeMissing);
    for (const when of ['never', 'opaque', 'always'] as const) expect(lacks(when, event, requirements)).toBe(false);
  });
});

describe('a verifier', () => {
  const endpoint = serverOfEachTest();
  const { privateKey, publicKey } = keyPair('ES256');
  const tokenOf = (claims: Record<string, unknown> = {}) =>
    signToken(
      'ES256',
      privateKey,
      { alg: 'ES256', typ: 'at+jwt', kid: 'k' },
      { ...accessTokenClaims(endpoint.origin, 'api'), ...claims },
    );
  const publish = () => endpoint.json('/jwks', { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });
  const serversWith = (options: object = {}) =>
    checkAuthorizationServers([
      { issuer: endpoint.origin, audience: 'api', jwksUri: `${endpoint.origin}/jwks`, ...options },
    ]);
  const boundServers = () => serversWith({ boundTokens: 'accepted' });

  test('tells each time that keys cannot be fetched', async () => {
    const told: AuthorizationServerUnavailable[] = [];
    const verifier = new AccessTokenVerifier(serversWith(), 5, { unavailable: (failure) => told.push(failure) });
    await expect(verifier.verify(tokenOf())).rejects.toMatchObject({ code: 'keys_unreadable' });
    expect(told).toEqual([expect.objectContaining({ code: 'keys_unreadable', issuer: endpoint.origin })]);
  });

  test('RFC 9449 §8 gives a nonce if, and only if, one is required', () => {
    const servers = boundServers();
    const nonceOf = (dpop: object) =>
      new AccessTokenVerifier(servers, 5, {
        possession: checkPossession({ publicUrl: 'https://api.example', dpop }, servers),
      }).nonce();
    expect(new AccessTokenVerifier(servers, 5).nonce()).toBeUndefined();
    expect(nonceOf({})).toBeUndefined();
    expect(nonceOf({ nonces: 'required' })).toEqual(expect.any(String));
  });

  test.each([
    ['a key of DPoP', { jkt: 'A'.repeat(43) }],
    ['a certificate', { 'x5t#S256': 'A'.repeat(43) }],
  ])('RS-114 refuses a token without its request that is bound to %s', async (_, cnf) => {
    publish();
    const servers = boundServers();
    const possession = checkPossession({ publicUrl: 'https://api.example' }, servers);
    const verifier = new AccessTokenVerifier(servers, 5, { possession });
    await expect(verifier.verify(tokenOf({ cnf }))).rejects.toMatchObject({
      code: 'binding_unprovable',
      issuer: endpoint.origin,
    });
    // without the settings by which keys are proven none is
    const without = new AccessTokenVerifier(serversWith(), 5);
    await expect(without.verify(tokenOf({ cnf }))).rejects.toMatchObject({ code: 'cnf_unsupported' });
  });

  test('asks the one of its servers that introspects opaque tokens, and knows a token that it was told of', async () => {
    endpoint.json(INTROSPECTION, { active: true, token_type: 'Bearer', ...accessTokenClaims(endpoint.origin, 'api') });
    const servers = checkAuthorizationServers([
      { issuer: 'https://first.example', audience: 'api' },
      { issuer: 'https://second.example', audience: 'api', introspection: { ...introspection, when: 'event-missing' } },
      {
        issuer: endpoint.origin,
        audience: 'api',
        introspection: { ...introspection, endpoint: endpoint.origin + INTROSPECTION },
      },
    ]);
    const verifier = new AccessTokenVerifier(servers, 5);
    expect(verifier.knows('opaque')).toBe(false);
    expect((await verifier.verify('opaque')).server.issuer).toBe(endpoint.origin);
    expect([verifier.knows('opaque'), verifier.knows('other')]).toEqual([true, false]);
    expect(endpoint.requests).toEqual([INTROSPECTION]);
  });

  test('asks about each JWT of a server that is always asked, next to one that is not', async () => {
    publish();
    endpoint.json(INTROSPECTION, { active: false });
    const asking = { ...introspection, endpoint: endpoint.origin + INTROSPECTION, when: 'always' as const };
    const other = { issuer: 'https://other.example', audience: 'api' };
    const verifier = new AccessTokenVerifier(
      [...checkAuthorizationServers([other]), ...serversWith({ introspection: asking })],
      5,
    );
    await expect(verifier.verify(tokenOf())).rejects.toMatchObject({ code: 'token_inactive' });
  });

  test('knows no opaque token if nobody introspects it', () => {
    expect(new AccessTokenVerifier(serversWith(), 5).knows('opaque')).toBe(false);
  });

  test('knows a JWT that is always asked about only while it knows the answer', async () => {
    publish();
    endpoint.json(INTROSPECTION, { active: true });
    const knownWith = async (options: object) => {
      const asking = { ...introspection, endpoint: endpoint.origin + INTROSPECTION, ...options };
      const verifier = new AccessTokenVerifier(serversWith({ introspection: asking }), 5);
      const token = tokenOf();
      const before = verifier.knows(token);
      await verifier.verify(token);
      return [before, verifier.knows(token), endpoint.hits(INTROSPECTION)];
    };
    expect(await knownWith({ when: 'event-missing' })).toEqual([false, true, 0]);
    expect(await knownWith({ when: 'always', cacheFor: 60 })).toEqual([false, true, 1]);
    expect(await knownWith({ when: 'always', cacheFor: 0 })).toEqual([false, false, 2]);
  });

  describe('RS-66 refuses a token that expires while the verification waits', () => {
    stopClockOfEachTest(NOW * 1000);

    /** Answers with JSON, so late that the clock has moved on. */
    const late = (path: string, value: unknown, seconds: number) =>
      endpoint.answers.set(path, (_, response) => {
        pass(seconds);
        response.end(JSON.stringify(value));
      });
    const keys = () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });
    const always = () => ({
      introspection: { ...introspection, endpoint: endpoint.origin + INTROSPECTION, when: 'always' as const },
    });

    test.each<[what: string, wait: (seconds: number) => AccessTokenVerifier]>([
      [
        'for its key',
        (seconds) => {
          late('/jwks', keys(), seconds);
          return new AccessTokenVerifier(serversWith(), 5);
        },
      ],
      [
        'for its issuer',
        (seconds) => {
          publish();
          const resolved = new ResolvedServers({
            resolve: async () => {
              await new Promise((resolve) => setImmediate(resolve));
              pass(seconds);
              return {};
            },
            check: () => serversWith()[0]!,
            failed: () => undefined,
          });
          const others = checkAuthorizationServers([{ issuer: 'https://other.example', audience: 'api' }]);
          return new AccessTokenVerifier(others, 5, {}, resolved);
        },
      ],
      [
        'for introspection',
        (seconds) => {
          publish();
          late(INTROSPECTION, { active: true }, seconds);
          return new AccessTokenVerifier(serversWith(always()), 5);
        },
      ],
    ])('%s', async (_, wait) => {
      const token = tokenOf({ exp: NOW + 1 });
      await expect(wait(5.9).verify(token)).resolves.toHaveProperty('event.subject', 'alice');
      jest.setSystemTime(NOW * 1000);
      await expect(wait(6).verify(token)).rejects.toMatchObject({ code: 'token_expired', issuer: endpoint.origin });
    });

    test('for what it lacks', async () => {
      publish();
      const verifier = new AccessTokenVerifier(
        serversWith({ introspection: { ...always().introspection, when: 'event-missing' } }),
        5,
      );
      const token = tokenOf({ exp: NOW + 1, acr: undefined });
      const verified = await verifier.verify(token);
      late(INTROSPECTION, { active: true, acr: 'mfa' }, 6);
      await expect(Promise.resolve(verifier.complete(token, verified, { acrValues }))).rejects.toMatchObject({
        code: 'token_expired',
        issuer: endpoint.origin,
      });
    });

    test('and does not use up the proof of its key', async () => {
      late('/jwks', keys(), 6);
      const servers = boundServers();
      const verifier = new AccessTokenVerifier(servers, 5, {
        possession: checkPossession({ publicUrl: 'https://api.example' }, servers),
      });
      const bound = tokenOf({ exp: NOW + 1, cnf: { jkt: 'A'.repeat(43) } });
      const request = { method: 'GET', url: '/', headers: {} };
      await expect(verifier.verify(bound, { scheme: 'DPoP', request })).rejects.toMatchObject({
        code: 'token_expired',
      });
    });
  });
});
