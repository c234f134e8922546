import {
  type AuthorizationServer,
  checkAuthorizationServers,
  type ServerOptions,
} from '../../../lib/authorization-servers/index.js';
import { examineCompletion, examineLightweight, examineOpaque } from '../../../lib/token/index.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://as.example';
const AUDIENCE = 'https://api.example';
const CLOCK = { now: NOW, clockTolerance: 5 };
const JKT = 'A'.repeat(43);

type Claims = Record<string, unknown>;
type Examination = ReturnType<typeof examineOpaque>;

function serverOf(options: Partial<ServerOptions> = {}): AuthorizationServer {
  const [server] = checkAuthorizationServers([{ issuer: ISSUER, audience: AUDIENCE, ...options }]);
  return server as AuthorizationServer;
}

/** What each refusal tells. */
const told = ({ refusals }: Examination) =>
  refusals.map(({ code, claim, found, expected, isOfResponse }) =>
    Object.fromEntries(
      Object.entries({ code, claim, found, expected, isOfResponse }).filter(([, value]) => value !== undefined),
    ),
  );

const kind = (claim: string, found?: unknown) => ({
  code: 'introspected_kind_mismatch',
  claim,
  ...(found !== undefined && { found }),
});
const incomplete = (claim: string) => ({ code: 'introspection_incomplete', claim });
const mismatch = (claim?: string) => ({ code: 'introspection_mismatch', ...(claim !== undefined && { claim }) });
const otherAudience = (found?: unknown) => ({
  code: 'audience_mismatch',
  ...(found !== undefined && { found }),
  expected: [AUDIENCE],
  isOfResponse: true,
});
const noSubject = { code: 'sub_missing', claim: 'sub', isOfResponse: true };

function nested(depth: number): object {
  return depth === 0 ? {} : { a: nested(depth - 1) };
}

