import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import {
  type AuthorizationServerProfile,
  checkAuthorizationServers,
  checkProfile,
  type ProfileName,
  profiles,
} from '../../lib/authorization-servers/index.js';
import { type AuthorizationParametersOptions, authorizationParameters } from '../../lib/client/index.js';
import type { AuthenticationEvent } from '../../lib/core/index.js';
import { AccessTokenVerifier } from '../../lib/token/index.js';
import { CLOCK_TOLERANCE, outcome, refusal, verifierOf } from '../token/verification.js';

const NAMES = Object.keys(profiles) as ProfileName[];

test('an unknown name of a profile neither compiles nor boots', () => {
  // @ts-expect-error
  expect(() => checkProfile('keycloack', 'profile')).toThrow(/^"profile" is not the name of a profile: "keycloack"/);
});

describe.each(NAMES)('%s', (name) => {
  const profile: AuthorizationServerProfile = profiles[name];

  test(`${name} is checked as a profile of the application is`, () => {
    const copy = structuredClone(profile);
    expect(checkProfile(name, 'profile')).toEqual(checkProfile(copy, 'profile'));
    expect(Object.isFrozen(profile)).toBe(true);
  });

  test(`${name} says where its facts are from, when they were read, and what is to be done`, () => {
    expect(profile.title).toMatch(/^\S.*\S$/);
    expect(profile.source?.length).toBeGreaterThan(0);
    for (const source of profile.source ?? []) expect(new URL(source).protocol).toBe('https:');
    const checkedOn = new Date(`${profile.checkedOn}T00:00:00Z`);
    expect(checkedOn.toISOString().slice(0, 10)).toBe(profile.checkedOn);
    expect(profile.steps?.length).toBeGreaterThan(0);
    expect(profile.notes?.length).toBeGreaterThan(0);
    const sentences = [...(profile.steps ?? []), ...(profile.notes ?? []), ...(profile.observed ?? [])];
    for (const sentence of sentences) expect(sentence).toMatch(/^\S.*[.}]$/);
    expect(profile.issues?.acr).toBeDefined();
    expect(profile.issues?.authTime).toBeDefined();
  });

  test(`RS-62 if ${name} accepts more than at+jwt, it tells access tokens apart`, () => {
    const { typ, accessTokenClaims } = checkProfile(name, 'profile');
    expect([...typ].every((value) => value === 'at+jwt') || accessTokenClaims.length > 0).toBe(true);
  });

  test(`what ${name} says of requests are options of authorizationParameters`, () => {
    const options: AuthorizationParametersOptions = { ...profile.request };
    const { scope, ...asked } = authorizationParameters(
      { scheme: 'Bearer', acrValues: ['b', 'a'], maxAge: 0 },
      options,
    );
    expect(scope).toBe('openid');
    expect(asked).toEqual(
      profile.request?.acrValues === 'first' ? { acr_values: 'b', max_age: '0' } : { acr_values: 'b a', max_age: '0' },
    );
  });
});

type Claims = Record<string, unknown>;

interface Sample {
  /** Default is the profile of this name as it is. */
  profile?: AuthorizationServerProfile;
  header: Claims;
  claims: Claims;
  event: Omit<AuthenticationEvent, 'issuer'>;
  /** Other tokens of this server. They name this API as their audience, so that nothing but their kind can give them away. */
  others: Record<string, [header: Claims, claims: Claims]>;
}

const AUTH_TIME = 1_790_000_000;
const JWT = { typ: 'JWT' };
const AT_JWT = { typ: 'at+jwt' };
const NO_TYP = { typ: undefined };
const LOGOUT = { sid: 's1', jti: 'l1', events: { 'http://schemas.openid.net/event/backchannel-logout': {} } };
const ID_TOKEN = { nonce: 'n', at_hash: 'h', acr: 'x', auth_time: AUTH_TIME, azp: 'spa' };

