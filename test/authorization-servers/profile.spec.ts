import { type AuthorizationServerProfile, mediaType, readClaim } from '../../lib/authorization-servers/index.js';
import { checkProfile } from '../../lib/authorization-servers/profile.js';

const check = (profile?: unknown) => checkProfile(profile as AuthorizationServerProfile, 'profile');

test.each([
  undefined,
  {},
  { typ: undefined, claims: undefined, absentClaims: undefined, accessTokenClaims: undefined },
])('the default is RFC 9068: %j', (profile) => {
  expect(check(profile)).toEqual({
    typ: new Set(['at+jwt']),
    accessTokenClaims: [],
    claims: { acr: ['acr'], authTime: ['auth_time'], amr: ['amr'], clientId: ['client_id'], scope: ['scope'] },
    absentClaims: new Set(),
  });
});

test('what is given replaces the default, member by member', () => {
  const claims = { acr: 'https://example.com/acr', authTime: ['ext', 'at'], amr: undefined };
  const accessTokenClaims = { token_use: 'access' };
  expect(check({ typ: ['JWT', 'application/AT+JWT', null], accessTokenClaims, claims, absentClaims: ['jti'] })).toEqual(
    {
      typ: new Set(['jwt', 'at+jwt', null]),
      accessTokenClaims: [['token_use', 'access']],
      claims: {
        acr: ['https://example.com/acr'],
        authTime: ['ext', 'at'],
        amr: ['amr'],
        clientId: ['client_id'],
        scope: ['scope'],
      },
      absentClaims: new Set(['jti']),
    },
  );
});

describe('TypeError names the member', () => {
  const TYP = '"profile.typ" must list the accepted types, null for a missing one';
  const MORE_THAN_AT_JWT =
    '"profile.typ" accepts more than at+jwt; give "accessTokenClaims" that only access tokens carry, ' +
    'or ID tokens would pass for access tokens';
  const CLAIMS = '"profile.accessTokenClaims" must be an object of claims and their values';
  const ABSENT = '"profile.absentClaims" must list some of client_id, jti, iat, aud';
  const path = (name: string) =>
    `"profile.claims.${name}" must be the name of a claim, or the list of names on the way to it`;

  test.each<[unknown, string]>([
    ...[null, 'keycloak', 5].map((profile): [unknown, string] => [
      profile,
      '"profile" must be an object; profiles by name are not there yet',
    ]),
    [{ type: ['JWT'] }, '"profile" has the unknown member "type"'],
    ...['at+jwt', null, [], {}, [5], [''], [undefined], ['at+jwt', true]].map((typ): [unknown, string] => [
      { typ },
      TYP,
    ]),
    ...[['JWT'], [null], ['at+jwt', 'jwt'], ['at+jwt', null]].map((typ): [unknown, string] => [
      { typ },
      MORE_THAN_AT_JWT,
    ]),
    [{ typ: ['JWT'], accessTokenClaims: {} }, MORE_THAN_AT_JWT],
    ...[null, 'token_use', ['token_use'], 5].map((accessTokenClaims): [unknown, string] => [
      { accessTokenClaims },
      CLAIMS,
    ]),
    // an undefined value would be met by every token without the claim, ID tokens among them
    ...[undefined, null, '', 5, true, ['access'], {}].map((value): [unknown, string] => [
      { typ: ['JWT'], accessTokenClaims: { token_use: value } },
      '"profile.accessTokenClaims.token_use" must be the text that access tokens have there',
    ]),
    ...[null, 'acr', 5].map((claims): [unknown, string] => [{ claims }, '"profile.claims" must be an object']),
    [{ claims: { auth_time: 'a' } }, '"profile.claims" has the unknown member "auth_time"'],
    [{ claims: { sub: 'uid' } }, '"profile.claims" has the unknown member "sub"'],
    [{ claims: { toString: 'a' } }, '"profile.claims" has the unknown member "toString"'],
    ...['', 5, [], [''], ['ext', 5], [['ext']], {}].map((acr): [unknown, string] => [{ claims: { acr } }, path('acr')]),
    ...['jti', {}, ['sub'], ['exp'], ['jti', 'iss'], [null]].map((absentClaims): [unknown, string] => [
      { absentClaims },
      ABSENT,
    ]),
  ])('%j', (profile, message) => expect(() => check(profile)).toThrow(new TypeError(message)));
});

test.each([
  ['at+jwt', 'at+jwt'],
  ['AT+JWT', 'at+jwt'],
  ['application/at+jwt', 'at+jwt'],
  ['APPLICATION/AT+JWT', 'at+jwt'],
  ['application/application/at+jwt', 'application/at+jwt'],
  ['text/at+jwt', 'text/at+jwt'],
  ['x/application/at+jwt', 'x/application/at+jwt'],
])('RS-61 the media type %s is %s', (typ, expected) => expect(mediaType(typ)).toBe(expected));

describe('readClaim', () => {
  const claims = { acr: 'top', ext: { acr: 'nested', deep: { at: 0 } }, text: 'abc', none: null };
  test.each<[string[], unknown]>([
    [['acr'], 'top'],
    [['ext', 'acr'], 'nested'],
    [['ext', 'deep', 'at'], 0],
    [['none'], null],
    [['missing'], undefined],
    [['ext', 'missing', 'at'], undefined],
    [['none', 'acr'], undefined],
    [['text', 'length'], undefined],
    [['text', '0'], undefined],
    [['constructor'], undefined],
    [['__proto__', 'toString'], undefined],
    [['ext', 'hasOwnProperty'], undefined],
  ])('%j is %j', (path, expected) => expect(readClaim(claims, path)).toBe(expected));
});
