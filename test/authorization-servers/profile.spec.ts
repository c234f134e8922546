import {
  type AuthorizationServerProfile,
  checkProfile,
  mediaType,
  profiles,
  readClaim,
} from '../../lib/authorization-servers/index.js';
import { refusals } from '../support/refusals.js';

const check = (profile?: unknown) => checkProfile(profile as AuthorizationServerProfile, 'profile');

test.each([
  undefined,
  {},
  { typ: undefined, claims: undefined, absentClaims: undefined, accessTokenClaims: undefined },
])('the profile %j is that of RFC 9068', (profile) => {
  expect(check(profile)).toEqual({
    typ: new Set(['at+jwt']),
    accessTokenClaims: [],
    dpopTokenClaims: [],
    otherTokenClaims: [],
    claims: { acr: ['acr'], authTime: ['auth_time'], amr: ['amr'], clientId: ['client_id'], scope: ['scope'] },
    acrType: 'string',
    authTimeFormat: 'seconds',
    audienceIn: 'aud',
    lacks: { acr: false, authTime: false },
    absentClaims: new Set(),
    clientCredentialsClaims: [],
    challenge: 'rfc9470',
    signInClaims: [],
    requestMode: 'acr_values',
  });
});

test('a member of a profile replaces the default, one by one', () => {
  const claims = { acr: 'https://example.com/acr', authTime: ['ext', 'at'], amr: undefined };
  expect(
    check({
      typ: ['JWT', 'application/AT+JWT', null],
      accessTokenClaims: { token_use: 'access', cid: true },
      otherTokenClaims: ['nonce'],
      claims,
      acrType: 'list',
      authTimeFormat: 'rfc3339',
      audienceIn: 'scope',
      absentClaims: ['jti'],
      clientCredentialsClaims: { idtyp: 'app' },
      challenge: 'entra',
    }),
  ).toEqual({
    typ: new Set(['jwt', 'at+jwt', null]),
    accessTokenClaims: [
      ['token_use', 'access'],
      ['cid', true],
    ],
    dpopTokenClaims: [
      ['token_use', 'access'],
      ['cid', true],
    ],
    otherTokenClaims: ['nonce'],
    claims: {
      acr: ['https://example.com/acr'],
      authTime: ['ext', 'at'],
      amr: ['amr'],
      clientId: ['client_id'],
      scope: ['scope'],
    },
    acrType: 'list',
    authTimeFormat: 'rfc3339',
    audienceIn: 'scope',
    lacks: { acr: false, authTime: false },
    absentClaims: new Set(['jti']),
    clientCredentialsClaims: [['idtyp', 'app']],
    challenge: 'entra',
    signInClaims: [],
    requestMode: 'acr_values',
  });
});

test('facts for people and clients change nothing about tokens', () => {
  const facts: AuthorizationServerProfile = {
    title: 'Example',
    source: ['https://as.example/docs'],
    checkedOn: '2026-11-24',
    acrValues: ['1', '2'],
    issues: { acr: 'by-default', authTime: 'if-configured' },
    idToken: { claims: { acr: 'https://as.example/acr' }, acr: 'if-requested', authTime: 'never' },
    request: { mode: 'auto', acrValues: 'first', zeroMaxAge: { prompt: 'login' } },
    whenUnmet: 'no-return',
    onRefresh: 'keeps',
    steps: ['Do this.'],
    notes: ['Know that.'],
  };
  expect(check(facts)).toEqual({ ...check(), title: 'Example', requestMode: 'auto' });
});

test('a checked profile says what its access tokens never carry', () => {
  expect(check({ issues: { acr: 'never', authTime: 'by-default' } }).lacks).toEqual({ acr: true, authTime: false });
});

