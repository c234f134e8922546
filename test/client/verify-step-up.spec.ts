import {
  type IdTokenClaims,
  type StepUpExpectation,
  type StepUpOutcome,
  verifyStepUp,
} from '../../lib/client/index.js';

const IAT = 1_700_000_000;
const ISSUER = 'https://login.example';
const CLAIMS = { iss: ISSUER, sub: 'alice', iat: IAT, acr: 'mfa', auth_time: IAT - 10 };

function outcome(claims: object, expectation: Partial<StepUpExpectation>): StepUpOutcome['outcome'] {
  return verifyStepUp({ ...CLAIMS, ...claims } as IdTokenClaims, { subject: 'alice', ...expectation }).outcome;
}

describe('verifyStepUp: who', () => {
  test.each<[string, object, Partial<StepUpExpectation>, string]>([
    ['C-44 the same user', {}, { acrValues: ['mfa'] }, 'satisfied'],
    ['C-44 another user', { sub: 'bob' }, { acrValues: ['mfa'] }, 'subject_mismatch'],
    ['C-44 nobody', { sub: undefined }, { acrValues: ['mfa'] }, 'subject_mismatch'],
    ['C-44 another case', { sub: 'Alice' }, { acrValues: ['mfa'] }, 'subject_mismatch'],
    ['C-44 the same issuer', {}, { acrValues: ['mfa'], issuer: ISSUER }, 'satisfied'],
    ['C-44 another issuer', { iss: `${ISSUER}/` }, { acrValues: ['mfa'], issuer: ISSUER }, 'issuer_mismatch'],
    ['C-44 no issuer', { iss: undefined }, { acrValues: ['mfa'], issuer: ISSUER }, 'issuer_mismatch'],
    ['another user who did not meet it either', { sub: 'bob', acr: 'pwd' }, { acrValues: ['mfa'] }, 'subject_mismatch'],
  ])('%s', (_, claims, expectation, expected) => {
    expect(outcome(claims, expectation)).toBe(expected);
  });

  test.each([undefined, '', 1])('without a subject to compare with it throws: %j', (subject) => {
    expect(() => verifyStepUp({ ...CLAIMS, sub: subject }, { subject: subject as string, maxAge: 1 })).toThrow(
      new TypeError('"subject" must be a string that is not empty'),
    );
  });

  test('C-34 no ID token proves nothing', () => {
    expect(verifyStepUp(undefined, { subject: 'alice', maxAge: 1 })).toEqual({ outcome: 'id_token_missing' });
  });

  test.each<[string, Partial<StepUpExpectation>]>([
    ['nothing', {}],
    ['an empty list', { acrValues: [] }],
    ['a judgement on nothing', { satisfies: () => true }],
  ])('where %s is expected it never says satisfied', (_, expectation) => {
    expect(outcome({}, expectation)).toBe('nothing_expected');
  });
});

describe('verifyStepUp: acr', () => {
  test.each<[string, unknown, Partial<StepUpExpectation>, string]>([
    ['C-54 the only value', 'mfa', { acrValues: ['mfa'] }, 'satisfied'],
    ['C-54 any value of the list', 'mfa', { acrValues: ['phr', 'mfa'] }, 'satisfied'],
    ['C-54 a lower value', 'pwd', { acrValues: ['phr', 'mfa'] }, 'acr_unmet'],
    ['C-54 a higher value, which only the application can know', 'phrh', { acrValues: ['phr'] }, 'acr_unmet'],
    ['C-54 another case', 'MFA', { acrValues: ['mfa'] }, 'acr_unmet'],
    ['C-54 none', undefined, { acrValues: ['mfa'] }, 'acr_missing'],
    ['C-54 a list', ['mfa'], { acrValues: ['mfa'] }, 'acr_missing'],
    ['C-54 a number', 1, { acrValues: ['1'] }, 'acr_missing'],
    [
      'the application says it is higher',
      'phrh',
      { acrValues: ['phr'], satisfies: (acr) => acr === 'phrh' },
      'satisfied',
    ],
    ['the application says it is not', 'pwd', { acrValues: ['phr'], satisfies: (acr) => acr === 'phrh' }, 'acr_unmet'],
    [
      'the application promises to say',
      'pwd',
      { acrValues: ['phr'], satisfies: (async () => false) as never },
      'acr_unmet',
    ],
    [
      'the application is not asked about a missing value',
      undefined,
      { acrValues: ['phr'], satisfies: () => true },
      'acr_missing',
    ],
    ['a listed value needs nobody to agree', 'mfa', { acrValues: ['mfa'], satisfies: () => false }, 'satisfied'],
    ['not looked at where only an age is expected', undefined, { maxAge: 60 }, 'satisfied'],
  ])('%s', (_, acr, expectation, expected) => {
    expect(outcome({ acr }, expectation)).toBe(expected);
  });

  test('the application is told what was asked for', () => {
    const satisfies = jest.fn(() => true);
    outcome({ acr: 'x' }, { acrValues: ['phr', 'mfa'], satisfies });
    expect(satisfies.mock.calls).toEqual([['x', ['phr', 'mfa']]]);
  });
});