// one token for each, as the sources of the profile show it
const SAMPLES: Record<ProfileName, Sample> = {
  keycloak: {
    header: JWT,
    claims: {
      typ: 'Bearer',
      jti: 'onrtac:1',
      azp: 'spa',
      sid: 's1',
      acr: '2',
      auth_time: AUTH_TIME,
      scope: 'openid profile',
      realm_access: { roles: ['user'] },
    },
    event: { acr: '2', authTime: AUTH_TIME, subject: 'alice', clientId: 'spa', scope: 'openid profile' },
    others: {
      'an ID token': [JWT, { ...ID_TOKEN, typ: 'ID', jti: 'i1', sid: 's1' }],
      'a refresh token': [JWT, { typ: 'Refresh', jti: 'r1', azp: 'spa', sid: 's1', scope: 'openid' }],
      'an offline token': [JWT, { typ: 'Offline', jti: 'r1', azp: 'spa', sid: 's1', scope: 'openid' }],
      'a logout token': [JWT, { ...LOGOUT, typ: 'Logout' }],
      'an ID token whose header says at+jwt': [AT_JWT, { ...ID_TOKEN, typ: 'ID', jti: 'i1' }],
      'a token bound by DPoP': [JWT, { typ: 'DPoP', jti: 'onrtac:1', azp: 'spa', acr: '2' }],
      'a signed answer of the userinfo endpoint': [JWT, { jti: 'u1', azp: 'spa', email: 'a@example.com' }],
    },
  },
  okta: {
    header: NO_TYP,
    claims: {
      ver: 1,
      jti: 'AT.1',
      cid: '0oa1',
      uid: '00u1',
      scp: ['openid', 'transfer'],
      acr: 'urn:okta:loa:2fa:any',
      auth_time: AUTH_TIME,
    },
    event: {
      acr: 'urn:okta:loa:2fa:any',
      authTime: AUTH_TIME,
      subject: 'alice',
      clientId: '0oa1',
      scope: 'openid transfer',
    },
    others: {
      'an ID token': [
        NO_TYP,
        { ver: 1, jti: 'ID.1', amr: ['pwd'], idp: '00o1', acr: 'urn:okta:loa:2fa:any', auth_time: 1, at_hash: 'h' },
      ],
      'an ID token with the claims of an access token': [
        NO_TYP,
        { jti: 'ID.1', cid: '0oa1', scp: ['a'], at_hash: 'h' },
      ],
      'an ID token without nonce and at_hash': [NO_TYP, { ver: 1, jti: 'ID.1', amr: ['pwd'], idp: '00o1' }],
      'a token of the org authorization server': [
        { typ: 'application/okta-internal-at+jwt' },
        { ver: 1, jti: 'AT.1', cid: '0oa1', uid: '00u1', scp: ['openid'] },
      ],
    },
  },
  auth0: {
    profile: {
      ...profiles.auth0,
      claims: { acr: 'https://api.example/acr', authTime: 'https://api.example/auth_time' },
    },
    header: AT_JWT,
    claims: {
      client_id: 'spa',
      jti: '73W',
      scope: 'openid transfer',
      'https://api.example/acr': 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
      'https://api.example/auth_time': AUTH_TIME,
    },
    event: {
      acr: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
      authTime: AUTH_TIME,
      subject: 'alice',
      clientId: 'spa',
      scope: 'openid transfer',
    },
    others: {
      'an ID token': [JWT, { ...ID_TOKEN, sid: 's1' }],
      'an access token of the default profile': [JWT, { azp: 'spa', scope: 'openid transfer' }],
    },
  },
  entra: {
    header: JWT,
    claims: {
      ver: '2.0',
      azp: '00001111',
      azpacr: '0',
      scp: 'openid transfer',
      acrs: ['c1', 'c3'],
      auth_time: AUTH_TIME,
      oid: 'o1',
      tid: 't1',
      uti: 'u1',
      xms_cc: ['cp1'],
    },
    event: {
      acrs: ['c1', 'c3'],
      authTime: AUTH_TIME,
      subject: 'alice',
      clientId: '00001111',
      scope: 'openid transfer',
    },
    others: {
      'an ID token': [JWT, { ver: '2.0', nonce: 'n', oid: 'o1', tid: 't1', uti: 'u1', preferred_username: 'a' }],
      'an ID token without nonce': [JWT, { ver: '2.0', oid: 'o1', tid: 't1', uti: 'u1', roles: ['admin'] }],
      'an access token whose version is not a text': [JWT, { ver: 2, azp: '00001111', scp: 'transfer' }],
      'an access token of version 1.0': [JWT, { ver: '1.0', appid: '00001111', scp: 'transfer', acr: '1' }],
    },
  },
  duende: {
    header: AT_JWT,
    claims: {
      client_id: 'bff',
      jti: 'j1',
      scope: ['openid', 'transfer'],
      amr: ['pwd', 'mfa'],
      auth_time: AUTH_TIME,
      idp: 'local',
      sid: 's1',
      acr: 'mfa',
    },
    event: {
      acr: 'mfa',
      authTime: AUTH_TIME,
      amr: ['pwd', 'mfa'],
      subject: 'alice',
      clientId: 'bff',
      scope: 'openid transfer',
    },
    others: {
      'an ID token': [JWT, { ...ID_TOKEN, amr: ['pwd'], idp: 'local', sid: 's1' }],
      'a logout token': [{ typ: 'logout+jwt' }, LOGOUT],
    },
  },
  logto: {
    header: AT_JWT,
    claims: {
      client_id: 'spa',
      jti: 'j1',
      scope: 'transfer',
      acr: 'urn:logto:acr:mfa',
      amr: ['pwd', 'otp', 'mfa'],
      auth_time: AUTH_TIME,
    },
    event: {
      acr: 'urn:logto:acr:mfa',
      authTime: AUTH_TIME,
      amr: ['pwd', 'otp', 'mfa'],
      subject: 'alice',
      clientId: 'spa',
      scope: 'transfer',
    },
    others: { 'an ID token': [JWT, { ...ID_TOKEN, sid: 's1' }] },
  },
  oidcProvider: {
    header: AT_JWT,
    claims: { client_id: 'spa', jti: 'j1', scope: 'openid transfer', acr: 'urn:example:mfa', auth_time: AUTH_TIME },
    event: {
      acr: 'urn:example:mfa',
      authTime: AUTH_TIME,
      subject: 'alice',
      clientId: 'spa',
      scope: 'openid transfer',
    },
    others: {
      'an ID token': [JWT, ID_TOKEN],
      'a logout token': [{ typ: 'logout+jwt' }, LOGOUT],
    },
  },
  hydra: {
    header: JWT,
    claims: {
      client_id: 'spa',
      jti: 'j1',
      nbf: 1,
      ext: { acr: 'mfa', auth_time: AUTH_TIME, amr: ['pwd', 'otp'] },
      scp: ['openid', 'transfer'],
      scope: 'openid transfer',
    },
    event: {
      acr: 'mfa',
      authTime: AUTH_TIME,
      amr: ['pwd', 'otp'],
      subject: 'alice',
      clientId: 'spa',
      scope: 'openid transfer',
    },
    others: {
      'an ID token': [JWT, { ...ID_TOKEN, jti: 'j1', rat: 1, sid: 's1' }],
      'an ID token without nonce and at_hash': [JWT, { jti: 'j1', rat: 1, sid: 's1', acr: 'mfa' }],
      'an ID token with the claim of an access token': [JWT, { ...ID_TOKEN, client_id: 'spa', jti: 'j1' }],
      'an ID token with claims under ext': [JWT, { jti: 'j1', rat: 1, ext: { client_id: 'spa', acr: 'mfa' } }],
      'a logout token': [JWT, LOGOUT],
    },
  },
  supabase: {
    header: JWT,
    claims: {
      role: 'authenticated',
      aal: 'aal2',
      session_id: 's1',
      email: 'a@example.com',
      phone: '',
      is_anonymous: false,
      amr: [{ method: 'totp', timestamp: AUTH_TIME }],
    },
    event: { acr: 'aal2', subject: 'alice' },
    others: {
      'an ID token': [JWT, { nonce: 'n', at_hash: 'h', auth_time: 1, email: 'a@example.com' }],
      'an ID token without nonce': [JWT, { auth_time: 1, email: 'a@example.com' }],
      'a token of another application': [
        JWT,
        { role: 'authenticated', aal: 'aal2', session_id: 's1', client_id: 'another' },
      ],
      'the public API key': [JWT, { role: 'anon' }],
      'the API key of the service': [JWT, { role: 'service_role', session_id: 's1', aal: 'aal1' }],
    },
  },
  pingone: {
    header: AT_JWT,
    claims: {
      client_id: 'spa',
      jti: 'j1',
      scope: 'openid transfer',
      acr: 'Multi_Factor',
      auth_time: AUTH_TIME,
      env: 'e',
    },
    event: { acr: 'Multi_Factor', authTime: AUTH_TIME, subject: 'alice', clientId: 'spa', scope: 'openid transfer' },
    others: { 'an ID token': [JWT, ID_TOKEN] },
  },
};