describe('examineOpaque', () => {
  const response = (claims: Claims = {}) => ({
    active: true,
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'alice',
    client_id: 'spa',
    scope: 'read',
    token_type: 'Bearer',
    iat: NOW - 60,
    exp: NOW + 300,
    acr: 'mfa',
    auth_time: NOW - 60,
    ...claims,
  });
  const unmarked = { token_type: undefined, scope: undefined };
  const keycloak = { profile: 'keycloak' as const };
  const bound = { boundTokens: 'accepted' as const };

  test.each<[name: string, claims: Claims, refusals: object[], options?: Partial<ServerOptions>]>([
    ['nothing is wrong', {}, []],
    ['RFC 7662 §2.2 iss may be absent', { iss: undefined }, []],
    ['another issuer', { iss: 'https://b' }, [{ code: 'issuer_unknown', found: 'https://b', expected: [ISSUER] }]],
    ['an issuer in a list', { iss: [ISSUER] }, [{ code: 'issuer_unknown', found: [ISSUER], expected: [ISSUER] }]],
    ['a list of audiences', { aud: ['https://b', AUDIENCE] }, []],
    ['another audience', { aud: 'https://b' }, [otherAudience('https://b')]],
    ['no audience', { aud: undefined }, [otherAudience()]],
    ['no audience, where the server tells none', { aud: undefined }, [], { profile: { absentClaims: ['aud'] } }],
    [
      'another audience, where the server tells none',
      { aud: 'https://b' },
      [otherAudience('https://b')],
      { profile: { absentClaims: ['aud'] } },
    ],
    ['the user of another member', { sub: undefined, username: 'alice', client_id: undefined }, []],
    ['the client as its own subject', { sub: undefined }, []],
    ['nobody', { sub: undefined, client_id: undefined }, [noSubject]],
    ['an empty subject, whoever else is told', { sub: '', username: 'alice' }, [noSubject]],
    ['a subject that is a number', { sub: 7 }, [noSubject]],
    ['a client that is no text', { sub: undefined, client_id: 7 }, [noSubject]],
    ['an exp that has passed', { exp: NOW - 5 }, [{ code: 'token_expired' }]],
    ['an nbf to come', { nbf: NOW + 6 }, [{ code: 'token_not_yet_valid' }]],
    ['RFC 6749 §7.1 token_type in another case', { token_type: 'bEARER' }, []],
    ['token_type of another kind', { token_type: 'mac' }, [kind('token_type', 'mac')]],
    ['token_type null', { token_type: null }, [kind('token_type')]],
    ['token_use of another kind', { token_use: 'refresh_token' }, [kind('token_use', 'refresh_token')]],
    ['no mark of an access token', unmarked, [kind('token_type')]],
    ['token_use alone as a mark', { ...unmarked, token_use: 'access_token' }, []],
    ['a scope alone as a mark', { token_type: undefined }, []],
    ['scopes alone as a mark', { ...unmarked, scope: ['read'] }, []],
    ['an empty scope is no mark', { ...unmarked, scope: '' }, [kind('token_type')]],
    ['an empty list of scopes is no mark', { ...unmarked, scope: [] }, [kind('token_type')]],
    ['a scope of another type is no mark', { ...unmarked, scope: [1] }, [kind('token_type')]],
    ...(['typ', 'purpose', 'tokenName'] as const).flatMap((claim) =>
      ['refresh', 'REFRESH_TOKEN', 'Offline', 'ID', 'id_token', 'Logout', 'logout_token'].map(
        (value): [string, Claims, object[]] => [`${claim} ${value}`, { [claim]: value }, [kind(claim, value)]],
      ),
    ),
    ['typ of another vocabulary', { typ: 'Bearer', purpose: 'access_token', tokenName: 5 }, []],
    ...['at_hash', 'c_hash', 'events'].map((claim): [string, Claims, object[]] => [
      `${claim} of another kind of token`,
      { [claim]: null },
      [kind(claim)],
    ]),
    [
      'a claim of the profile as a mark',
      { ...unmarked, use: 'api' },
      [],
      { profile: { accessTokenClaims: { use: 'api' } } },
    ],
    [
      'another value of such a claim',
      { use: 'web' },
      [kind('use')],
      { profile: { accessTokenClaims: { use: 'api' } } },
    ],
    ['the absence of such a claim', {}, [], { profile: { accessTokenClaims: { use: 'api' } } }],
    [
      'a claim whose presence is enough in a JWT is no mark',
      { ...unmarked, use: 'web' },
      [kind('token_type')],
      { profile: { accessTokenClaims: { use: true } } },
    ],
    ['typ Bearer of Keycloak as a mark', { ...unmarked, typ: 'Bearer', azp: 'spa' }, [], keycloak],
    [
      'a token that is bound, where none is accepted',
      { cnf: { jkt: JKT } },
      [{ code: 'cnf_unsupported', claim: 'cnf' }],
    ],
    ['RFC 9449 §6.2 a token that is bound', { cnf: { jkt: JKT } }, [], bound],
    ['RFC 9449 §6.2 the same by its type', { cnf: { jkt: JKT }, token_type: 'dPoP' }, [], bound],
    [
      'another type of a token that is bound',
      { token_type: 'mac', cnf: { jkt: JKT } },
      [kind('token_type', 'mac')],
      bound,
    ],
    ['a claim of other tokens', { nonce: 'n' }, [kind('nonce')], { profile: { otherTokenClaims: ['nonce'] } }],
    ['no claim of other tokens', {}, [], { profile: { otherTokenClaims: ['nonce'] } }],
    ['token_type DPoP without a key', { token_type: 'DPoP' }, [kind('token_type', 'DPoP')], bound],
    [
      'token_type DPoP of a certificate',
      { token_type: 'DPoP', cnf: { 'x5t#S256': JKT } },
      [kind('token_type', 'DPoP')],
      bound,
    ],
    [
      'token_type DPoP where no server has DPoP',
      { token_type: 'DPoP', cnf: { jkt: JKT } },
      [kind('token_type', 'DPoP'), { code: 'cnf_unsupported', claim: 'cnf' }],
    ],
    ['claims that are nested too deeply', { more: nested(40) }, [{ code: 'claims_too_deep' }]],
    [
      'several at once',
      { aud: 'https://b', sub: 7, exp: 0 },
      [otherAudience('https://b'), noSubject, { code: 'token_expired' }],
    ],
  ])('%s', (_, claims, refusals, options = {}) => {
    const examination = examineOpaque(response(claims), serverOf(options), CLOCK);
    // that nothing marks the token follows from a wrong mark too
    const codes = told(examination);
    expect(codes.filter((one, index) => index === 0 || one['claim'] !== 'token_type' || 'found' in one)).toEqual(
      refusals,
    );
  });

  test.each<[claims: Claims, subject: string]>([
    [{ username: 'a', user_name: 'b', user_id: 'c' }, 'a'],
    [{ username: '', user_name: 'b', user_id: 'c' }, 'b'],
    [{ username: 5, user_name: null, user_id: 'c' }, 'c'],
    [{}, 'spa'],
  ])('the subject of %j is %s', (claims, subject) => {
    const { event } = examineOpaque(response({ sub: undefined, ...claims }), serverOf(), CLOCK);
    expect(event).toMatchObject({ subject, clientId: 'spa', acr: 'mfa', authTime: NOW - 60 });
  });

  test('the event is told also of a response that is refused, and whether it is of another sign-in', () => {
    const refused = examineOpaque(response({ aud: undefined }), serverOf(), CLOCK);
    expect(refused).toMatchObject({ isOfAnotherSignIn: false, event: { acr: 'mfa', subject: 'alice' } });
    const later = examineOpaque(response({ auth_time: NOW - 59 }), serverOf(), CLOCK);
    expect(later).toMatchObject({ refusals: [], isOfAnotherSignIn: true });
    expect(Object.isFrozen(later.event)).toBe(true);
  });
});

