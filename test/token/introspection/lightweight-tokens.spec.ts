import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import {
  type ServerOptions as AllServerOptions,
  type AuthorizationServer,
  checkAuthorizationServers,
  type IntrospectionOptions,
  profiles,
} from '../../../lib/authorization-servers/index.js';
import { AccessTokenVerifier } from '../../../lib/token/index.js';
import { checkLightweight } from '../../../lib/token/introspection/lightweight-tokens.js';
import { pass, stopClockOfEachTest } from '../../support/clock.js';
import { serverOfEachTest } from '../json-server.js';
import { INTROSPECTION } from '../verification.js';

const NOW = Date.UTC(2026, 0, 1) / 1000;
const AUDIENCE = 'https://api.example';

stopClockOfEachTest(NOW * 1000);
const endpoint = serverOfEachTest();
let server: TestAuthorizationServer;
const warnings: string[] = [];
beforeEach(async () => {
  server = await createTestAuthorizationServer();
  warnings.length = 0;
});
afterEach(() => server.close());

type Claims = Record<string, unknown>;

/** A lightweight access token as Keycloak 26 issues it to a user, with these claims changed. */
const lightweight = (claims: Claims = {}) =>
  server.accessToken({
    authTime: null,
    scope: 'openid profile email',
    header: { typ: 'JWT' },
    claims: {
      typ: 'Bearer',
      azp: 'page',
      sid: 's1',
      jti: 'onltac:1',
      client_id: undefined,
      sub: undefined,
      aud: undefined,
      ...claims,
    },
  });

/** What introspection says of it, with these claims changed. */
const told = (claims: Claims = {}) => ({
  exp: NOW + 300,
  iat: NOW,
  jti: 'onltac:1',
  iss: server.issuer,
  aud: AUDIENCE,
  sub: 'alice',
  typ: 'Bearer',
  azp: 'page',
  sid: 's1',
  acr: 'mfa',
  auth_time: NOW - 7,
  scope: 'openid profile email',
  preferred_username: 'alice',
  client_id: 'page',
  username: 'alice',
  token_type: 'Bearer',
  active: true,
  ...claims,
});

function verifier(
  introspection: Partial<IntrospectionOptions> = {},
  options: Partial<AllServerOptions> = {},
): AccessTokenVerifier {
  const servers = checkAuthorizationServers([
    {
      issuer: server.issuer,
      audience: AUDIENCE,
      profile: 'keycloak',
      introspection: {
        endpoint: endpoint.origin + INTROSPECTION,
        clientId: 'api',
        clientSecret: 's3cret',
        lightweightTokens: true,
        ...introspection,
      },
      ...options,
    },
  ]);
  return new AccessTokenVerifier(servers, 5, { warn: (code) => warnings.push(code) });
}