describe('methods', () => {
  test('methods are checked, with every default filled in', () => {
    const acr = { mfa: ['otp', ['pwd', 'hwk']] };
    expect(check({ methods: { acr } }).methods).toMatchObject({
      form: 'list',
      hasTimes: false,
      acr: [['mfa', [['otp'], ['pwd', 'hwk']]]],
      acrTimes: [],
      authTime: [],
    });
    const entries = { form: 'entries', method: 'type', time: 'at', acrTimes: { aal2: ['totp'] }, authTime: ['pwd'] };
    expect(check({ methods: entries }).methods).toMatchObject({
      form: 'entries',
      method: 'type',
      time: 'at',
      timeFormat: 'seconds',
      hasTimes: true,
      acrTimes: [['aal2', [['totp']]]],
      authTime: ['pwd'],
    });
    acr.mfa.push('pwd');
    expect(check({ methods: { acr: { mfa: ['otp'] } } }).methods?.acr).toEqual([['mfa', [['otp']]]]);
  });

  const entries = (members: object) => ({ methods: { form: 'entries', method: 'method', time: 'at', ...members } });
  const ages = (members: object) => ({ methods: { form: 'ages', names: ['a', 'b'], unit: 60, ...members } });
  const TOLD = (member: string, acr: string) =>
    `"profile.methods.${member}.${acr}" must list methods, any of which is enough; a list within the list needs all of its methods`;

  test.each(
    refusals({
      '"profile.methods" must be an object': [null, [], 'amr'].map((methods) => ({ methods })),
      "\"profile.methods.form\" must be one of 'list', 'text', 'entries', 'times', 'ages'": [
        { methods: { form: 'map' } },
        { methods: { form: null } },
        { methods: { form: 'toString' } },
      ],
      '"profile.methods" of the form \'list\' has the unknown member "time"; known are form, acr, acrTimes, authTime': [
        { methods: { time: 'at' } },
      ],
      '"profile.methods" of the form \'entries\' has the unknown member "unit"; known are form, method, time, timeFormat, acr, acrTimes, authTime':
        [entries({ unit: 60 })],
      '"profile.methods.method" must be the member that names a method': [
        { methods: { form: 'entries' } },
        entries({ method: '' }),
        entries({ method: 5 }),
      ],
      '"profile.methods.time" must be the member that has the time of a method': [
        entries({ time: '' }),
        entries({ time: 5 }),
      ],
      "\"profile.methods.timeFormat\" must be one of 'seconds', 'milliseconds', 'rfc3339'": [
        entries({ timeFormat: 'ms' }),
      ],
      '"profile.methods.names" must name each place of the list, all differently': [
        ...[[], ['a', 'a'], ['a', ''], ['a', 5], 'ab'].map((names) => ages({ names })),
        { methods: { form: 'ages', unit: 60 } },
      ],
      '"profile.methods.unit" must be the seconds of one unit, such as 60': [0, -60, '60', Number.NaN, Infinity].map(
        (unit) => ages({ unit }),
      ),
      '"profile.methods.acr" must be an object of acr strings and their methods': [null, ['otp'], 'otp'].map((acr) => ({
        methods: { acr },
      })),
      [TOLD('acr', 'mfa')]: [null, 'otp', [], [''], [[]], [['otp', '']], [5]].map((mfa) => ({
        methods: { acr: { mfa } },
      })),
      [TOLD('acrTimes', 'aal2')]: [entries({ acrTimes: { aal2: [] } })],
      '"profile.methods.acr" has a string with characters that acr_values cannot carry; use printable ASCII without space, quote and backslash':
        [{ methods: { acr: { 'two factors': ['otp'] } } }],
      '"profile.methods.authTime" must list the methods that are a sign-in': [null, 'pwd', [''], [5]].map((authTime) =>
        entries({ authTime }),
      ),
      '"profile.methods.authTime" needs a form with times, such as \'entries\' with "time"': [
        { methods: { authTime: ['pwd'] } },
        { methods: { form: 'entries', method: 'method', authTime: ['pwd'] } },
      ],
      '"profile.methods.acrTimes" needs a form with times, such as \'entries\' with "time"': [
        { methods: { form: 'text', acrTimes: { aal2: ['totp'] } } },
      ],
      '"profile.methods.acrTimes" has "mfa", which "profile.methods.acr" has too; its methods there give it their time already':
        [entries({ acr: { mfa: ['a'] }, acrTimes: { mfa: ['a'] } })],
      "\"profile.authTimeFormat\" must be one of 'seconds', 'milliseconds', 'rfc3339'": [{ authTimeFormat: 'iso' }],
      "\"profile.audienceIn\" must be one of 'aud', 'scope'": [{ audienceIn: 'client_id' }],
      '"profile.idToken" must be an object': [{ idToken: 'acr' }],
      '"profile.idToken.claims" must be an object': [{ idToken: { claims: 'acr' } }],
      '"profile.idToken.claims.acr" must be the name of a claim': [{ idToken: { claims: { acr: ['a'] } } }],
      "\"profile.idToken.authTime\" must be one of 'by-default', 'if-configured', 'never', 'if-requested'": [
        { idToken: { authTime: true } },
      ],
      '"profile.idToken" has the unknown member "amr"; the closest is "acr"; known are claims, acr, authTime': [
        { idToken: { amr: 'never' } },
      ],
    }),
  )('the profile %j is refused, and the member is named', (profile, message) => {
    expect(() => check(profile)).toThrow(new TypeError(message));
  });
});

