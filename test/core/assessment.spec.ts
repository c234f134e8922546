import {
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  DEFAULT_CLOCK_TOLERANCE,
  REASON_DIMENSIONS,
  SIGN_IN_HELPS,
  type UnmetReason,
} from '../../lib/core/index.js';

const NOW = 1_700_000_000;

/** Reasons of an assessment, none where it is met. What a token may carry is wider than what the types promise. */
function reasons(event: object, requirements: AuthenticationRequirements, clockTolerance = 0, now = NOW) {
  const assessment = assess(event as AuthenticationEvent, requirements, { now, clockTolerance });
  return assessment.met ? [] : assessment.reasons;
}

describe('assess: acr', () => {
  test.each<[name: string, acr: unknown, acrValues: string[], reasons: UnmetReason[]]>([
    ['RS-40 an acr that is the required value satisfies', 'myACR', ['myACR'], []],
    ['RS-40 an acr in another case does not satisfy', 'myacr', ['myACR'], ['acr_unmet']],
    ['RS-40 an acr that is longer than the required value does not satisfy', 'myACR2', ['myACR'], ['acr_unmet']],
    ['RS-40 an acr that is shorter than the required value does not satisfy', 'myAC', ['myACR'], ['acr_unmet']],
    ['RS-40 an acr with a space after the required value does not satisfy', 'myACR ', ['myACR'], ['acr_unmet']],
    ['RS-40 an acr of the same letters in another Unicode form does not satisfy', 'e\u0301', ['\u00e9'], ['acr_unmet']],
    ['RS-09 the first of the required values satisfies', 'phr', ['phr', 'mfa'], []],
    ['RS-09 the last of the required values satisfies', 'mfa', ['phr', 'mfa'], []],
    ['RS-41 an acr that sounds stronger does not satisfy', 'phr', ['mfa'], ['acr_unmet']],
    ['RS-41 an acr that is a larger number does not satisfy', '3', ['2'], ['acr_unmet']],
    ['RS-42 an acr that contains the required value does not satisfy', 'mfa-lite', ['mfa'], ['acr_unmet']],
    ['RS-42 an acr that the required value contains does not satisfy', 'mfa', ['mfa-lite'], ['acr_unmet']],
    ['RS-42 an acr of several values in one string does not satisfy', 'pwd mfa', ['mfa'], ['acr_unmet']],
    ['RS-42 an acr that is an array with the required value counts as missing', ['mfa'], ['mfa'], ['acr_missing']],
    ['RS-42 an acr that is an object counts as missing', { value: 'mfa' }, ['mfa'], ['acr_missing']],
    ['RS-42 an object with the text of an acr counts as missing', { toString: () => 'mfa' }, ['mfa'], ['acr_missing']],
    ['RS-42 an acr that is a String object counts as missing', Object('mfa'), ['mfa'], ['acr_missing']],
    ['RS-42 an acr that is a number counts as missing', 2, ['2'], ['acr_missing']],
    ['RS-42 an acr that is a boolean counts as missing', true, ['true'], ['acr_missing']],
    ['RS-43 an absent acr counts as missing', undefined, ['mfa'], ['acr_missing']],
    ['RS-43 an acr that is null counts as missing', null, ['mfa'], ['acr_missing']],
    ['RS-43 an acr that is an empty string does not satisfy', '', ['mfa'], ['acr_unmet']],
    ['RS-44 the acr "0" satisfies if it is required', '0', ['0'], []],
    ['RS-44 the acr "0" does not satisfy another value', '0', ['1'], ['acr_unmet']],
    ['RS-40 no acr satisfies an empty list', 'mfa', [], ['acr_unmet']],
  ])('%s', (_, acr, acrValues, expected) => {
    expect(reasons({ acr }, { acrValues })).toEqual(expected);
  });

  test.each<[name: string, acr: unknown, acrs: unknown, reasons: UnmetReason[]]>([
    ['RS-42 one of several contexts satisfies', undefined, ['c1', 'c2'], []],
    ['RS-42 several contexts without the required value do not satisfy', undefined, ['c1', 'c3'], ['acr_unmet']],
    ['RS-42 an empty list of contexts does not satisfy', undefined, [], ['acr_unmet']],
    ['RS-42 acr satisfies next to contexts that do not', 'c2', ['c1'], []],
    ['RS-42 contexts satisfy next to an acr that does not', '1', ['c2'], []],
    ['RS-42 neither the contexts nor acr have the required value', '1', ['c1'], ['acr_unmet']],
    ['RS-42 a context in another case does not satisfy', undefined, ['C2'], ['acr_unmet']],
    ['RS-42 several contexts in one string do not satisfy', undefined, ['c1 c2'], ['acr_unmet']],
    [
      'RS-42 contexts of other types never satisfy',
      undefined,
      [null, 2, ['c2'], { toString: () => 'c2' }],
      ['acr_unmet'],
    ],
    ['RS-42 contexts that are a string count as missing', undefined, 'c2', ['acr_missing']],
    ['RS-42 contexts that are an object count as missing', undefined, { 0: 'c2', length: 1 }, ['acr_missing']],
    ['RS-42 contexts that are null count as missing', undefined, null, ['acr_missing']],
    ['RS-42 contexts that are a string do not satisfy next to an acr that does not', 'c1', 'c2', ['acr_unmet']],
  ])('%s', (_, acr, acrs, expected) => {
    expect(reasons({ acr, acrs }, { acrValues: ['c2'] })).toEqual(expected);
  });

  test('RS-42 one of several contexts satisfies one of several required values', () => {
    expect(reasons({ acrs: ['c9', 'c3'] }, { acrValues: ['c2', 'c3'] })).toEqual([]);
  });

  test.each(['mfa', 'lite', 'mfa-lite', ''])(
    'RS-42 a string as the list of required values does not accept the acr %j',
    (acr) => {
      expect(reasons({ acr }, { acrValues: 'mfa-lite' as never })).toEqual(['acr_unmet']);
    },
  );

  test('RS-42 a number as a required value does not accept its digits', () => {
    expect(reasons({ acr: '2' }, { acrValues: [2] as never })).toEqual(['acr_unmet']);
  });
});