/** The code of what a verifier rejects with; `accepted` for nothing. */
async function outcome(there: AccessTokenVerifier, token: string): Promise<string> {
  try {
    await there.verify(token);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a JWT without sub and aud', () => {
  test('SRV-5 is the token that introspection says it is, with its claims', async () => {
    endpoint.json(INTROSPECTION, told());
    const { event, claims } = await verifier().verify(await lightweight());
    expect(event).toEqual({
      issuer: server.issuer,
      subject: 'alice',
      clientId: 'page',
      scope: 'openid profile email',
      acr: 'mfa',
      authTime: NOW - 7,
    });
    expect(claims).toMatchObject({ sub: 'alice', aud: AUDIENCE, preferred_username: 'alice', jti: 'onltac:1' });
    expect([Object.isFrozen(claims), Object.isFrozen(event)]).toEqual([true, true]);
  });

  test.each<[what: string, claims: Claims]>([
    ['neither', {}],
    ['sub alone', { sub: 'alice' }],
    ['aud alone', { aud: AUDIENCE }],
  ])('SRV-5 with %s is refused without the option, and nobody is asked', async (_, claims) => {
    endpoint.json(INTROSPECTION, told());
    for (const when of ['opaque', 'event-missing', 'always'] as const) {
      expect(await outcome(verifier({ lightweightTokens: false, when }), await lightweight(claims))).toBe(
        claims['aud'] === undefined ? 'audience_mismatch' : 'sub_missing',
      );
    }
    expect(endpoint.requests).toEqual([]);
  });

  test.each<[what: string, claims: Claims, code: string]>([
    ['another audience', { aud: 'https://other.example' }, 'audience_mismatch'],
    ['an empty audience', { aud: [] }, 'audience_mismatch'],
    ['an audience that is null', { aud: null }, 'audience_mismatch'],
    ['a subject that is empty', { sub: '' }, 'sub_missing'],
    ['a subject that is null', { sub: null }, 'sub_missing'],
    ['a subject that is a number', { sub: 7 }, 'sub_missing'],
    ['no client', { azp: undefined }, 'client_id_missing'],
    ['a client that is a number', { azp: 7 }, 'client_id_missing'],
    ['no jti', { jti: undefined }, 'jti_missing'],
    ['no iat', { iat: undefined }, 'iat_missing'],
    ['no exp', { exp: undefined }, 'exp_missing'],
    ['an exp that has passed', { exp: NOW - 10 }, 'token_expired'],
    ['an iat to come', { iat: NOW + 60 }, 'iat_in_future'],
    ['another issuer', { iss: 'https://other.example' }, 'issuer_unknown'],
    ['the mark of an ID token', { typ: 'ID' }, 'token_kind_mismatch'],
    ['the mark of a refresh token', { typ: 'Refresh' }, 'token_kind_mismatch'],
    ['the mark of an offline token', { typ: 'Offline' }, 'token_kind_mismatch'],
    ['the mark of a logout token', { typ: 'Logout' }, 'token_kind_mismatch'],
    ['no mark at all', { typ: undefined }, 'token_kind_mismatch'],
    ['a bound key', { cnf: { jkt: 'a'.repeat(43) } }, 'cnf_unsupported'],
  ])('SRV-5 with %s is refused before anybody is asked', async (_, claims, code) => {
    endpoint.json(INTROSPECTION, told());
    expect(await outcome(verifier({ when: 'always' }), await lightweight(claims))).toBe(code);
    expect(endpoint.requests).toEqual([]);
  });

  test('SRV-5 of another key is refused before anybody is asked', async () => {
    endpoint.json(INTROSPECTION, told());
    const [input, payload] = (await lightweight()).split('.');
    const [, , signature] = (await lightweight({ jti: 'onltac:2' })).split('.');
    expect(await outcome(verifier(), `${input}.${payload}.${signature}`)).toBe('signature_invalid');
    expect(endpoint.requests).toEqual([]);
  });

  test('SRV-5 has to name its client, even if the profile lets other tokens leave it out', async () => {
    const profile = { ...profiles.keycloak, absentClaims: ['client_id' as const] };
    endpoint.json(INTROSPECTION, told());
    expect(await outcome(verifier({}, { profile }), await lightweight({ azp: undefined }))).toBe('client_id_missing');
    const full = await lightweight({ azp: undefined, sub: 'alice', aud: AUDIENCE });
    expect(await outcome(verifier({}, { profile }), full)).toBe('accepted');
  });
});