test('a change to the given object does not change the checked profile', () => {
  const typ = ['at+jwt'];
  const otherTokenClaims = ['nonce'];
  const checked = check({ typ, otherTokenClaims });
  typ.push('JWT');
  otherTokenClaims.pop();
  expect(checked.typ).toEqual(new Set(['at+jwt']));
  expect(checked.otherTokenClaims).toEqual(['nonce']);
});

describe('a profile by name', () => {
  test('the name of a profile stands for that profile', () => {
    expect(check('keycloak')).toEqual(check(profiles.keycloak));
    expect(check('keycloak')).not.toEqual(check());
  });

  test.each<[name: string, nearest: string]>([
    ['keycloack', 'keycloak'],
    ['Keycloak', 'keycloak'],
    ['oidc-provider', 'oidcProvider'],
    ['azure', 'auth0'],
    ['toString', 'spring'],
    ['__proto__', 'logto'],
    ['', 'okta'],
  ])('the unknown name "%s" is refused, and the closest one is suggested', (name, nearest) => {
    expect(() => check(name)).toThrow(
      new TypeError(
        `"profile" is not the name of a profile: "${name}"; the closest is "${nearest}". Known are keycloak, okta, auth0, entra, ` +
          'duende, logto, oidcProvider, hydra, supabase, pingone, ' +
          'pingfederate, pingam, cognito, adfs, spring, zitadel, authentik, wso2, fusionauth, authelia, lemonldap, djangoOauthToolkit; for another server use an object',
      ),
    );
  });
});

