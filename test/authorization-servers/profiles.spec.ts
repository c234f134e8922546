import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import {
  type AuthorizationServerProfile,
  checkAuthorizationServers,
  checkProfile,
  type ProfileName,
  profiles,
} from '../../lib/authorization-servers/index.js';
import { type AuthorizationParametersOptions, authorizationParameters } from '../../lib/client/index.js';
import { type AuthenticationEvent, type AuthenticationRequirements, assess } from '../../lib/core/index.js';
import { AccessTokenVerifier, authenticationEvent } from '../../lib/token/index.js';
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
    expect(asked).toEqual({
      acr_values: profile.request?.acrValues === 'first' ? 'b' : 'b a',
      ...(profile.request?.zeroMaxAge ?? { max_age: '0' }),
    });
  });
});

type Claims = Record<string, unknown>;

interface Sample {
  /** Default is the profile of this name as it is. */
  profile?: AuthorizationServerProfile;
  /** Identifier of this API in scopes, where those name it. */
  audience?: string;
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
      amr: [
        { method: 'password', timestamp: AUTH_TIME - 60 },
        { method: 'totp', timestamp: AUTH_TIME },
        { method: 'token_refresh', timestamp: AUTH_TIME + 60 },
      ],
    },
    event: {
      acr: 'aal2',
      acrTimes: { aal2: AUTH_TIME },
      authTime: AUTH_TIME,
      amr: ['password', 'totp', 'token_refresh'],
      subject: 'alice',
    },
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
  pingfederate: {
    header: AT_JWT,
    claims: { client_id: 'spa', jti: 'j1', scope: 'transfer', acr: 'urn:example:mfa', auth_time: AUTH_TIME },
    event: { acr: 'urn:example:mfa', authTime: AUTH_TIME, subject: 'alice', clientId: 'spa', scope: 'transfer' },
    others: { 'an ID token': [JWT, { ...ID_TOKEN, 'pi.sri': 's1' }] },
  },
  pingam: {
    header: JWT,
    claims: {
      cts: 'OAUTH2_STATELESS_GRANT',
      auth_level: 3,
      subname: 'alice',
      tokenName: 'access_token',
      token_type: 'Bearer',
      authGrantId: 'g1',
      client_id: 'spa',
      grant_type: 'authorization_code',
      scope: ['openid', 'transfer'],
      auth_time: AUTH_TIME,
      realm: '/alpha',
      jti: 'j1',
      acr: 'mfa',
      amr: ['Login2'],
    },
    event: {
      acr: 'mfa',
      authTime: AUTH_TIME,
      amr: ['Login2'],
      subject: 'alice',
      clientId: 'spa',
      scope: 'openid transfer',
    },
    others: {
      'an ID token': [JWT, { ...ID_TOKEN, tokenName: 'id_token', jti: 'i1', client_id: 'spa' }],
      'a refresh token': [JWT, { tokenName: 'refresh_token', client_id: 'spa', jti: 'r1' }],
      'an ID token with the name of an access token': [
        JWT,
        { ...ID_TOKEN, tokenName: 'access_token', client_id: 'spa' },
      ],
    },
  },
  cognito: {
    audience: 'https://bank.example',
    header: NO_TYP,
    claims: {
      aud: undefined,
      token_use: 'access',
      client_id: 'spa',
      origin_jti: 'o1',
      event_id: 'e1',
      jti: 'j1',
      username: 'alice',
      version: 2,
      scope: 'openid https://bank.example/transfer',
      auth_time: AUTH_TIME,
      acr: 'urn:cognito:loa:3',
      amr: ['pwd', 'otp', 'mfa'],
    },
    event: {
      acr: 'urn:cognito:loa:3',
      authTime: AUTH_TIME,
      amr: ['pwd', 'otp', 'mfa'],
      subject: 'alice',
      clientId: 'spa',
      scope: 'openid https://bank.example/transfer',
    },
    others: {
      'an ID token': [NO_TYP, { ...ID_TOKEN, token_use: 'id', 'cognito:username': 'alice' }],
      'an ID token that names this API': [
        NO_TYP,
        { token_use: 'id', aud: undefined, scope: 'https://bank.example/transfer', client_id: 'spa', jti: 'j1' },
      ],
      'an access token with a nonce': [NO_TYP, { token_use: 'access', nonce: 'n', client_id: 'spa', jti: 'j1' }],
    },
  },
  adfs: {
    profile: {
      ...profiles.adfs,
      claims: { ...profiles.adfs.claims, acr: 'https://api.example/acr' },
    },
    header: JWT,
    claims: {
      apptype: 'Confidential',
      appid: 'c1',
      authmethod: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
      auth_time: new Date(AUTH_TIME * 1000 + 661).toISOString(),
      ver: '1.0',
      scp: 'openid',
      'https://api.example/acr': 'http://schemas.microsoft.com/claims/multipleauthn',
    },
    event: {
      acr: 'http://schemas.microsoft.com/claims/multipleauthn',
      authTime: AUTH_TIME + 0.661,
      amr: ['urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'],
      subject: 'alice',
      clientId: 'c1',
      scope: 'openid',
    },
    others: {
      'an ID token': [JWT, { nonce: 'n', appid: 'c1', ver: '1.0', apptype: 'Confidential', auth_time: AUTH_TIME }],
      'an access token of Entra': [JWT, { ver: '2.0', azp: 'c1', scp: 'transfer' }],
    },
  },
  spring: {
    header: AT_JWT,
    claims: { client_id: 'spa', jti: 'j1', scope: ['openid', 'transfer'], acr: 'mfa', auth_time: AUTH_TIME },
    event: { acr: 'mfa', authTime: AUTH_TIME, subject: 'alice', clientId: 'spa', scope: 'openid transfer' },
    others: {
      'an ID token': [NO_TYP, { ...ID_TOKEN, sid: 's1', jti: 'i1' }],
      'an access token without a customizer': [NO_TYP, { scope: ['openid'], jti: 'j1' }],
    },
  },
  zitadel: {
    header: JWT,
    claims: { client_id: 'spa', jti: 'j1', scope: 'openid' },
    event: { subject: 'alice', clientId: 'spa', scope: 'openid' },
    others: {
      'an ID token': [JWT, { azp: 'spa', amr: ['pwd', 'otp', 'mfa'], auth_time: AUTH_TIME, at_hash: 'h' }],
      'an ID token without at_hash': [JWT, { azp: 'spa', client_id: 'spa' }],
    },
  },
  authentik: {
    header: JWT,
    claims: {
      acr: 'goauthentik.io/providers/oauth2/default',
      amr: ['pwd', 'mfa'],
      auth_time: AUTH_TIME,
      nonce: 'n',
      sid: 's1',
      azp: 'spa',
      uid: 'u1',
    },
    event: {
      acr: 'goauthentik.io/providers/oauth2/default',
      acrs: ['mfa'],
      authTime: AUTH_TIME,
      amr: ['pwd', 'mfa'],
      subject: 'alice',
      clientId: 'spa',
    },
    others: {
      'an ID token': [
        JWT,
        { acr: 'goauthentik.io/providers/oauth2/default', amr: ['pwd', 'mfa'], auth_time: AUTH_TIME, nonce: 'n' },
      ],
      'an ID token of a refresh': [JWT, { acr: 'x', azp: 'spa', at_hash: 'h', uid: 'u1' }],
      'a logout token': [JWT, LOGOUT],
    },
  },
  wso2: {
    header: AT_JWT,
    claims: {
      aut: 'APPLICATION_USER',
      azp: 'spa',
      client_id: 'spa',
      jti: 'j1',
      scope: 'openid transfer',
      acr: 'acr2',
      auth_time: AUTH_TIME,
    },
    event: { acr: 'acr2', authTime: AUTH_TIME, subject: 'alice', clientId: 'spa', scope: 'openid transfer' },
    others: { 'an ID token': [JWT, { ...ID_TOKEN, amr: ['BasicAuthenticator'] }] },
  },
  fusionauth: {
    header: { ...JWT, gty: ['authorization_code'] },
    claims: {
      applicationId: 'a1',
      authenticationType: 'PASSWORD',
      auth_time: AUTH_TIME,
      jti: 'j1',
      roles: ['user'],
      scope: 'openid',
      sid: 's1',
      tid: 't1',
    },
    event: { authTime: AUTH_TIME, amr: ['PASSWORD'], subject: 'alice', clientId: 'a1', scope: 'openid' },
    others: {
      'an ID token': [
        JWT,
        { nonce: 'n', at_hash: 'h', authenticationType: 'PASSWORD', auth_time: AUTH_TIME, jti: 'i1' },
      ],
      'an ID token of a lambda that writes applicationId': [JWT, { applicationId: 'a1', at_hash: 'h', jti: 'i1' }],
    },
  },
  authelia: {
    header: AT_JWT,
    claims: { client_id: 'spa', jti: 'j1', scope: 'openid transfer', amr: ['pwd', 'otp', 'mfa'] },
    event: {
      acrs: ['mfa', 'otp'],
      amr: ['pwd', 'otp', 'mfa'],
      subject: 'alice',
      clientId: 'spa',
      scope: 'openid transfer',
    },
    others: { 'an ID token': [JWT, { ...ID_TOKEN, amr: ['pwd', 'otp', 'mfa'] }] },
  },
  lemonldap: {
    header: JWT,
    claims: { client_id: 'spa', jti: 'j1', sid: 's1', scope: 'openid bank', acr: 'loa-2', auth_time: AUTH_TIME },
    event: { acr: 'loa-2', authTime: AUTH_TIME, subject: 'alice', clientId: 'spa', scope: 'openid bank' },
    others: {
      'an ID token': [JWT, { azp: 'spa', acr: 'loa-2', auth_time: AUTH_TIME, sid: 's1', nonce: 'n', at_hash: 'h' }],
      'an ID token without nonce and at_hash': [JWT, { azp: 'spa', acr: 'loa-2', auth_time: AUTH_TIME, sid: 's1' }],
    },
  },
  djangoOauthToolkit: {
    header: AT_JWT,
    claims: { client_id: 'spa', jti: 'j1', scope: 'read' },
    event: { subject: 'alice', clientId: 'spa', scope: 'read' },
    others: { 'an ID token': [JWT, ID_TOKEN] },
  },
};