describe('a response about a JWT without sub and aud', () => {
  test.each<[what: string, claims: Claims, code: string]>([
    ['our audience among others', { aud: ['account', AUDIENCE] }, 'accepted'],
    ['the client by client_id alone', { azp: undefined }, 'accepted'],
    ['the client by azp alone', { client_id: undefined }, 'accepted'],
    ['no exp', { exp: undefined }, 'accepted'],
    ['no sign-in', { acr: undefined, auth_time: undefined }, 'accepted'],

    ['active: false', { active: false }, 'token_inactive'],
    ['active: "true"', { active: 'true' }, 'token_inactive'],
    ['active: 1', { active: 1 }, 'token_inactive'],
    ['no active', { active: undefined }, 'token_inactive'],
    ['no issuer', { iss: undefined }, 'introspection_incomplete'],
    ['another issuer', { iss: 'https://other.example' }, 'introspection_mismatch'],
    ['an issuer that is null', { iss: null }, 'introspection_mismatch'],
    ['an issuer that is a list', { iss: [AUDIENCE] }, 'introspection_mismatch'],
    ['no audience', { aud: undefined }, 'introspection_incomplete'],
    ['another audience', { aud: 'https://other.example' }, 'audience_mismatch'],
    ['an audience that is null', { aud: null }, 'audience_mismatch'],
    ['an empty audience', { aud: [] }, 'audience_mismatch'],
    ['the audience as a key', { aud: { [AUDIENCE]: true } }, 'audience_mismatch'],
    ['no subject', { sub: undefined }, 'introspection_incomplete'],
    ['an empty subject', { sub: '' }, 'introspection_incomplete'],
    ['a subject that is null', { sub: null }, 'introspection_incomplete'],
    ['a subject that is a number', { sub: 7 }, 'introspection_incomplete'],
    ['no client', { azp: undefined, client_id: undefined }, 'introspection_incomplete'],
    ['another client', { azp: 'other', client_id: 'other' }, 'introspection_mismatch'],
    ['another client by client_id', { client_id: 'other' }, 'introspection_mismatch'],
    ['another client by azp', { azp: 'other' }, 'introspection_mismatch'],
    ['a client that is null', { client_id: null }, 'introspection_mismatch'],
    ['another jti', { jti: 'onltac:2' }, 'introspection_mismatch'],
    ['another session', { sid: 's2' }, 'introspection_mismatch'],
    ['a wider scope', { scope: 'openid profile email admin' }, 'introspection_mismatch'],
    ['another exp', { exp: NOW + 3000 }, 'introspection_mismatch'],
    ['another iat', { iat: NOW - 1 }, 'introspection_mismatch'],
    ['an iat that is text', { iat: String(NOW) }, 'introspection_mismatch'],
    ['an nbf to come', { nbf: NOW + 60 }, 'token_not_yet_valid'],
    ['a refresh token', { typ: 'Refresh' }, 'introspection_mismatch'],
    ['a refresh token by token_use', { token_use: 'refresh_token' }, 'introspected_kind_mismatch'],
    ['a DPoP token', { token_type: 'DPoP' }, 'introspected_kind_mismatch'],
    ['at_hash', { at_hash: 'x' }, 'introspected_kind_mismatch'],
    ['a bound key', { cnf: { jkt: 'a'.repeat(43) } }, 'introspection_mismatch'],
    ['claims that change a prototype', { constructor: { prototype: {} } }, 'claim_name_forbidden'],
  ])('SRV-5 %s: %#', async (_, claims, code) => {
    endpoint.json(INTROSPECTION, told(claims));
    const there = verifier();
    const token = await lightweight();
    // A response that is kept is judged again each time.
    for (let times = 0; times < 2; times += 1) expect(await outcome(there, token)).toBe(code);
  });

  test.each<[what: string, own: Claims, response: Claims, code: string]>([
    ['another subject than the JWT', { sub: 'alice' }, { sub: 'bob' }, 'introspection_mismatch'],
    ['the subject of the JWT', { sub: 'alice' }, {}, 'accepted'],
    ['fewer audiences than the JWT', { aud: [AUDIENCE, 'account'] }, {}, 'introspection_mismatch'],
    ['more audiences than the JWT', { aud: AUDIENCE }, { aud: [AUDIENCE, 'account'] }, 'accepted'],
    ['another acr than the JWT', { acr: 'pwd' }, {}, 'introspection_mismatch'],
    ['another auth_time than the JWT', { auth_time: NOW - 50 }, {}, 'introspection_mismatch'],
    ['other roles than the JWT', { roles: ['a', 'b'] }, { roles: ['a'] }, 'introspection_mismatch'],
    ['the roles of the JWT', { roles: { a: ['b'] } }, { roles: { a: ['b'] } }, 'accepted'],
  ])('SRV-5 with %s', async (_, own, response, code) => {
    endpoint.json(INTROSPECTION, told(response));
    expect(await outcome(verifier(), await lightweight(own))).toBe(code);
  });

  test('long lists of audiences cost what they are long, not the product of both', () => {
    const names = Array.from({ length: 500 }, (_, index) => `api-${index}`);
    let reads = 0;
    const aud = new Proxy([...names, AUDIENCE], {
      get(list, member, receiver) {
        reads += 1;
        return Reflect.get(list, member, receiver);
      },
    });
    const [known] = checkAuthorizationServers([{ issuer: server.issuer, audience: AUDIENCE, profile: 'keycloak' }]);
    const { sub: _, ...rest } = told();
    const own = { ...rest, aud: [...names].reverse() };
    const verified = { claims: own, event: {}, server: known as AuthorizationServer };
    const report = jest.fn();
    checkLightweight(verified, told({ aud }), { now: NOW, clockTolerance: 5 }, report);
    expect(report).not.toHaveBeenCalled();
    expect(reads).toBeLessThan(8 * names.length);
    checkLightweight(
      { ...verified, claims: { ...own, aud: ['api-500'] } },
      told({ aud }),
      { now: NOW, clockTolerance: 5 },
      report,
    );
    expect(report.mock.calls).toEqual([['introspection_mismatch', { claim: 'aud' }]]);
  });

  test('SRV-5 the claims of the JWT stand, and those of the response stand beside them', async () => {
    endpoint.json(INTROSPECTION, told({ aud: [AUDIENCE, 'account'] }));
    const { claims } = await verifier().verify(await lightweight({ aud: AUDIENCE, own: 1 }));
    expect(claims).toMatchObject({ aud: AUDIENCE, own: 1, username: 'alice' });
  });

  test('SRV-5 a sign-in that came after the token is not the one of the token', async () => {
    endpoint.json(INTROSPECTION, told({ auth_time: NOW + 1 }));
    const { event } = await verifier({ cacheFor: 0 }).verify(await lightweight());
    expect([event.acr, event.authTime, event.subject]).toEqual([undefined, undefined, 'alice']);
    expect(warnings).toEqual(['introspected_sign_in_mismatch']);
  });

  test('SRV-5 the first sign-in told of a token stays the one of the token', async () => {
    endpoint.json(INTROSPECTION, told({ acr: 'pwd' }));
    const there = verifier({ cacheFor: 0 });
    const token = await lightweight();
    expect((await there.verify(token)).event.acr).toBe('pwd');
    endpoint.json(INTROSPECTION, told({ acr: 'mfa' }));
    expect((await there.verify(token)).event.acr).toBeUndefined();
  });

  test('SRV-5 a delegate that only the response names is known', async () => {
    endpoint.json(INTROSPECTION, told({ act: { sub: 'batch' } }));
    const { claims } = await verifier().verify(await lightweight());
    expect(claims['act']).toEqual({ sub: 'batch' });
  });
});