describe('assess: auth_time', () => {
  test.each<[name: string, authTime: unknown, maxAge: number, clockTolerance: number, reasons: UnmetReason[]]>([
    ['RS-45 a sign-in that is exactly max_age old satisfies', NOW - 5, 5, 0, []],
    ['RS-45 a sign-in a second older than max_age is too old', NOW - 6, 5, 0, ['authentication_too_old']],
    ['RS-45 a sign-in a fraction older than max_age is too old', NOW - 5.001, 5, 0, ['authentication_too_old']],
    ['RS-46 a sign-in older than max_age by exactly the tolerance satisfies', NOW - 305, 300, 5, []],
    ['RS-46 a sign-in a fraction beyond the tolerance is too old', NOW - 305.001, 300, 5, ['authentication_too_old']],
    ['RS-46 a sign-in a second beyond the tolerance is too old', NOW - 306, 300, 5, ['authentication_too_old']],
    ['RS-47 a max_age of 0 accepts a sign-in of this second', NOW, 0, 0, []],
    ['RS-47 a max_age of 0 without tolerance refuses a second ago', NOW - 1, 0, 0, ['authentication_too_old']],
    ['RS-47 a max_age of 0 with tolerance accepts a second ago', NOW - 1, 0, 5, []],
    ['RS-47 a max_age of 0 with tolerance refuses six seconds ago', NOW - 6, 0, 5, ['authentication_too_old']],
    ['RS-48 an auth_time ahead by exactly the tolerance satisfies', NOW + 5, 300, 5, []],
    ['RS-48 an auth_time ahead beyond the tolerance is in the future', NOW + 5.001, 300, 5, ['auth_time_in_future']],
    ['RS-48 an auth_time a second ahead is in the future without tolerance', NOW + 1, 300, 0, ['auth_time_in_future']],
    ['RS-48 an auth_time an hour ahead is in the future', NOW + 3600, 300, 5, ['auth_time_in_future']],
    ['RS-48 an auth_time an hour ahead fails a max_age of a day too', NOW + 3600, 86_400, 5, ['auth_time_in_future']],
    ['RS-49 an auth_time in milliseconds is invalid', 1_646_340_198_000, 300, 5, ['auth_time_invalid']],
    ['RS-49 an auth_time above 100,000,000,000 is invalid', 100_000_000_001, 300, 5, ['auth_time_invalid']],
    ['RS-49 an auth_time of 100,000,000,000 is in the future', 100_000_000_000, 300, 5, ['auth_time_in_future']],
    ['RS-50 an absent auth_time counts as missing', undefined, 300, 5, ['auth_time_missing']],
    ['RS-50 an auth_time that is null counts as missing', null, 300, 5, ['auth_time_missing']],
    ['RS-51 an auth_time that is a string is invalid', String(NOW), 300, 5, ['auth_time_invalid']],
    ['RS-51 an auth_time that is an empty string is invalid', '', 300, 5, ['auth_time_invalid']],
    ['RS-51 an auth_time that is a Date is invalid', new Date(NOW * 1000), 300, 5, ['auth_time_invalid']],
    ['RS-51 an auth_time that is an array is invalid', [NOW], 300, 5, ['auth_time_invalid']],
    ['RS-51 an auth_time that is a bigint is invalid', BigInt(NOW), 300, 5, ['auth_time_invalid']],
    ['RS-51 an auth_time that is true is invalid', true, 300, 5, ['auth_time_invalid']],
    ['RS-51 an auth_time that is NaN is invalid', Number.NaN, 300, 5, ['auth_time_invalid']],
    ['RS-51 an auth_time that is Infinity is invalid', Number.POSITIVE_INFINITY, 300, 5, ['auth_time_invalid']],
    ['RS-51 an auth_time that is -Infinity is invalid', Number.NEGATIVE_INFINITY, 300, 5, ['auth_time_invalid']],
    ['RS-51 a negative auth_time is invalid', -1, Number.MAX_SAFE_INTEGER, 5, ['auth_time_invalid']],
    ['RS-51 an auth_time of zero is a time long ago', 0, 300, 5, ['authentication_too_old']],
    ['RS-52 an auth_time with a fraction of a second satisfies', NOW - 1.5, 2, 0, []],
  ])('%s', (_, authTime, maxAge, clockTolerance, expected) => {
    expect(reasons({ authTime }, { maxAge }, clockTolerance)).toEqual(expected);
  });

  test('RS-46 the tolerance is 5 seconds if none is given', () => {
    expect(DEFAULT_CLOCK_TOLERANCE).toBe(5);
    expect(assess({ authTime: NOW - 305 }, { maxAge: 300 }, { now: NOW })).toEqual({ met: true });
    expect(assess({ authTime: NOW - 306 }, { maxAge: 300 }, { now: NOW })).toEqual({
      met: false,
      reasons: ['authentication_too_old'],
    });
  });

  test('RS-52 RFC 7519 §2 a fractional auth_time is judged to the fraction', () => {
    expect(reasons({ authTime: 1_646_340_198.5 }, { maxAge: 10 }, 0, 1_646_340_208.5)).toEqual([]);
    expect(reasons({ authTime: 1_646_340_198.5 }, { maxAge: 10 }, 0, 1_646_340_208.75)).toEqual([
      'authentication_too_old',
    ]);
  });

  test.each(['nonsense', Number.NaN, -1, null])(
    'RS-50 an auth_time of %p does not matter without maxAge',
    (authTime) => {
      expect(reasons({ acr: 'mfa', authTime }, { acrValues: ['mfa'] })).toEqual([]);
    },
  );

  test.each<[name: string, requirements: object, options: object]>([
    ['RS-45 a maxAge that is a string is not joined to the tolerance', { maxAge: '300' }, { now: NOW }],
    ['RS-45 a tolerance that is a string is not joined to maxAge', { maxAge: 300 }, { now: NOW, clockTolerance: '5' }],
    ['RS-45 nothing satisfies a maxAge of NaN', { maxAge: Number.NaN }, { now: NOW }],
    ['RS-45 nothing satisfies a tolerance of NaN', { maxAge: 300 }, { now: NOW, clockTolerance: Number.NaN }],
    ['RS-45 nothing satisfies a clock of NaN', { maxAge: 300 }, { now: Number.NaN }],
  ])('%s', (_, requirements, options) => {
    expect(assess({ authTime: NOW - 3000 }, requirements, options as { now: number })).toEqual({
      met: false,
      reasons: ['authentication_too_old'],
    });
  });

  test('RS-54 no other time of the token stands in for auth_time', () => {
    const event = { acr: 'mfa', iat: NOW, auth_time: NOW, exp: NOW + 60, updated_at: NOW };
    expect(reasons(event, { maxAge: 300 }, 5)).toEqual(['auth_time_missing']);
  });

  test('RS-53 RFC 9470 figure 7: an auth_time later than iat and exp is judged by the clock alone', () => {
    const introspected = {
      active: true,
      client_id: 's6BhdRkqt3',
      scope: 'purchase',
      sub: 'someone@example.net',
      aud: 'https://rs.example.com',
      iss: 'https://as.example.net',
      exp: 1639528912,
      iat: 1618354090,
      auth_time: 1646340198,
      acr: 'myACR',
    };
    const event = { ...introspected, authTime: introspected.auth_time };
    const required = { acrValues: ['myACR'], maxAge: 5, scope: 'purchase' };
    jest.useFakeTimers({ now: 1_646_340_203_000, doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
    try {
      expect(reasons(event, required, 0, Date.now() / 1000)).toEqual([]);
      jest.setSystemTime(1_646_340_204_000);
      expect(reasons(event, required, 0, Date.now() / 1000)).toEqual(['authentication_too_old']);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('assess: scope', () => {
  test.each<[name: string, held: unknown, required: string, met: boolean]>([
    ['RS-16 the required scope satisfies', 'transfer:write', 'transfer:write', true],
    ['RS-16 the required scope satisfies as the first of several', 'a b c', 'a', true],
    ['RS-16 the required scope satisfies amid several', 'a b c', 'b', true],
    ['RS-16 the required scope satisfies as the last of several', 'a b c', 'c', true],
    ['RS-16 several required scopes are satisfied in any order', 'c a b', 'b c', true],
    ['RS-16 one of several required scopes is not enough', 'a b', 'b c', false],
    ['RS-16 a scope that begins with the required one does not satisfy', 'transfer:write-all', 'transfer:write', false],
    ['RS-16 a scope that ends with the required one does not satisfy', 'no-transfer:write', 'transfer:write', false],
    ['RS-16 the required scope satisfies after scopes that contain it', 'write-all no-write write', 'write', true],
    ['RS-16 a scope that repeats the required one does not satisfy', 'aa', 'a', false],
    ['RS-16 a scope in another case does not satisfy', 'Transfer:Write', 'transfer:write', false],
    ['RS-16 the required scope satisfies behind doubled spaces', 'a  b', 'b', true],
    ['RS-16 a tab does not separate scopes', 'a\tb', 'b', false],
    ['RS-16 an empty scope does not satisfy', '', 'a', false],
    ['RS-16 an absent scope does not satisfy', undefined, 'a', false],
    ['RS-16 a scope that is null does not satisfy', null, 'a', false],
    ['RS-16 a scope that is a list does not satisfy', ['a'], 'a', false],
    ['RS-16 nothing satisfies a required scope with doubled spaces', 'a b', 'a  b', false],
    ['RS-16 nothing satisfies a required scope that is empty', 'a b', '', false],
  ])('%s', (_, held, required, met) => {
    expect(reasons({ scope: held }, { scope: required })).toEqual(met ? [] : ['scope_missing']);
  });
});

describe('assess: the verdict', () => {
  const required: AuthenticationRequirements = { acrValues: ['phr'], maxAge: 60, scope: 'transfer:write' };
  const strong: AuthenticationEvent = { acr: 'phr', authTime: NOW, scope: 'transfer:write' };

  test.each<[name: string, event: AuthenticationEvent, reasons: UnmetReason[]]>([
    [
      'RS-06 an event that says nothing fails for three reasons',
      {},
      ['acr_missing', 'auth_time_missing', 'scope_missing'],
    ],
    [
      'RS-06 an event that satisfies nothing fails for three reasons',
      { acr: 'pwd', authTime: NOW - 61, scope: 'read' },
      ['acr_unmet', 'authentication_too_old', 'scope_missing'],
    ],
    ['RS-06 an event with only another acr fails for the acr', { ...strong, acr: 'pwd' }, ['acr_unmet']],
    [
      'RS-06 an event that is only too old fails for its age',
      { ...strong, authTime: NOW - 61 },
      ['authentication_too_old'],
    ],
    ['RS-06 an event without the scope fails for the scope', { acr: 'phr', authTime: NOW }, ['scope_missing']],
    ['RS-06 an event that satisfies everything does not fail', strong, []],
  ])('%s', (_, event, expected) => {
    expect(reasons(event, required)).toEqual(expected);
  });

  test('RS-08 an event that says nothing satisfies requirements of neither kind', () => {
    expect(assess({}, {}, { now: NOW })).toEqual({ met: true });
  });

  test('RS-55 each event is assessed independently, in any order', () => {
    const weak: AuthenticationEvent = { ...strong, acr: 'pwd' };
    const judge = (event: AuthenticationEvent) => assess(event, required, { now: NOW }).met;
    expect([strong, weak, strong, weak, weak].map(judge)).toEqual([true, false, true, false, false]);
  });

  test('RS-55 the same event is assessed again at each time', () => {
    const event: AuthenticationEvent = { authTime: NOW };
    const metAt = (now: number) => assess(event, { maxAge: 60 }, { now, clockTolerance: 0 }).met;
    expect([NOW, NOW + 60, NOW + 61, NOW + 1].map(metAt)).toEqual([true, true, false, true]);
  });

  test('a change to one assessment changes no other', () => {
    const met = assess({ acr: 'phr' }, { acrValues: ['phr'] }, { now: NOW });
    expect(Object.isFrozen(met)).toBe(true);
    expect(() => Object.assign(met, { met: false })).toThrow(TypeError);

    const first = assess({}, required, { now: NOW });
    Object.assign(first, { met: true });
    if ('reasons' in first) first.reasons.length = 0;
    expect(assess({}, required, { now: NOW })).toEqual({
      met: false,
      reasons: ['acr_missing', 'auth_time_missing', 'scope_missing'],
    });
  });

  test('assess changes neither the event nor the requirements', () => {
    const event = Object.freeze({ acr: 'pwd', authTime: NOW, scope: 'read' });
    const frozen = Object.freeze({ acrValues: Object.freeze(['phr']), maxAge: 60, scope: 'transfer:write' });
    const options = Object.freeze({ now: NOW, clockTolerance: 0 });
    expect(assess(event, frozen, options)).toEqual({ met: false, reasons: ['acr_unmet', 'scope_missing'] });
    expect(event).toEqual({ acr: 'pwd', authTime: NOW, scope: 'read' });
    expect(frozen).toEqual({ acrValues: ['phr'], maxAge: 60, scope: 'transfer:write' });
  });
});

test.each<[name: string, event: object, requirements: AuthenticationRequirements]>([
  ['acr', { acr: 'pwd' }, { acrValues: ['mfa'] }],
  ['acr', {}, { acrValues: ['mfa'] }],
  ['age', {}, { maxAge: 60 }],
  ['age', { authTime: 'today' }, { maxAge: 60 }],
  ['age', { authTime: NOW + 60 }, { maxAge: 60 }],
  ['age', { authTime: NOW - 61 }, { maxAge: 60 }],
  ['scope', {}, { scope: 'transfer:write' }],
])('a reason about %s says so: %j with %j', (dimension, event, requirements) => {
  expect(reasons(event, requirements).map((reason) => REASON_DIMENSIONS[reason])).toEqual([dimension]);
});

test.each<[helps: boolean, event: object, requirements: AuthenticationRequirements]>([
  [true, {}, { acrValues: ['mfa'] }],
  [true, { acr: 'pwd' }, { acrValues: ['mfa'] }],
  [true, { authTime: NOW - 61 }, { maxAge: 60 }],
  [true, {}, { scope: 'transfer:write' }],
  // the server will issue no other time next time
  [false, {}, { maxAge: 60 }],
  [false, { authTime: 'today' }, { maxAge: 60 }],
  [false, { authTime: NOW + 60 }, { maxAge: 60 }],
])('that a new sign-in helps is %s for %j with %j', (helps, event, requirements) => {
  expect(reasons(event, requirements).map((reason) => SIGN_IN_HELPS[reason])).toEqual([helps]);
});

describe('RS-58 assess: contexts with a time of their own', () => {
  const required = { acrValues: ['phr', 'mfa'], maxAge: 300 };
  const fresh = NOW - 10;
  const old = NOW - 900;

  test.each<[name: string, event: object, reasons: UnmetReason[]]>([
    ['a fresh context satisfies, however old the sign-in', { acr: 'mfa', authTime: old, acrTimes: { mfa: fresh } }, []],
    [
      'an old context does not, however fresh the sign-in',
      { acr: 'mfa', authTime: fresh, acrTimes: { mfa: old } },
      ['authentication_too_old'],
    ],
    ['one of two fresh contexts is enough', { acrs: ['phr', 'mfa'], acrTimes: { phr: old, mfa: fresh } }, []],
    [
      'a context without a time of its own is as old as the sign-in',
      { acrs: ['phr', 'mfa'], authTime: fresh, acrTimes: { phr: old } },
      [],
    ],
    [
      'a context whose time is unknown does not satisfy',
      { acr: 'mfa', authTime: fresh, acrTimes: { mfa: undefined } },
      ['auth_time_missing'],
    ],
    [
      'a time that is inherited is not one of its own',
      { acr: 'mfa', authTime: old, acrTimes: Object.create({ mfa: fresh }) },
      ['authentication_too_old'],
    ],
    [
      'the time of another context does not count',
      { acr: 'mfa', authTime: old, acrTimes: { pwd: fresh } },
      ['authentication_too_old'],
    ],
    [
      'the time of a context that the event lacks does not count',
      { acr: 'pwd', authTime: fresh, acrTimes: { mfa: fresh } },
      ['acr_unmet'],
    ],
    [
      'an old sign-in is too old also without any required context',
      { acr: 'pwd', authTime: old, acrTimes: { mfa: fresh } },
      ['acr_unmet', 'authentication_too_old'],
    ],
    ['a sign-in without a time misses none without a required context', { acr: 'pwd', acrTimes: {} }, ['acr_unmet']],
    [
      'an old context is named before one that cannot be read',
      { acrs: ['phr', 'mfa'], acrTimes: { phr: 'x', mfa: old } },
      ['authentication_too_old'],
    ],
    ['times that are a text are no times', { acr: 'mfa', authTime: old, acrTimes: 'mfa' }, ['authentication_too_old']],
    ['times that are null leave the age to the sign-in', { acr: 'mfa', authTime: fresh, acrTimes: null }, []],
  ])('RS-58 %s', (_, event, expected) => expect(reasons(event, required)).toEqual(expected));

  test('RS-58 without required contexts only the sign-in is judged', () => {
    expect(reasons({ acr: 'mfa', authTime: old, acrTimes: { mfa: fresh } }, { maxAge: 300 })).toEqual([
      'authentication_too_old',
    ]);
  });

  test('RS-58 without a required age no time is read', () => {
    const event = {
      acr: 'mfa',
      get acrTimes() {
        throw new Error('read');
      },
    };
    expect(reasons(event, { acrValues: ['mfa'] })).toEqual([]);
  });
});