describe('a wrong member', () => {
  const TYP = '"profile.typ" must list the accepted types, with null for a missing one';
  const MORE_THAN_AT_JWT =
    '"profile.typ" accepts more than at+jwt; set "accessTokenClaims" to claims that only access tokens carry, ' +
    'or ID tokens would pass for access tokens';
  const CLAIMS = '"profile.accessTokenClaims" must be an object of claim names and values';
  const ABSENT = '"profile.absentClaims" must list some of client_id, jti, iat, aud';
  const path = (name: string) =>
    `"profile.claims.${name}" must be the name of a claim, or the list of names that leads to it`;

  const UNKNOWN_CLAIM = (name: string, hint = '') =>
    `"profile.claims" has the unknown member "${name}"; ${hint}known are acr, authTime, amr, clientId, scope`;

  test.each(
    refusals({
      '"profile" must be the name of a profile or an object': [null, 5, true],
      '"profile" has the unknown member "type"; the closest is "typ"; known are acrType, audienceIn, challenge, whenUnmet, onRefresh, source, otherTokenClaims, signInClaims, acrValues, defaultAcrValues, steps, notes, observed, title, checkedOn, typ, accessTokenClaims, dpopTokenClaims, claims, authTimeFormat, methods, absentClaims, clientCredentialsClaims, issues, idToken, request':
        [{ type: ['JWT'] }],
      [TYP]: ['at+jwt', null, [], {}, [5], [''], [undefined], ['at+jwt', true]].map((typ) => ({ typ })),
      [MORE_THAN_AT_JWT]: [
        ...[['JWT'], [null], ['at+jwt', 'jwt'], ['at+jwt', null]].map((typ) => ({ typ })),
        { typ: ['JWT'], accessTokenClaims: {} },
      ],
      [CLAIMS]: [null, 'token_use', ['token_use'], 5].map((accessTokenClaims) => ({ accessTokenClaims })),
      // an undefined value would be met by every token without the claim, ID tokens among them
      '"profile.accessTokenClaims.token_use" must be true or the string that the claim has': [
        ...[undefined, null, '', 5, false, ['access'], {}].map((value) => ({
          typ: ['JWT'],
          accessTokenClaims: { token_use: value },
        })),
      ],
      '"profile.clientCredentialsClaims.idtyp" must be true or the string that the claim has': [
        ...[undefined, '', false, 5].map((idtyp) => ({ clientCredentialsClaims: { idtyp } })),
      ],
      '"profile.clientCredentialsClaims" must be an object of claim names and values': [
        { clientCredentialsClaims: ['idtyp'] },
      ],
      ...Object.fromEntries(
        ['otherTokenClaims', 'source', 'acrValues', 'steps', 'notes', 'observed'].map((member) => [
          `"profile.${member}" must be a list of non-empty strings`,
          [null, 'nonce', {}, [''], [5]].map((value) => ({ [member]: value })),
        ]),
      ),
      '"profile.title" must be a non-empty string': ['', 5, null].map((title) => ({ title })),
      '"profile.checkedOn" must be a day, such as \'2026-11-24\'': [
        ...['', 5, null, 'November 2026', '2026-11', '2026-11-24T00:00:00Z'].map((checkedOn) => ({ checkedOn })),
      ],
      "\"profile.acrType\" must be one of 'string', 'list', 'number'": [{ acrType: 'array' }],
      "\"profile.challenge\" must be one of 'rfc9470', 'entra'": [{ challenge: 'rfc6750' }],
      "\"profile.whenUnmet\" must be one of 'error', 'lower', 'no-return'": [{ whenUnmet: null }],
      "\"profile.onRefresh\" must be one of 'keeps', 'drops'": [{ onRefresh: true }],
      '"profile.issues" must be an object': [{ issues: 'acr' }],
      '"profile.issues" has the unknown member "amr"; the closest is "acr"; known are acr, authTime': [
        { issues: { amr: 'never' } },
      ],
      "\"profile.issues.authTime\" must be one of 'by-default', 'if-configured', 'never'": [
        { issues: { authTime: false } },
      ],
      '"profile.request" must be an object': [{ request: null }],
      '"profile.request" has the unknown member "prompt"; known are mode, acrValues, zeroMaxAge': [
        { request: { prompt: 'login' } },
      ],
      "\"profile.request.mode\" must be one of 'acr_values', 'essential', 'auto'": [{ request: { mode: 'vtr' } }],
      "\"profile.request.acrValues\" must be one of 'all', 'first'": [{ request: { acrValues: 1 } }],
      '"profile.request.zeroMaxAge.max_age" must be the string that the claim has': [
        { request: { zeroMaxAge: { max_age: 1 } } },
      ],
      '"profile.claims" must be an object': [null, 'acr', 5].map((claims) => ({ claims })),
      [UNKNOWN_CLAIM('auth_time', 'the closest is "authTime"; ')]: [{ claims: { auth_time: 'a' } }],
      [UNKNOWN_CLAIM('sub')]: [{ claims: { sub: 'uid' } }],
      [UNKNOWN_CLAIM('toString')]: [{ claims: { toString: 'a' } }],
      [path('acr')]: ['', 5, [], [''], ['ext', 5], [['ext']], {}].map((acr) => ({ claims: { acr } })),
      [ABSENT]: ['jti', {}, ['sub'], ['exp'], ['jti', 'iss'], [null]].map((absentClaims) => ({ absentClaims })),
    }),
  )('the profile %j is refused, and the member is named', (profile, message) => {
    expect(() => check(profile)).toThrow(new TypeError(message));
  });
});

test.each<[typ: string, expected: string]>([
  ['at+jwt', 'at+jwt'],
  ['AT+JWT', 'at+jwt'],
  ['application/at+jwt', 'at+jwt'],
  ['APPLICATION/AT+JWT', 'at+jwt'],
  ['application/application/at+jwt', 'application/at+jwt'],
  ['text/at+jwt', 'text/at+jwt'],
  ['x/application/at+jwt', 'x/application/at+jwt'],
])('RS-61 the typ %s is the media type %s', (typ, expected) => expect(mediaType(typ)).toBe(expected));

describe('readClaim', () => {
  const claims = { acr: 'top', ext: { acr: 'nested', deep: { at: 0 } }, text: 'abc', none: null };
  test.each<[path: string[], expected: unknown]>([
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
  ])('readClaim at %j finds %j', (path, expected) => expect(readClaim(claims, path)).toBe(expected));
});
