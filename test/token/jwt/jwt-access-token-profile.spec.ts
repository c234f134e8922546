import {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import type { AuthorizationServerProfile } from '../../../lib/authorization-servers/index.js';
import { outcome, refusal, verifierOf } from '../verification.js';

let server: TestAuthorizationServer;
beforeAll(async () => {
  server = await createTestAuthorizationServer();
});
afterAll(() => server?.close());

const verifier = (profile: AuthorizationServerProfile) => verifierOf({ ...server, profile });
const fate = async (profile: AuthorizationServerProfile, options: TestAccessTokenOptions) =>
  outcome(verifier(profile), await server.accessToken(options));
const eventOf = async (profile: AuthorizationServerProfile, options: TestAccessTokenOptions) =>
  (await verifier(profile).verify(await server.accessToken(options))).event;

describe('typ', () => {
  const profile = { typ: ['JWT', 'at+jwt'], accessTokenClaims: { token_use: 'access' } };
  const marked = { token_use: 'access' };

  test.each<[what: string, options: TestAccessTokenOptions, expected: string]>([
    ['typ JWT with the claim', { header: { typ: 'JWT' }, claims: marked }, 'accepted'],
    ['typ jwt with the claim', { header: { typ: 'jwt' }, claims: marked }, 'accepted'],
    ['typ at+jwt with the claim', { header: { typ: 'at+jwt' }, claims: marked }, 'accepted'],
    ['typ at+jwt without the claim', { header: { typ: 'at+jwt' } }, refusal.kind],
    ['no typ with the claim', { header: { typ: undefined }, claims: marked }, refusal.typ],
    ['typ null with the claim', { header: { typ: null }, claims: marked }, refusal.typUnreadable],
    ['typ ID with the claim', { header: { typ: 'ID' }, claims: marked }, refusal.typ],
    ['RS-67 an ID token', { header: { typ: 'JWT' }, claims: { token_use: 'id', nonce: 'n' } }, refusal.kind],
    ['a token that says nothing', { header: { typ: 'JWT' } }, refusal.kind],
    ['the claim in another case', { header: { typ: 'JWT' }, claims: { token_use: 'Access' } }, refusal.kind],
    ['the claim in a list', { header: { typ: 'JWT' }, claims: { token_use: ['access'] } }, refusal.kind],
    ['the claim as an object', { header: { typ: 'JWT' }, claims: { token_use: { access: true } } }, refusal.kind],
    ['the claim as null', { header: { typ: 'JWT' }, claims: { token_use: null } }, refusal.kind],
    ['the claim as true', { header: { typ: 'JWT' }, claims: { token_use: true } }, refusal.kind],
    ['the claim nested', { header: { typ: 'JWT' }, claims: { ext: { token_use: 'access' } } }, refusal.kind],
  ])('RS-62 %s', async (_, options, expected) => expect(await fate(profile, options)).toBe(expected));

  test('RS-62 null accepts a missing typ, and no other', async () => {
    const missing = { ...profile, typ: [null] };
    expect(await fate(missing, { header: { typ: undefined }, claims: marked })).toBe('accepted');
    expect(await fate(missing, { header: { typ: undefined } })).toBe(refusal.kind);
    expect(await fate(missing, { header: { typ: '' }, claims: marked })).toBe(refusal.typ);
    expect(await fate(missing, { header: { typ: 'JWT' }, claims: marked })).toBe(refusal.typ);
    expect(await fate(missing, { claims: marked })).toBe(refusal.typ);
  });

  test('RS-67 every one of several claims is required', async () => {
    const several = { typ: ['JWT'], accessTokenClaims: { token_use: 'access', typ: 'Bearer' } };
    const header = { typ: 'JWT' };
    expect(await fate(several, { header, claims: { token_use: 'access', typ: 'Bearer' } })).toBe('accepted');
    expect(await fate(several, { header, claims: { token_use: 'access', typ: 'ID' } })).toBe(refusal.kind);
    expect(await fate(several, { header, claims: { typ: 'Bearer' } })).toBe(refusal.kind);
  });
});

describe('claims that distinguish kinds of tokens', () => {
  const profile: AuthorizationServerProfile = {
    typ: [null],
    accessTokenClaims: { cid: true },
    otherTokenClaims: ['nonce', 'at_hash'],
  };

  test.each<[what: string, claims: Record<string, unknown>, expected: string]>([
    ['a text', { cid: 'client' }, 'accepted'],
    ['any value', { cid: 0 }, 'accepted'],
    ['false, which is a value too', { cid: false }, 'accepted'],
    ['an empty one', { cid: '' }, 'accepted'],
    ['null, which is none', { cid: null }, refusal.kind],
    ['none', {}, refusal.kind],
    ['the claim, and one of another token', { cid: 'client', nonce: 'n' }, refusal.kind],
    ['the claim, and the other one of another token', { cid: 'client', at_hash: 'h' }, refusal.kind],
    ['the claim, and one of another token that is null', { cid: 'client', nonce: null }, refusal.kind],
  ])('RS-67 %s', async (_, claims, expected) => {
    expect(await fate(profile, { header: { typ: undefined }, claims })).toBe(expected);
  });

  test('RS-67 what every object inherits is no claim that tells access tokens apart', async () => {
    const inherited = { typ: ['JWT'], accessTokenClaims: { valueOf: true } } as const;
    expect(await fate(inherited, { header: { typ: 'JWT' } })).toBe(refusal.kind);
    expect(await fate(inherited, { header: { typ: 'JWT' }, claims: { valueOf: 'access' } })).toBe('accepted');
  });

  test('RS-67 a claim of other tokens is refused under at+jwt as well', async () => {
    expect(await fate({ otherTokenClaims: ['nonce'] }, { claims: { nonce: 'n' } })).toBe(refusal.kind);
  });
});

describe('acrType', () => {
  test.each<[acrType: AuthorizationServerProfile['acrType'], acr: unknown, expected: object]>([
    ['string', '2', { acr: '2' }],
    ['string', 2, {}],
    ['string', ['2'], {}],
    ['number', 2, { acr: '2' }],
    ['number', 0, { acr: '0' }],
    ['number', '2', {}],
    ['number', [2], {}],
    ['list', ['c1', 'c2'], { acrs: ['c1', 'c2'] }],
    ['list', [], { acrs: [] }],
    ['list', 'c1', {}],
    ['list', ['c1', 2], {}],
    ['list', { 0: 'c1', length: 1 }, {}],
    ['list', null, {}],
  ])('%s: %j', async (acrType, acr, expected) => {
    const { acr: read, acrs } = await eventOf({ acrType }, { claims: { acr } });
    expect({ ...(read !== undefined && { acr: read }), ...(acrs !== undefined && { acrs }) }).toEqual(expected);
  });

  test('the list of acr values cannot be changed by handlers', async () => {
    const { acrs } = await eventOf({ acrType: 'list' }, { claims: { acr: ['c1'] } });
    expect(Object.isFrozen(acrs)).toBe(true);
  });
});

describe('claims', () => {
  test('nested claims are found at their path', async () => {
    const profile = {
      claims: {
        acr: ['ext', 'acr'],
        authTime: ['ext', 'authentication', 'at'],
        amr: ['ext', 'amr'],
        clientId: 'azp',
        scope: 'scp',
      },
    };
    const ext = { acr: 'nested', authentication: { at: 7 }, amr: ['hwk'] };
    const claims = { ext, azp: 'the-client', scp: ['a', 'b'], client_id: undefined, scope: 'other' };
    expect(await eventOf(profile, { acr: 'top', authTime: 5, claims })).toEqual({
      issuer: server.issuer,
      acr: 'nested',
      authTime: 7,
      amr: ['hwk'],
      subject: 'alice',
      clientId: 'the-client',
      scope: 'a b',
    });
  });

  test('a claim whose name is a URL is one claim', async () => {
    const acr = 'https://example.com/claims/acr';
    expect((await eventOf({ claims: { acr } }, { claims: { [acr]: 'mfa' } })).acr).toBe('mfa');
  });

  test.each([
    ['missing', {}],
    ['null', { ext: null }],
    ['a text', { ext: 'acr' }],
    ['a number', { ext: 5 }],
    ['a list', { ext: [{ acr: 'mfa' }] }],
    ['an object without the claim', { ext: { ACR: 'mfa' } }],
    ['a flat name with a dot', { 'ext.acr': 'mfa' }],
    ['an object whose claim is no text', { ext: { acr: ['mfa'] } }],
  ])('if the path to acr is %s there is no acr, even with one at the top level', async (_, claims) => {
    expect(await eventOf({ claims: { acr: ['ext', 'acr'] } }, { acr: 'mfa', claims })).not.toHaveProperty('acr');
  });

  test.each(['toString', 'constructor', 'hasOwnProperty', 'valueOf'])(
    'an inherited member such as %s is no claim',
    async (name) => {
      const event = await eventOf({ claims: { acr: name, authTime: ['ext', name] } }, { claims: { ext: {} } });
      expect(event).not.toHaveProperty('acr');
      expect(event).not.toHaveProperty('authTime');
    },
  );

  test('RS-70 azp in place of client_id is required like client_id', async () => {
    const profile = { claims: { clientId: 'azp' } };
    expect(await fate(profile, { claims: { azp: 'a', client_id: undefined } })).toBe('accepted');
    for (const azp of [undefined, null, '', 5, ['a']]) {
      expect(await fate(profile, { claims: { azp } })).toBe(refusal.client);
    }
  });
});

describe('absentClaims', () => {
  const needed = { client_id: refusal.client, jti: refusal.jti, iat: refusal.iat } as const;
  const names = Object.keys(needed) as (keyof typeof needed)[];

  test.each(names)('RS-70 %s may be omitted if the profile says so, and no other claim', async (absent) => {
    for (const name of names) {
      const expected = name === absent ? 'accepted' : needed[name];
      expect(await fate({ absentClaims: [absent] }, { claims: { [name]: undefined } })).toBe(expected);
    }
  });

  test.each(names)('RS-70 %s of the wrong type is refused even if it may be omitted', async (absent) => {
    for (const value of [null, '', true, [], {}]) {
      expect(await fate({ absentClaims: [absent] }, { claims: { [absent]: value } })).toBe(needed[absent]);
    }
  });

  test('an iat that is present is checked although it may be omitted', async () => {
    const iat = Math.floor(Date.now() / 1000) + 3600;
    expect(await fate({ absentClaims: ['iat'] }, { claims: { iat } })).toBe(refusal.iatFuture);
  });

  test('sub, exp and aud are never dispensable', async () => {
    const profile: AuthorizationServerProfile = { absentClaims: ['client_id', 'jti', 'iat'] };
    expect(await fate(profile, { claims: { sub: undefined } })).toBe(refusal.sub);
    expect(await fate(profile, { claims: { exp: undefined } })).toBe(refusal.expMissing);
    expect(await fate(profile, { claims: { aud: undefined } })).toBe(refusal.aud);
  });
});

describe('field RS-15 a token without aud is for the API whose scope it has', () => {
  const profile: AuthorizationServerProfile = { audienceIn: 'scope' };
  const API = 'https://api.example';
  const fateOf = async (claims: Record<string, unknown>, own: AuthorizationServerProfile = profile) => {
    const verifier = verifierOf({ ...server, audience: API, profile: own });
    return outcome(verifier, await server.accessToken({ claims: { aud: undefined, ...claims } }));
  };

  test.each<[scope: unknown, expected: string]>([
    [`${API}/transfer`, 'accepted'],
    [`openid ${API}/transfer`, 'accepted'],
    [['openid', `${API}/transfer`], 'accepted'],
    [`${API}/`, 'accepted'],
    [API, refusal.aud],
    [`${API}.evil/transfer`, refusal.aud],
    // the identifier of another API
    [`${API}/admin/transfer`, refusal.aud],
    ['https://other.example/transfer', refusal.aud],
    [`${API.toUpperCase()}/transfer`, refusal.aud],
    ['aws.cognito.signin.user.admin', refusal.aud],
    [`x${API}/transfer`, refusal.aud],
    ['', refusal.aud],
    [undefined, refusal.aud],
    [{ 0: `${API}/transfer` }, refusal.aud],
    [[[`${API}/transfer`]], refusal.aud],
  ])('field RS-15 the scope %j', async (scope, expected) => expect(await fateOf({ scope })).toBe(expected));

  test('field RS-15 an aud that is there decides alone', async () => {
    const scope = `${API}/transfer`;
    for (const aud of ['another', [], null, '', 5]) expect(await fateOf({ aud, scope })).toBe(refusal.aud);
    expect(await fateOf({ aud: API, scope: 'openid' })).toBe('accepted');
  });

  test('field RS-15 no scope stands in for aud if the profile does not say so', async () => {
    expect(await fateOf({ scope: `${API}/transfer` }, {})).toBe(refusal.aud);
    expect(await fateOf({ scope: `${API}/transfer` }, { absentClaims: ['aud'] })).toBe(refusal.aud);
  });
});