describe('examineCompletion', () => {
  const own = (claims: Claims = {}) => ({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'alice',
    client_id: 'spa',
    iat: NOW - 60,
    exp: NOW + 300,
    ...claims,
  });
  const response = (claims: Claims = {}) => ({ active: true, acr: 'mfa', auth_time: NOW - 60, ...claims });
  const bound = { boundTokens: 'accepted' as const };

  test.each<[name: string, jwt: Claims, claims: Claims, refusals: object[], options?: Partial<ServerOptions>]>([
    ['nothing is told twice', {}, {}, []],
    ['everything agrees', {}, { iss: ISSUER, sub: 'alice', client_id: 'spa', token_type: 'Bearer' }, []],
    ['nothing is said by null', {}, { iss: null, sub: null, client_id: null }, []],
    ['another issuer', {}, { iss: 'https://b' }, [mismatch()]],
    ['another subject', {}, { sub: 'bob' }, [mismatch()]],
    ['a subject that the JWT has not', { sub: undefined }, { sub: 'bob' }, [mismatch()]],
    ['another client', {}, { client_id: 'other' }, [mismatch()]],
    ['another kind of token', {}, { token_type: 'refresh' }, [kind('token_type', 'refresh')]],
    ['the same key', { cnf: { jkt: JKT } }, { cnf: { jkt: JKT }, token_type: 'DPoP' }, [], bound],
    ['the key of the JWT, by the type alone', { cnf: { jkt: JKT } }, { token_type: 'DPoP' }, [], bound],
    ['another key', { cnf: { jkt: JKT } }, { cnf: { jkt: 'B'.repeat(43) } }, [mismatch()], bound],
    ['a key that the JWT has not', {}, { cnf: { jkt: JKT } }, [mismatch()], bound],
    ['a delegate that is nested too deeply', {}, { act: nested(40) }, [{ code: 'claims_too_deep' }]],
    ['a forbidden name in a delegate', {}, { act: { constructor: {} } }, [{ code: 'claim_name_forbidden' }]],
  ])('%s', (_, jwt, claims, refusals, options = {}) => {
    expect(told(examineCompletion(own(jwt), response(claims), serverOf(options)))).toEqual(refusals);
  });

  test.each<[name: string, jwt: Claims, claims: Claims, isOther: boolean, event: object]>([
    ['adds what the JWT lacks', {}, {}, false, { acr: 'mfa', authTime: NOW - 60 }],
    ['keeps what it has', { acr: 'mfa' }, { amr: ['otp'] }, false, { acr: 'mfa', authTime: NOW - 60, amr: ['otp'] }],
    ['of another acr adds nothing', { acr: 'pwd' }, {}, true, { acr: 'pwd', authTime: undefined }],
    ['of another time adds nothing', { auth_time: NOW - 90 }, {}, true, { acr: undefined, authTime: NOW - 90 }],
    ['of a later sign-in adds nothing', {}, { auth_time: NOW - 59 }, true, { acr: undefined, authTime: undefined }],
    ['with a time for a JWT without iat adds nothing', { iat: undefined }, {}, true, { acr: undefined }],
    ['with a time for a JWT of unreadable iat adds nothing', { iat: 'x' }, {}, true, { acr: undefined }],
    ['without a time adds to a JWT without iat', { iat: undefined }, { auth_time: undefined }, false, { acr: 'mfa' }],
  ])('a response %s', (_, jwt, claims, isOfAnotherSignIn, event) => {
    const examination = examineCompletion(own(jwt), response(claims), serverOf());
    expect(examination).toMatchObject({ refusals: [], isOfAnotherSignIn });
    expect(examination.event).toEqual({ issuer: ISSUER, subject: 'alice', clientId: 'spa', ...event });
    expect(Object.isFrozen(examination.event)).toBe(true);
  });

  test.each<[name: string, jwt: Claims, claims: Claims, acr: string | undefined]>([
    ['neither tells one', {}, {}, undefined],
    ['the JWT tells one', { sid: 's' }, {}, 'mfa'],
    ['the response tells one', {}, { sid: 's' }, 'mfa'],
    ['the JWT tells none by null', { sid: null }, {}, undefined],
    ['the response tells none by null', {}, { sid: null }, undefined],
  ])('where the profile asks for a sign-in of a user: %s', (_, jwt, claims, acr) => {
    const server = serverOf({ profile: { signInClaims: ['sid'] } });
    const { refusals, event } = examineCompletion(own(jwt), response(claims), server);
    expect([refusals, event.acr]).toEqual([[], acr]);
  });
});