describe('verifyStepUp: auth_time', () => {
  test.each<[string, object, Partial<StepUpExpectation>, string]>([
    ['C-55 as old as allowed', { auth_time: IAT - 60 }, { maxAge: 60, clockTolerance: 0 }, 'satisfied'],
    ['C-55 one second older', { auth_time: IAT - 61 }, { maxAge: 60, clockTolerance: 0 }, 'authentication_too_old'],
    ['within the default tolerance', { auth_time: IAT - 65 }, { maxAge: 60 }, 'satisfied'],
    ['beyond the default tolerance', { auth_time: IAT - 66 }, { maxAge: 60 }, 'authentication_too_old'],
    ['C-55 missing', { auth_time: undefined }, { maxAge: 60 }, 'auth_time_missing'],
    ['C-55 null', { auth_time: null }, { maxAge: 60 }, 'auth_time_missing'],
    ['a string', { auth_time: String(IAT) }, { maxAge: 60 }, 'auth_time_invalid'],
    ['milliseconds', { auth_time: IAT * 1000 }, { maxAge: 60 }, 'auth_time_invalid'],
    ['after the token was issued', { auth_time: IAT + 6 }, { maxAge: 60 }, 'auth_time_in_future'],
    ['after it, within tolerance', { auth_time: IAT + 5 }, { maxAge: 60 }, 'satisfied'],
    ['no iat to judge by', { iat: undefined }, { maxAge: 60 }, 'iat_missing'],
    ['an iat that is no number', { iat: `${IAT}` }, { maxAge: 60 }, 'iat_missing'],
    ['an iat that is not finite', { iat: Number.NaN }, { maxAge: 60 }, 'iat_missing'],
    ['no iat, where no age is expected', { iat: undefined }, { acrValues: ['mfa'] }, 'satisfied'],
    ['not looked at where only an acr is expected', { auth_time: 'x' }, { acrValues: ['mfa'] }, 'satisfied'],
  ])('%s', (_, claims, expectation, expected) => {
    expect(outcome(claims, expectation)).toBe(expected);
  });

  test.each([-86_400, 0, 86_400])('a device clock that is %i seconds off makes no difference', (off) => {
    const now = IAT + off;
    expect(outcome({ auth_time: IAT - 60 }, { maxAge: 60, now })).toBe('satisfied');
    expect(outcome({ auth_time: IAT - 70 }, { maxAge: 60, now })).toBe('authentication_too_old');
    const challengedAt = now - 40;
    expect(outcome({ auth_time: IAT - 30 }, { maxAge: 0, now, challengedAt })).toBe('satisfied');
    expect(outcome({ auth_time: IAT - 50 }, { maxAge: 0, now, challengedAt })).toBe('authentication_too_old');
  });

  test.each<[string, number, Partial<StepUpExpectation>, string]>([
    ['newer than the challenge', IAT - 19, { challengedAt: IAT - 20, now: IAT, clockTolerance: 0 }, 'satisfied'],
    [
      'older than the challenge',
      IAT - 21,
      { challengedAt: IAT - 20, now: IAT, clockTolerance: 0 },
      'authentication_too_old',
    ],
    ['at issue, with nothing known of the challenge', IAT, { now: IAT }, 'satisfied'],
    ['before issue, with nothing known of the challenge', IAT - 6, { now: IAT }, 'authentication_too_old'],
    ['a challenge in the future counts as one of now', IAT - 5, { challengedAt: IAT + 60, now: IAT }, 'satisfied'],
    ['a challenge in the future', IAT - 6, { challengedAt: IAT + 60, now: IAT }, 'authentication_too_old'],
  ])('C-32 max_age of zero: %s', (_, authTime, expectation, expected) => {
    expect(outcome({ auth_time: authTime }, { maxAge: 0, ...expectation })).toBe(expected);
  });

  test('the clock of the device is the default', () => {
    jest.useFakeTimers({ now: IAT * 1000, doNotFake: ['queueMicrotask', 'nextTick'] });
    try {
      expect(outcome({ auth_time: IAT - 18 }, { maxAge: 0, challengedAt: IAT - 20 })).toBe('satisfied');
      expect(outcome({ auth_time: IAT - 26 }, { maxAge: 0, challengedAt: IAT - 20 })).toBe('authentication_too_old');
    } finally {
      jest.useRealTimers();
    }
  });
});

test('every way in which it falls short is told', () => {
  const claims = { ...CLAIMS, acr: 'pwd', auth_time: IAT - 999 };
  expect(verifyStepUp(claims, { subject: 'alice', acrValues: ['mfa'], maxAge: 60 })).toEqual({
    outcome: 'acr_unmet',
    reasons: ['acr_unmet', 'authentication_too_old'],
  });
});