describe.each(NAMES)('tokens of %s', (name) => {
  const { profile, header, claims, event, others, audience } = SAMPLES[name];
  let server: TestAuthorizationServer;
  beforeAll(async () => {
    server = await createTestAuthorizationServer();
  });
  afterAll(() => server?.close());

  const verifier = () =>
    verifierOf({ ...server, ...(audience !== undefined && { audience }), profile: profile ?? name });
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
    const named = audience === undefined || 'aud' in claims ? claims : { aud: audience, ...claims };
    expect([refusal.typ, refusal.kind]).toContain(await outcome(verifier(), await token(header, named)));
  });

  test(`RS-62 an access token of ${name} may say at+jwt if the profile accepts it, and no typ of another token`, async () => {
    const { typ } = checkProfile(profile ?? name, 'profile');
    expect(await outcome(verifier(), await token(AT_JWT, claims))).toBe(typ.has('at+jwt') ? 'accepted' : refusal.typ);
    for (const other of ['logout+jwt', 'dpop+jwt', 'id+jwt']) {
      expect(await outcome(verifier(), await token({ typ: other }, claims))).toBe(refusal.typ);
    }
  });

  test(`RS-67 without its profile an access token of ${name} is accepted only if it is one by RFC 9068`, async () => {
    const { typ } = checkProfile(name, 'profile');
    const isByRfc9068 = typ.size === 1 && typ.has('at+jwt');
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

describe('what methods tell, by name', () => {
  const eventOf = (name: ProfileName, claims: Claims) =>
    authenticationEvent(claims, { issuer: 'https://as.example', profile: checkProfile(name, 'profile') });
  const reasons = (name: ProfileName, claims: Claims, requirements: AuthenticationRequirements) => {
    const assessment = assess(eventOf(name, claims), requirements, { now: AUTH_TIME, clockTolerance: 5 });
    return assessment.met ? [] : assessment.reasons;
  };
  const entry = (method: string, age: number) => ({ method, timestamp: AUTH_TIME - age });

  test.each<[what: string, amr: unknown, reasons: string[]]>([
    ['a code of the last five minutes', [entry('password', 9000), entry('totp', 60)], []],
    ['a code by phone', [entry('mfa/phone', 60)], []],
    ['an old code after a new password', [entry('password', 1), entry('totp', 900)], ['authentication_too_old']],
    ['no code at all', [entry('password', 1)], ['auth_time_missing']],
    ['a code by e-mail, which is a first factor', [entry('otp', 1)], ['auth_time_missing']],
    ['methods of a hook, as texts', ['password', 'totp'], ['auth_time_missing']],
  ])('RS-58 supabase: aal2 and maxAge with %s', (_, amr, expected) => {
    expect(reasons('supabase', { aal: 'aal2', amr }, { acrValues: ['aal2'], maxAge: 300 })).toEqual(expected);
  });

  test('RS-58 supabase: maxAge alone is met by a sign-in, and by no refresh', () => {
    expect(reasons('supabase', { aal: 'aal1', amr: [entry('password', 60)] }, { maxAge: 300 })).toEqual([]);
    for (const method of ['token_refresh', 'recovery', 'invite', 'email_change', 'anonymous', 'unknown']) {
      const amr = [entry('password', 900), entry(method, 1)];
      expect(reasons('supabase', { aal: 'aal1', amr }, { maxAge: 300 })).toEqual(['authentication_too_old']);
    }
  });

  test('RS-57 authentik: the constant acr is no word, and mfa is told by amr', () => {
    const acr = 'goauthentik.io/providers/oauth2/default';
    expect(reasons('authentik', { acr, amr: ['pwd'] }, { acrValues: ['mfa'] })).toEqual(['acr_unmet']);
    expect(reasons('authentik', { acr, amr: ['pwd', 'mfa'] }, { acrValues: ['mfa'] })).toEqual([]);
    expect(reasons('authentik', { acr }, { acrValues: ['mfa'] })).toEqual(['acr_unmet']);
    const options = [
      { issuer: 'https://as.example', audience: 'api', profile: 'authentik' as const, acr: { mfa: acr } },
    ];
    expect(() => checkAuthorizationServers(options)).toThrow(/never carry acr, and its methods tell "mfa", "sc"/);
  });

  test.each<ProfileName>(['djangoOauthToolkit', 'zitadel', 'fusionauth'])(
    'SRV-10 a word for tokens of %s stops the boot, as nothing tells it',
    (profile) => {
      const options = { issuer: 'https://as.example', audience: 'api', profile, acr: { mfa: 'mfa' } };
      expect(() => checkAuthorizationServers([options])).toThrow(
        new TypeError(
          `"authorizationServers[0].acr.mfa" uses "mfa", which no token of ${profiles[profile].title} tells: by its profile they ` +
            'never carry acr; let "methods.acr" of the profile say which methods tell it, or correct "issues.acr" if your server ' +
            'issues it',
        ),
      );
    },
  );
});