describe('what is asked about JWTs without sub and aud', () => {
  test('SRV-5 the server is asked once for as long as its response is kept, and again afterwards', async () => {
    endpoint.json(INTROSPECTION, told());
    const there = verifier({ cacheFor: 60 });
    const token = await lightweight();
    expect(there.knows(token)).toBe(false);
    await there.verify(token);
    expect([await outcome(there, token), there.knows(token), endpoint.hits(INTROSPECTION)]).toEqual([
      'accepted',
      true,
      1,
    ]);
    pass(61);
    expect(there.knows(token)).toBe(false);
    endpoint.json(INTROSPECTION, { active: false });
    expect([await outcome(there, token), endpoint.hits(INTROSPECTION)]).toEqual(['token_inactive', 2]);
  });

  test('SRV-5 a remembered signature does not stand for an answer: each use is asked about if nothing is kept', async () => {
    endpoint.json(INTROSPECTION, told());
    const there = verifier({ cacheFor: 0 });
    const token = await lightweight();
    for (let times = 0; times < 3; times += 1) await there.verify(token);
    expect([there.tokenCache.hits, endpoint.hits(INTROSPECTION), there.knows(token)]).toEqual([2, 3, false]);
  });

  test.each(['opaque', 'auth-time-missing', 'event-missing', 'always'] as const)(
    "SRV-5 with when: '%s' full JWTs are asked about as ever",
    async (when) => {
      endpoint.json(INTROSPECTION, told());
      const there = verifier({ when });
      await there.verify(await lightweight({ sub: 'alice', aud: AUDIENCE }));
      expect(endpoint.hits(INTROSPECTION)).toBe(when === 'always' ? 1 : 0);
      await there.verify(await lightweight({ jti: 'onltac:1' }));
      expect(endpoint.hits(INTROSPECTION)).toBe(when === 'always' ? 2 : 1);
    },
  );

  test.each<[what: string, status: number, body: string, code: string]>([
    ['fails', 500, '', 'introspection_unusable'],
    ['refuses the API', 401, '', 'introspection_credentials_refused'],
    ['does not introspect JWTs', 400, '{"error":"unsupported_token_type"}', 'introspection_unusable'],
    ['answers with a list', 200, '[]', 'introspection_unusable'],
  ])(
    'SRV-5 a server that %s leaves the token undecided: it is unavailable, not accepted',
    async (_, status, body, code) => {
      endpoint.json(INTROSPECTION, told());
      const there = verifier({ cacheFor: 0 });
      const token = await lightweight();
      expect(await outcome(there, token)).toBe('accepted');
      endpoint.text(INTROSPECTION, body, status, { 'content-type': 'application/json' });
      expect(await outcome(there, token)).toBe(code);
    },
  );

  test('SRV-5 a server that does not introspect JWTs is said to', async () => {
    endpoint.text(INTROSPECTION, '{"error":"unsupported_token_type"}', 400);
    await expect(async () => verifier().verify(await lightweight())).rejects.toMatchObject({
      reason: 'its introspection endpoint does not introspect JWTs',
      retryAfter: 1,
    });
  });

  test('SRV-5 an entry of a shared cache that somebody else wrote is judged like a response', async () => {
    const cache = {
      get: async () => ({ claims: told({ sub: 'mallory', azp: 'other' }), at: NOW }),
      set: async () => undefined,
    };
    expect(await outcome(verifier({ cache }), await lightweight())).toBe('introspection_mismatch');
  });
});