test('what satisfied is told', () => {
  expect(verifyStepUp(CLAIMS, { subject: 'alice', acrValues: ['mfa'], maxAge: 60 })).toEqual({
    outcome: 'satisfied',
    acr: 'mfa',
    authTime: IAT - 10,
  });
});

test('C-56 an access token is no input', () => {
  expect(verifyStepUp('eyJhbGciOiJub25lIn0.e30.' as never, { subject: 'alice', maxAge: 60 })).toEqual({
    outcome: 'subject_mismatch',
  });
});

describe('verifyStepUp: claims of other names', () => {
  const names = { acrClaim: 'https://api.example/acr', authTimeClaim: 'https://api.example/auth_time' };
  const named = { [names.acrClaim]: 'mfa', [names.authTimeClaim]: IAT - 10 };
  const absent = { acr: undefined, auth_time: undefined };
  const asked = { acrValues: ['mfa'], maxAge: 60 };

  test.each<[string, object, object, string]>([
    ['both', { ...absent, ...named }, names, 'satisfied'],
    ['acr alone', named, { acrClaim: names.acrClaim }, 'satisfied'],
    ['auth_time alone', named, { authTimeClaim: names.authTimeClaim }, 'satisfied'],
    ['names that are not given', { ...absent, ...named }, {}, 'acr_missing'],
    ['C-54 another acr under that name', { ...named, [names.acrClaim]: 'pwd' }, names, 'acr_unmet'],
    ['an old time under that name', { ...named, [names.authTimeClaim]: IAT - 99 }, names, 'authentication_too_old'],
    ['acr under its own name only, which is not read', {}, names, 'acr_missing'],
    ['a list under that name', { ...named, [names.acrClaim]: ['mfa'] }, names, 'acr_missing'],
    ['a member of every object', {}, { acrClaim: 'toString' }, 'acr_missing'],
    ['the prototype', {}, { acrClaim: '__proto__' }, 'acr_missing'],
    ['an empty name', {}, { acrClaim: '' }, 'acr_missing'],
    ['a path, which is no path', { realm: { acr: 'mfa' } }, { acrClaim: 'realm.acr' }, 'acr_missing'],
    ['auth_time under its own name only, which is not read', {}, { authTimeClaim: 'at' }, 'auth_time_missing'],
    ['a time in text', { at: String(IAT) }, { authTimeClaim: 'at' }, 'auth_time_invalid'],
    ['undefined as a name', {}, { acrClaim: undefined, authTimeClaim: undefined }, 'satisfied'],
  ])('%s', (_, claims, given, expected) => {
    expect(outcome(claims, { ...asked, ...given })).toBe(expected);
  });
});

describe('verifyStepUp: what is not of the type it should be is never read as "no limit"', () => {
  const amounts = ['maxAge', 'challengedAt', 'now'].flatMap((name) =>
    [null, '300', Number.NaN, Number.POSITIVE_INFINITY, -1, true].map((value) => [name, value] as const),
  );

  test.each(amounts)('"%s": %j is a TypeError', (name, value) => {
    expect(() => outcome({}, { maxAge: 0, [name]: value })).toThrow(
      new TypeError(`"${name}" must be a number that is not negative`),
    );
  });

  // with a greater one, any sign-in is recent enough
  test.each([null, '5', Number.NaN, Number.POSITIVE_INFINITY, -1, true, 61, 5_000])(
    '"clockTolerance": %j is a TypeError',
    (clockTolerance) => {
      expect(() => outcome({}, { maxAge: 0, clockTolerance: clockTolerance as never })).toThrow(
        new TypeError('"clockTolerance" must be a number of seconds up to 60'),
      );
    },
  );

  test.each([null, 'mfa', [null], [1]])('"acrValues": %j is a TypeError', (acrValues) => {
    expect(() => outcome({}, { maxAge: 60, acrValues: acrValues as never })).toThrow(
      new TypeError('"acrValues" must be a list of strings'),
    );
  });

  test.each<[string, object, string]>([
    ['issuer', { issuer: null }, 'a string'],
    ['acrClaim', { acrClaim: null }, 'a string'],
    ['authTimeClaim', { authTimeClaim: null }, 'a string'],
    ['satisfies', { satisfies: null }, 'a function'],
  ])('"%s": null is a TypeError', (name, expectation, expected) => {
    expect(() => outcome({}, { maxAge: 60, ...expectation })).toThrow(new TypeError(`"${name}" must be ${expected}`));
  });

  test('undefined is absent', () => {
    const absent = { acrValues: undefined, challengedAt: undefined, now: undefined, clockTolerance: undefined };
    expect(outcome({}, { maxAge: 60, ...(absent as object), issuer: undefined as never })).toBe('satisfied');
  });
});