describe.each(NAMES)('tokens of %s', (name) => {
  const { profile, header, claims, event, others } = SAMPLES[name];
  let server: TestAuthorizationServer;
  beforeAll(async () => {
    server = await createTestAuthorizationServer();
  });
  afterAll(() => server?.close());

  const verifier = () => verifierOf({ ...server, profile: profile ?? name });
  const token = (header: Claims, claims: Claims) =>
    server.accessToken({
      authTime: null,
      header,
      claims: { client_id: undefined, jti: undefined, scope: undefined, ...claims },
    });

  test(`RS-62 RS-70 an access token of ${name} is accepted, with its authentication event`, async () => {
    const verified = await verifier().verify(await token(header, claims));
    expect(verified.event).toEqual({ issuer: server.issuer, ...event });
  });

  test.each(Object.entries(others))(`RS-67 ${name}: %s is refused`, async (_, [header, claims]) => {
    expect([refusal.typ, refusal.kind]).toContain(await outcome(verifier(), await token(header, claims)));
  });

  test(`RS-62 an access token of ${name} may say at+jwt if the profile accepts it, and no typ of another token`, async () => {
    const { typ } = checkProfile(profile ?? name, 'profile');
    expect(await outcome(verifier(), await token(AT_JWT, claims))).toBe(typ.has('at+jwt') ? 'accepted' : refusal.typ);
    for (const other of ['logout+jwt', 'dpop+jwt', 'id+jwt']) {
      expect(await outcome(verifier(), await token({ typ: other }, claims))).toBe(refusal.typ);
    }
  });

  test(`RS-67 without its profile an access token of ${name} is accepted only if it is one by RFC 9068`, async () => {
    const isByRfc9068 = ['auth0', 'duende', 'logto', 'oidcProvider', 'pingone'].includes(name);
    expect(await outcome(verifierOf({ ...server }), await token(header, claims))).toBe(
      isByRfc9068 ? 'accepted' : refusal.typ,
    );
  });

  test(`RS-64 a token of ${name} whose audience is a client is refused`, async () => {
    const forClient = await token(header, { ...claims, aud: 'spa' });
    expect(await outcome(verifier(), forClient)).toBe(refusal.aud);
  });
});

