import type { AuthorizationServerProfile } from '../../../lib/authorization-servers/index.js';
import { AccessTokenRefused, type AccessTokenVerifier, type VerifiedAccessToken } from '../../../lib/token/index.js';
import { pass, stopClockOfEachTest } from '../../support/clock.js';
import { serverOfEachTest } from '../json-server.js';
import { INTROSPECTION, introspectingVerifierOf } from '../verification.js';

const NOW = Date.UTC(2026, 0, 1) / 1000;

stopClockOfEachTest(NOW * 1000);
const server = serverOfEachTest();
const warnings: string[] = [];
beforeEach(() => {
  warnings.length = 0;
});

const verifier = (profile: AuthorizationServerProfile = { absentClaims: ['aud'] }) =>
  introspectingVerifierOf(server.origin, { profile }, warnings);

const respond = (claims: Record<string, unknown>) => server.json(INTROSPECTION, { active: true, ...claims });

async function outcome(there = verifier()): Promise<string> {
  try {
    await there.verify('opaque');
    return 'accepted';
  } catch (error) {
    if (error instanceof AccessTokenRefused) return error.code;
    throw error;
  }
}

describe('SRV-1 an opaque token counts as an access token only if something says so', () => {
  const common = { client_id: 'spa', iat: NOW, exp: NOW + 300 };

  test.each<[name: string, claims: Record<string, unknown>, expected: string]>([
    ['a refresh token of Spring: nothing says what it is', {}, 'introspected_kind_mismatch'],
    ['a subject says nothing of the kind', { sub: 'alice' }, 'introspected_kind_mismatch'],
    ['our audience says nothing of the kind', { aud: 'https://api.example' }, 'introspected_kind_mismatch'],
    ['token_type Bearer', { token_type: 'Bearer' }, 'accepted'],
    ['token_use access_token', { token_use: 'access_token' }, 'accepted'],
    ['a scope', { scope: 'read' }, 'accepted'],
    ['an empty scope', { scope: '' }, 'introspected_kind_mismatch'],
    ['a scope that is null', { scope: null }, 'introspected_kind_mismatch'],
    ['a scope that is an empty list', { scope: [] }, 'introspected_kind_mismatch'],
    ['token_type null', { token_type: null, scope: 'read' }, 'introspected_kind_mismatch'],
    ['token_use null', { token_use: null, scope: 'read' }, 'introspected_kind_mismatch'],
  ])('%s', async (_, claims, expected) => {
    respond({ ...common, ...claims });
    expect(await outcome()).toBe(expected);
  });

  test.each<[server: string, claims: Record<string, unknown>]>([
    ['Ory Hydra', { token_type: 'Bearer', token_use: 'refresh_token' }],
    ['Keycloak, refresh', { typ: 'Refresh' }],
    ['Keycloak, offline', { typ: 'Offline' }],
    ['Keycloak, ID', { typ: 'ID' }],
    ['Curity', { token_type: 'Bearer', purpose: 'refresh_token' }],
    ['ForgeRock', { token_type: 'Bearer', tokenName: 'refresh_token' }],
    ['WSO2', { token_type: 'Refresh' }],
    ['an ID token by its hashes', { token_type: 'Bearer', at_hash: 'x' }],
    ['an ID token by the hash of its code', { token_type: 'Bearer', c_hash: 'x' }],
    ['a logout token', { token_type: 'Bearer', events: {} }],
  ])('a token of another kind is refused, as marked by %s', async (_, claims) => {
    respond({ ...common, scope: 'read', ...claims });
    expect(await outcome()).toBe('introspected_kind_mismatch');
  });

  test('a claim of the profile marks an access token too', async () => {
    const there = verifier({ absentClaims: ['aud'], accessTokenClaims: { kind: 'access' } });
    respond({ ...common, kind: 'access' });
    expect(await outcome(there)).toBe('accepted');
  });

  test('the scope is read as the profile says', async () => {
    respond({ ...common, scp: ['read'] });
    expect(await outcome(verifier({ absentClaims: ['aud'], claims: { scope: 'scp' } }))).toBe('accepted');
  });
});