test('one of several claims that show a sign-in is enough, and a machine has none whatever is told', () => {
  const jwt = { iss: ISSUER, sub: 'alice', client_id: 'spa', azp: 'spa', iat: NOW };
  const told = { active: true, sid: 's', acr: 'mfa', auth_time: NOW };
  const server = serverOf({ profile: { signInClaims: ['sid', 'session'] } });
  expect(examineCompletion(jwt, told, server).event.acr).toBe('mfa');
  const machine = { ...jwt, clientAddress: '127.0.0.1' };
  const keycloak = serverOf({ profile: 'keycloak' });
  expect(examineCompletion(jwt, told, keycloak).event.acr).toBe('mfa');
  expect(examineCompletion(machine, told, keycloak).event).not.toHaveProperty('acr');
});

describe('examineLightweight', () => {
  const own = (claims: Claims = {}) => ({
    iss: ISSUER,
    azp: 'spa',
    sid: 's',
    scope: 'openid',
    typ: 'Bearer',
    jti: 'j',
    iat: NOW - 60,
    exp: NOW + 300,
    ...claims,
  });
  const response = (claims: Claims = {}) => ({
    active: true,
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'alice',
    azp: 'spa',
    client_id: 'spa',
    typ: 'Bearer',
    acr: 'mfa',
    auth_time: NOW - 60,
    ...claims,
  });
  const examine = (jwt: Claims, claims: Claims, options: Partial<ServerOptions> = {}) =>
    examineLightweight(own(jwt), response(claims), serverOf({ profile: 'keycloak', ...options }), CLOCK);

  test.each<[name: string, jwt: Claims, claims: Claims, refusals: object[]]>([
    ['everything is told, and agrees', {}, {}, []],
    ['no issuer', {}, { iss: undefined }, [incomplete('iss')]],
    ['another issuer', {}, { iss: 'https://b' }, [mismatch('iss')]],
    ['no audience', {}, { aud: undefined }, [incomplete('aud')]],
    ['another audience', {}, { aud: ['https://b'] }, [otherAudience(['https://b'])]],
    ['no subject', {}, { sub: undefined }, [incomplete('sub')]],
    ['an empty subject', {}, { sub: '' }, [incomplete('sub')]],
    ['no client', {}, { azp: undefined, client_id: undefined }, [incomplete('client_id')]],
    ['the client under one name', {}, { azp: undefined }, []],
    ['the client under the other name', {}, { client_id: undefined }, []],
    ['another client', {}, { azp: 'b', client_id: 'b' }, [mismatch('client_id')]],
    ['another client under one name', {}, { client_id: 'b' }, [mismatch('client_id')]],
    ['a client that is null', {}, { azp: null }, [mismatch('client_id')]],
    ['a claim that differs', {}, { sid: 't' }, [mismatch('sid')]],
    ['a claim that is null', {}, { sid: null }, [mismatch('sid')]],
    ['a claim that the response has not', { more: 1 }, {}, []],
    ['an audience of the JWT among others', { aud: AUDIENCE }, { aud: [AUDIENCE, 'https://b'] }, []],
    ['audiences of the JWT of which one is not told', { aud: [AUDIENCE, 'https://b'] }, {}, [mismatch('aud')]],
    ['audiences of the JWT that are no text', { aud: [5] }, { aud: [AUDIENCE, 5] }, [mismatch('aud')]],
    [
      'objects that are the same',
      { more: { a: [1, { b: null }], c: 'x' } },
      { more: { c: 'x', a: [1, { b: null }] } },
      [],
    ],
    ['an object with a member more', { more: { a: 1 } }, { more: { a: 1, b: 2 } }, [mismatch('more')]],
    ['an object with a member less', { more: { a: 1, b: 2 } }, { more: { a: 1 } }, [mismatch('more')]],
    ['an object with another member', { more: { a: 1 } }, { more: { b: 1 } }, [mismatch('more')]],
    ['a list for an object', { more: { 0: 'a' } }, { more: ['a'] }, [mismatch('more')]],
    ['an object for a list', { more: ['a'] }, { more: { 0: 'a' } }, [mismatch('more')]],
    ['a text for a list', { more: ['a'] }, { more: 'a' }, [mismatch('more')]],
    ['a text for an object', { more: {} }, { more: '' }, [mismatch('more')]],
    ['an object of which one member differs', { more: { a: 1, b: 2 } }, { more: { a: 1, b: 3 } }, [mismatch('more')]],
    ['null for an object', { more: {} }, { more: null }, [mismatch('more')]],
    ['an object for null', { more: null }, { more: {} }, [mismatch('more')]],
    ['a list in another order', { more: ['a', 'b'] }, { more: ['b', 'a'] }, [mismatch('more')]],
    ['a text for a number', { more: 1 }, { more: '1' }, [mismatch('more')]],
    ['a key that the JWT has not', {}, { cnf: { jkt: JKT } }, [mismatch('cnf')]],
    ['an exp that has passed', {}, { exp: NOW - 10 }, [mismatch('exp'), { code: 'token_expired' }]],
    [
      'several at once',
      {},
      { iss: undefined, aud: undefined, sub: undefined },
      [incomplete('iss'), incomplete('aud'), incomplete('sub')],
    ],
    ['another kind of token', { typ: 'Refresh' }, { typ: 'Refresh' }, [kind('typ', 'Refresh'), kind('typ')]],
  ])('%s', (_, jwt, claims, refusals) => {
    expect(told(examine(jwt, claims))).toEqual(refusals);
  });

  test('the key of the JWT may be told too, and nothing but another one contradicts it', () => {
    const bound = { boundTokens: 'accepted' as const };
    const jwt = { typ: 'DPoP', cnf: { jkt: JKT, 'kc-jkt-type': 'DPoP' } };
    const of = (claims: Claims) => told(examine(jwt, { typ: 'DPoP', token_type: 'DPoP', ...claims }, bound));
    expect([of({}), of({ cnf: jwt.cnf }), of({ cnf: { jkt: JKT } })]).toEqual([[], [], []]);
    expect(of({ cnf: { jkt: 'B'.repeat(43) } })).toEqual([mismatch()]);
  });

  test('the scope of the response counts where the JWT has none', () => {
    const { scope: _, ...jwt } = own();
    const { event } = examineLightweight(jwt, response({ scope: 'read' }), serverOf({ profile: 'keycloak' }), CLOCK);
    expect(event.scope).toBe('read');
    expect(examineLightweight(jwt, response(), serverOf({ profile: 'keycloak' }), CLOCK).event).not.toHaveProperty(
      'scope',
    );
  });

  test('what is told of it is its event, and nothing is told of one that is refused', () => {
    expect(examine({}, {})).toMatchObject({
      isOfAnotherSignIn: false,
      event: { issuer: ISSUER, subject: 'alice', clientId: 'spa', scope: 'openid', acr: 'mfa', authTime: NOW - 60 },
    });
    expect(examine({}, { auth_time: NOW - 59 })).toMatchObject({ refusals: [], isOfAnotherSignIn: true });
    const refused = examine({}, { sub: undefined });
    expect(refused.isOfAnotherSignIn).toBe(false);
    expect(refused.event).toEqual({ issuer: ISSUER, clientId: 'spa', scope: 'openid' });
  });
});