describe('opaque tokens of hydra', () => {
  let server: TestAuthorizationServer;
  beforeAll(async () => {
    server = await createTestAuthorizationServer();
  });
  afterAll(() => server?.close());

  const verifier = () => {
    const { issuer, audience, introspection } = server;
    const options = [{ issuer, audience, introspection, profile: 'hydra' as const }];
    return new AccessTokenVerifier(checkAuthorizationServers(options), CLOCK_TOLERANCE);
  };
  const token = (claims: Claims) =>
    server.opaqueToken({
      clientId: 'spa',
      authTime: null,
      claims: { token_use: 'access_token', ext: { acr: 'mfa', auth_time: AUTH_TIME }, ...claims },
    });

  test('RS-85 the members under ext of an introspection response are the authentication event', async () => {
    const { event } = await verifier().verify(token({}));
    expect(event).toMatchObject({ acr: 'mfa', authTime: AUTH_TIME, subject: 'alice', clientId: 'spa' });
  });

  test.each<[what: string, claims: Claims, expected: string]>([
    [
      'an opaque refresh token',
      { token_use: 'refresh_token' },
      'invalid_token: The token is not a bearer access token',
    ],
    ['an opaque ID token', { nonce: 'n' }, 'invalid_token: The token is not a bearer access token'],
    ['an opaque token without an audience', { aud: [] }, refusal.aud],
  ])('RS-67 %s is refused', async (_, claims, expected) => {
    expect(await outcome(verifier(), token(claims))).toBe(expected);
  });
});