describe("SRV-11 a user's token is not taken for a client's", () => {
  const eventOf = async (claims: Record<string, unknown>): Promise<VerifiedAccessToken['event']> => {
    respond({ client_id: 'spa', scope: 'read', exp: NOW + 300, ...claims });
    return (await verifier().verify('opaque')).event;
  };

  test.each<[name: string, claims: Record<string, unknown>, subject: string]>([
    ['Django OAuth Toolkit: username without sub', { username: 'alice' }, 'alice'],
    ['Spring Security OAuth: user_name without sub', { user_name: 'alice' }, 'alice'],
    ['MITREid Connect: user_id without sub', { user_id: 'alice' }, 'alice'],
    ['sub beside username', { sub: 'a1', username: 'alice' }, 'a1'],
    ['neither: the client is the subject', {}, 'spa'],
    ['a username that is empty', { username: '' }, 'spa'],
    ['a username that is null', { username: null }, 'spa'],
  ])('%s', async (_, claims, subject) => {
    expect(await eventOf(claims)).toMatchObject({ subject, clientId: 'spa' });
  });

  test('a username is enough without a client', async () => {
    expect(await eventOf({ client_id: undefined, username: 'alice' })).toMatchObject({ subject: 'alice' });
  });

  test('a subject that cannot be read is refused, whatever the username', async () => {
    respond({ client_id: 'spa', scope: 'read', sub: 7, username: 'alice' });
    expect(await outcome()).toBe('sub_missing');
  });
});