describe('machines of a server that tells an acr of them too', () => {
  /** As Keycloak 26 tells of lightweight tokens by client credentials: nothing in them or in the response is a mark. */
  const ofMachine = { sid: undefined, auth_time: undefined, acr: 'pwd', username: 'service-account-page' };

  test.each([
    ['lightweight and complete', { sub: 'service-1', aud: AUDIENCE }],
    ['lightweight without audience', { sub: 'service-1' }],
  ])('SRV-5 the acr of a token that is %s counts for nothing', async (_, claims) => {
    endpoint.json(INTROSPECTION, told({ ...ofMachine, sub: 'service-1' }));
    const there = verifier({ when: 'event-missing' });
    const token = await lightweight({ sid: undefined, ...claims });
    const { event } = await there.complete(token, await there.verify(token), { acrValues: ['pwd'] });
    expect([event.acr, event.subject]).toEqual([undefined, 'service-1']);
    expect(endpoint.hits(INTROSPECTION)).toBe(1);
  });

  test('SRV-5 a mark that only the response has takes the acr of the JWT too', async () => {
    endpoint.json(INTROSPECTION, told({ ...ofMachine, sub: 'service-1', clientAddress: '127.0.0.1' }));
    const { event } = await verifier().verify(await lightweight({ sid: undefined, acr: 'pwd' }));
    expect(event.acr).toBeUndefined();
  });

  test('a JWT with auth_time of its own takes its acr from introspection', async () => {
    endpoint.json(INTROSPECTION, told({ auth_time: undefined }));
    const there = verifier({ when: 'event-missing' });
    const token = await lightweight({ sub: 'alice', aud: AUDIENCE, auth_time: NOW - 7 });
    const { event } = await there.complete(token, await there.verify(token), { acrValues: ['mfa'] });
    expect(event.acr).toBe('mfa');
  });
});