describe('a response about another sign-in adds nothing to an opaque token', () => {
  const token = { sub: 'alice', client_id: 'spa', token_type: 'Bearer', iat: NOW - 60, exp: NOW + 3600 };
  const signIn = { acr: 'urn:example:pwd', auth_time: NOW - 60 };

  async function signInOf(there: AccessTokenVerifier): Promise<object> {
    const { acr, authTime, amr } = (await there.verify('opaque')).event;
    return { acr, authTime, amr };
  }
  const NONE = { acr: undefined, authTime: undefined, amr: undefined };
  const PWD = { acr: 'urn:example:pwd', authTime: NOW - 60, amr: undefined };

  test('a sign-in after the token was issued adds nothing, and is warned of', async () => {
    respond({ ...token, acr: 'urn:example:mfa', auth_time: NOW - 59, amr: ['otp'] });
    expect(await signInOf(verifier())).toEqual(NONE);
    expect(warnings).toEqual([`introspected_sign_in_mismatch ${server.origin}`]);
  });

  test.each<[what: string, iat: unknown]>([
    ['text', String(NOW + 60)],
    ['null', null],
    ['a list', [NOW + 60]],
    ['an object', {}],
    ['true', true],
  ])('an iat that is %s does not show that the sign-in is no later, so that it adds nothing', async (_, iat) => {
    respond({ ...token, iat, ...signIn });
    expect(await signInOf(verifier())).toEqual(NONE);
    expect(warnings).toEqual([`introspected_sign_in_mismatch ${server.origin}`]);
  });

  test('an iat beyond all numbers shows nothing either', async () => {
    const claims = JSON.stringify({ active: true, ...token, ...signIn });
    server.text(INTROSPECTION, claims.replace(`"iat":${token.iat}`, '"iat":1e999'), 200, {
      'content-type': 'application/json',
    });
    expect(await signInOf(verifier())).toEqual(NONE);
  });

  test.each<[what: string, age: number, kept: object]>([
    ['before', 60, PWD],
    ['after', 59, NONE],
  ])('a sign-in %s an iat in milliseconds is compared with it in seconds', async (_, age, kept) => {
    respond({ ...token, iat: token.iat * 1000, ...signIn, auth_time: NOW - age });
    expect(await signInOf(verifier())).toEqual(kept);
  });

  test('a sign-in in the second in which the token was issued is that of the token', async () => {
    respond({ ...token, ...signIn });
    expect(await signInOf(verifier())).toEqual(PWD);
    expect(warnings).toEqual([]);
  });

  test.each<[name: string, first: object, later: object]>([
    ['another acr', signIn, { ...signIn, acr: 'urn:example:mfa' }],
    ['another time', signIn, { ...signIn, auth_time: NOW - 30 }],
    ['an acr where there was none', { auth_time: NOW - 60 }, signIn],
    ['a time where there was none', { acr: 'urn:example:pwd' }, signIn],
    ['neither where there was one', signIn, {}],
  ])('%s than the first response had adds nothing', async (_, first, later) => {
    const issued = { ...token, iat: undefined };
    const there = verifier();
    respond({ ...issued, ...first });
    await there.verify('opaque');
    pass(60);
    respond({ ...issued, ...later });
    expect(await signInOf(there)).toEqual(NONE);
    expect(warnings).toEqual([`introspected_sign_in_mismatch ${server.origin}`]);
  });

  describe('with the times of factors', () => {
    const profile: AuthorizationServerProfile = {
      absentClaims: ['aud'],
      methods: { form: 'entries', method: 'method', time: 'at', acr: { mfa: ['totp'] } },
    };
    const amr = (age: number) => [{ method: 'totp', at: NOW - age }];
    const timesOf = async (there: AccessTokenVerifier) => {
      const { acrs, acrTimes } = (await there.verify('opaque')).event;
      return { acrs, acrTimes };
    };

    test('RS-58 a factor after the token was issued adds nothing, and is warned of', async () => {
      respond({ ...token, auth_time: NOW - 600, amr: amr(59) });
      expect(await timesOf(verifier(profile))).toEqual({ acrs: undefined, acrTimes: undefined });
      expect(warnings).toEqual([`introspected_sign_in_mismatch ${server.origin}`]);
    });

    test('RS-58 a factor at another time than in the first response adds nothing', async () => {
      const there = verifier(profile);
      respond({ ...token, iat: undefined, amr: amr(90) });
      expect(await timesOf(there)).toEqual({ acrs: ['mfa'], acrTimes: { mfa: NOW - 90 } });
      pass(60);
      respond({ ...token, iat: undefined, amr: amr(30) });
      expect(await timesOf(there)).toEqual({ acrs: undefined, acrTimes: undefined });
    });
  });

  test('the first response counts again once the server returns to it', async () => {
    const there = verifier();
    for (const acr of ['urn:example:pwd', 'urn:example:mfa', 'urn:example:pwd']) {
      respond({ ...token, ...signIn, acr });
      await there.verify('opaque');
      pass(60);
    }
    expect(await signInOf(there)).toEqual(PWD);
  });

  test('the first response counts also after the token was refused in between', async () => {
    const there = verifier();
    respond({ ...token, ...signIn });
    await there.verify('opaque');
    pass(60);
    respond({ active: false });
    expect(await outcome(there)).toBe('token_inactive');
    respond({ ...token, ...signIn, acr: 'urn:example:mfa' });
    expect(await signInOf(there)).toEqual(NONE);
  });

  test('a token with another sign-in stays valid, without its authentication', async () => {
    respond({ ...token, acr: 'urn:example:mfa', auth_time: NOW });
    expect((await verifier().verify('opaque')).event).toMatchObject({ subject: 'alice', clientId: 'spa' });
  });

  test('two tokens of one user keep their own sign-ins', async () => {
    const there = verifier();
    respond({ ...token, ...signIn });
    await there.verify('first');
    respond({ ...token, ...signIn, acr: 'urn:example:mfa' });
    expect((await there.verify('second')).event.acr).toBe('urn:example:mfa');
    expect(warnings).toEqual([]);
  });
});
