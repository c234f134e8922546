import {
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  checkRequirements,
  DEFAULT_CLOCK_TOLERANCE,
  isAcrValue,
  mergeRequirements,
  type UnmetReason,
} from '../../lib/core/index.js';

const NOW = 1_700_000_000;

/** Reasons of an assessment, none where it is met. What a token may carry is wider than what the types promise. */
function reasons(event: object, requirements: AuthenticationRequirements, clockTolerance = 0, now = NOW) {
  const assessment = assess(event as AuthenticationEvent, requirements, { now, clockTolerance });
  return assessment.met ? [] : assessment.reasons;
}

describe('assess: acr', () => {
  test.each<[string, unknown, string[], UnmetReason[]]>([
    ['RS-40 the value itself satisfies', 'myACR', ['myACR'], []],
    ['RS-40 another case does not', 'myacr', ['myACR'], ['acr_unmet']],
    ['RS-40 a longer value does not', 'myACR2', ['myACR'], ['acr_unmet']],
    ['RS-40 a shorter value does not', 'myAC', ['myACR'], ['acr_unmet']],
    ['RS-40 surrounding space does not', 'myACR ', ['myACR'], ['acr_unmet']],
    ['RS-40 the same letters in another Unicode form do not', 'e\u0301', ['\u00e9'], ['acr_unmet']],
    ['RS-09 the first of the list satisfies', 'phr', ['phr', 'mfa'], []],
    ['RS-09 the last of the list satisfies', 'mfa', ['phr', 'mfa'], []],
    ['RS-41 a value that sounds stronger does not satisfy', 'phr', ['mfa'], ['acr_unmet']],
    ['RS-41 a larger number does not satisfy', '3', ['2'], ['acr_unmet']],
    ['RS-42 a value that contains the required one does not', 'mfa-lite', ['mfa'], ['acr_unmet']],
    ['RS-42 a value contained in the required one does not', 'mfa', ['mfa-lite'], ['acr_unmet']],
    ['RS-42 several values in one string do not', 'pwd mfa', ['mfa'], ['acr_unmet']],
    ['RS-42 an array with the value is missing', ['mfa'], ['mfa'], ['acr_missing']],
    ['RS-42 an object is missing', { value: 'mfa' }, ['mfa'], ['acr_missing']],
    ['RS-42 an object that reads like the value is missing', { toString: () => 'mfa' }, ['mfa'], ['acr_missing']],
    ['RS-42 a String object is missing', Object('mfa'), ['mfa'], ['acr_missing']],
    ['RS-42 a number is missing', 2, ['2'], ['acr_missing']],
    ['RS-42 a boolean is missing', true, ['true'], ['acr_missing']],
    ['RS-43 an absent value is missing', undefined, ['mfa'], ['acr_missing']],
    ['RS-43 null is missing', null, ['mfa'], ['acr_missing']],
    ['RS-43 an empty string is unmet', '', ['mfa'], ['acr_unmet']],
    ['RS-44 "0" satisfies only where it is asked for', '0', ['0'], []],
    ['RS-44 "0" satisfies nothing else', '0', ['1'], ['acr_unmet']],
    ['RS-40 nothing satisfies an empty list', 'mfa', [], ['acr_unmet']],
  ])('%s', (_, acr, acrValues, expected) => {
    expect(reasons({ acr }, { acrValues })).toEqual(expected);
  });

  test.each<[string, unknown, unknown, UnmetReason[]]>([
    ['one of them is required', undefined, ['c1', 'c2'], []],
    ['none of them is required', undefined, ['c1', 'c3'], ['acr_unmet']],
    ['none at all hold', undefined, [], ['acr_unmet']],
    ['acr holds beside them', 'c2', ['c1'], []],
    ['they hold beside acr', '1', ['c2'], []],
    ['neither they nor acr', '1', ['c1'], ['acr_unmet']],
    ['another case', undefined, ['C2'], ['acr_unmet']],
    ['several in one', undefined, ['c1 c2'], ['acr_unmet']],
    ['members that are no strings', undefined, [null, 2, ['c2'], { toString: () => 'c2' }], ['acr_unmet']],
    ['a string in place of the list', undefined, 'c2', ['acr_missing']],
    ['an object in place of the list', undefined, { 0: 'c2', length: 1 }, ['acr_missing']],
    ['null in place of the list', undefined, null, ['acr_missing']],
    ['a string in place of the list beside acr', 'c1', 'c2', ['acr_unmet']],
  ])('RS-42 several contexts at once: %s', (_, acr, acrs, expected) => {
    expect(reasons({ acr, acrs }, { acrValues: ['c2'] })).toEqual(expected);
  });

  test('RS-42 several contexts, any one of several that are required', () => {
    expect(reasons({ acrs: ['c9', 'c3'] }, { acrValues: ['c2', 'c3'] })).toEqual([]);
  });

  test.each(['mfa', 'lite', 'mfa-lite', ''])('RS-42 a string in place of the list does not accept %j', (acr) => {
    expect(reasons({ acr }, { acrValues: 'mfa-lite' as never })).toEqual(['acr_unmet']);
  });

  test('RS-42 a number in the list does not accept its digits', () => {
    expect(reasons({ acr: '2' }, { acrValues: [2] as never })).toEqual(['acr_unmet']);
  });
});

describe('assess: auth_time', () => {
  test.each<[string, unknown, number, number, UnmetReason[]]>([
    ['RS-45 exactly max_age old', NOW - 5, 5, 0, []],
    ['RS-45 one second older', NOW - 6, 5, 0, ['authentication_too_old']],
    ['RS-45 a fraction older', NOW - 5.001, 5, 0, ['authentication_too_old']],
    ['RS-46 older by exactly the tolerance', NOW - 305, 300, 5, []],
    ['RS-46 older by more than the tolerance', NOW - 305.001, 300, 5, ['authentication_too_old']],
    ['RS-46 a second beyond the tolerance', NOW - 306, 300, 5, ['authentication_too_old']],
    ['RS-47 max_age 0, this very second', NOW, 0, 0, []],
    ['RS-47 max_age 0, a second ago, no tolerance', NOW - 1, 0, 0, ['authentication_too_old']],
    ['RS-47 max_age 0, a second ago, tolerance 5', NOW - 1, 0, 5, []],
    ['RS-47 max_age 0, six seconds ago, tolerance 5', NOW - 6, 0, 5, ['authentication_too_old']],
    ['RS-48 ahead by exactly the tolerance', NOW + 5, 300, 5, []],
    ['RS-48 ahead by more than the tolerance', NOW + 5.001, 300, 5, ['auth_time_in_future']],
    ['RS-48 ahead without tolerance', NOW + 1, 300, 0, ['auth_time_in_future']],
    ['RS-48 an hour ahead', NOW + 3600, 300, 5, ['auth_time_in_future']],
    ['RS-48 an hour ahead, max_age of a day', NOW + 3600, 86_400, 5, ['auth_time_in_future']],
    ['RS-49 milliseconds', 1_646_340_198_000, 300, 5, ['auth_time_invalid']],
    ['RS-49 just above what seconds can be', 100_000_000_001, 300, 5, ['auth_time_invalid']],
    ['RS-49 just not above it', 100_000_000_000, 300, 5, ['auth_time_in_future']],
    ['RS-50 absent', undefined, 300, 5, ['auth_time_missing']],
    ['RS-50 null', null, 300, 5, ['auth_time_missing']],
    ['RS-51 a string', String(NOW), 300, 5, ['auth_time_invalid']],
    ['RS-51 an empty string', '', 300, 5, ['auth_time_invalid']],
    ['RS-51 a date', new Date(NOW * 1000), 300, 5, ['auth_time_invalid']],
    ['RS-51 an array', [NOW], 300, 5, ['auth_time_invalid']],
    ['RS-51 a bigint', BigInt(NOW), 300, 5, ['auth_time_invalid']],
    ['RS-51 true', true, 300, 5, ['auth_time_invalid']],
    ['RS-51 NaN', Number.NaN, 300, 5, ['auth_time_invalid']],
    ['RS-51 Infinity', Number.POSITIVE_INFINITY, 300, 5, ['auth_time_invalid']],
    ['RS-51 -Infinity', Number.NEGATIVE_INFINITY, 300, 5, ['auth_time_invalid']],
    ['RS-51 negative', -1, Number.MAX_SAFE_INTEGER, 5, ['auth_time_invalid']],
    ['RS-51 zero is a time, long ago', 0, 300, 5, ['authentication_too_old']],
    ['RS-52 fractional seconds', NOW - 1.5, 2, 0, []],
  ])('%s', (_, authTime, maxAge, clockTolerance, expected) => {
    expect(reasons({ authTime }, { maxAge }, clockTolerance)).toEqual(expected);
  });

  test('RS-46 the tolerance is 5 seconds where none is given', () => {
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

  test.each(['nonsense', Number.NaN, -1, null])('RS-50 auth_time %p is not looked at without maxAge', (authTime) => {
    expect(reasons({ acr: 'mfa', authTime }, { acrValues: ['mfa'] })).toEqual([]);
  });

  test.each<[string, object, object]>([
    ['maxAge as a string is not joined to the tolerance', { maxAge: '300' }, { now: NOW }],
    ['tolerance as a string is not joined to maxAge', { maxAge: 300 }, { now: NOW, clockTolerance: '5' }],
    ['maxAge that is no number satisfies nothing', { maxAge: Number.NaN }, { now: NOW }],
    ['a tolerance that is no number satisfies nothing', { maxAge: 300 }, { now: NOW, clockTolerance: Number.NaN }],
    ['a clock that is no number satisfies nothing', { maxAge: 300 }, { now: Number.NaN }],
  ])('RS-45 %s', (_, requirements, options) => {
    expect(assess({ authTime: NOW - 3000 }, requirements, options as { now: number })).toEqual({
      met: false,
      reasons: ['authentication_too_old'],
    });
  });

  test('RS-54 no other time stands in for auth_time', () => {
    const event = { acr: 'mfa', iat: NOW, auth_time: NOW, exp: NOW + 60, updated_at: NOW };
    expect(reasons(event, { maxAge: 300 }, 5)).toEqual(['auth_time_missing']);
  });

  test('RS-53 RFC 9470 figure 7: auth_time later than iat and exp is judged by the clock alone', () => {
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
  test.each<[string, unknown, string, boolean]>([
    ['the scope itself', 'transfer:write', 'transfer:write', true],
    ['first of several', 'a b c', 'a', true],
    ['amid several', 'a b c', 'b', true],
    ['last of several', 'a b c', 'c', true],
    ['all of those required, in any order', 'c a b', 'b c', true],
    ['one of those required is lacking', 'a b', 'b c', false],
    ['a longer scope', 'transfer:write-all', 'transfer:write', false],
    ['a scope that ends alike', 'no-transfer:write', 'transfer:write', false],
    ['a part first, the scope later', 'write-all no-write write', 'write', true],
    ['two of its parts side by side', 'aa', 'a', false],
    ['another case', 'Transfer:Write', 'transfer:write', false],
    ['doubled spaces between', 'a  b', 'b', true],
    ['a tab between', 'a\tb', 'b', false],
    ['an empty scope', '', 'a', false],
    ['no scope', undefined, 'a', false],
    ['null', null, 'a', false],
    ['a list', ['a'], 'a', false],
    ['an ill-formed requirement', 'a b', 'a  b', false],
    ['an empty requirement', 'a b', '', false],
  ])('RS-16 %s', (_, held, required, met) => {
    expect(reasons({ scope: held }, { scope: required })).toEqual(met ? [] : ['scope_missing']);
  });
});

describe('assess: the verdict', () => {
  const required: AuthenticationRequirements = { acrValues: ['phr'], maxAge: 60, scope: 'transfer:write' };

  test.each<[string, AuthenticationEvent, UnmetReason[]]>([
    ['nothing known', {}, ['acr_missing', 'auth_time_missing', 'scope_missing']],
    [
      'all known, all short',
      { acr: 'pwd', authTime: NOW - 61, scope: 'read' },
      ['acr_unmet', 'authentication_too_old', 'scope_missing'],
    ],
    ['acr alone short', { acr: 'pwd', authTime: NOW, scope: 'transfer:write' }, ['acr_unmet']],
    ['age alone short', { acr: 'phr', authTime: NOW - 61, scope: 'transfer:write' }, ['authentication_too_old']],
    ['scope alone short', { acr: 'phr', authTime: NOW }, ['scope_missing']],
    ['all met', { acr: 'phr', authTime: NOW, scope: 'transfer:write' }, []],
  ])('RS-06 gives every reason, in order: %s', (_, event, expected) => {
    expect(reasons(event, required)).toEqual(expected);
  });

  test('RS-08 no requirement is met by any event', () => {
    expect(assess({}, {}, { now: NOW })).toEqual({ met: true });
  });

  test('RS-55 each event is judged for itself, in whatever order', () => {
    const strong: AuthenticationEvent = { acr: 'phr', authTime: NOW, scope: 'transfer:write', subject: 'alice' };
    const weak: AuthenticationEvent = { ...strong, acr: 'pwd' };
    const judge = (event: AuthenticationEvent) => assess(event, required, { now: NOW }).met;
    expect([strong, weak, strong, weak, weak].map(judge)).toEqual([true, false, true, false, false]);
  });

  test('RS-55 the same event is judged anew at every time', () => {
    const event: AuthenticationEvent = { authTime: NOW };
    const metAt = (now: number) => assess(event, { maxAge: 60 }, { now, clockTolerance: 0 }).met;
    expect([NOW, NOW + 60, NOW + 61, NOW + 1].map(metAt)).toEqual([true, true, false, true]);
  });

  test('changing one verdict changes no other', () => {
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

  test('neither event nor requirements are changed', () => {
    const event = Object.freeze({ acr: 'pwd', authTime: NOW, scope: 'read' });
    const frozen = Object.freeze({ acrValues: Object.freeze(['phr']), maxAge: 60, scope: 'transfer:write' });
    const options = Object.freeze({ now: NOW, clockTolerance: 0 });
    expect(assess(event, frozen, options)).toEqual({ met: false, reasons: ['acr_unmet', 'scope_missing'] });
    expect(event).toEqual({ acr: 'pwd', authTime: NOW, scope: 'read' });
    expect(frozen).toEqual({ acrValues: ['phr'], maxAge: 60, scope: 'transfer:write' });
  });
});

describe('checkRequirements', () => {
  const where = '@RequireAcr on TransferController.create';

  test.each<[string, AuthenticationRequirements]>([
    ['RS-09 a list in its order', { acrValues: ['phr', 'mfa', 'a'] }],
    [
      'RS-20 URNs and URIs',
      { acrValues: ['urn:bankid:bid;LOA=4', 'http://idmanagement.gov/ns/assurance/aal/2?p=true'] },
    ],
    ['RS-20 every character of a scope token', { acrValues: ["!#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~"] }],
    ['RS-10 maxAge 0', { maxAge: 0 }],
    ['RS-10 the greatest maxAge', { maxAge: Number.MAX_SAFE_INTEGER }],
    ['RS-16 one scope', { scope: 'transfer:write' }],
    ['RS-16 several scopes', { scope: 'transfer:write read' }],
    ['all together', { acrValues: ['mfa'], maxAge: 300, scope: 'transfer:write' }],
  ])('accepts %s', (_, requirements) => {
    expect(checkRequirements(requirements, where)).toEqual(requirements);
  });

  const NO_OBJECT = 'requirements must be an object with "acrValues", "maxAge" or "scope"';
  const NOTHING = 'nothing is required; give "acrValues", "maxAge" or "scope"';
  const known = (name: string) => `unknown requirement "${name}"; known are "acrValues", "maxAge", "scope"`;
  const LIST = '"acrValues" must be a list of at least one string';
  const value = (shown: string) =>
    `"acrValues" has a value ${shown}: printable ASCII without space, quote and backslash is needed`;
  const maxAge = (shown: string) => `"maxAge" must be a non-negative integer number of seconds, not ${shown}`;
  const scope = (shown: string) => `"scope" must be scope tokens separated by single spaces, not ${shown}`;

  test.each<[string, unknown, string]>([
    ['nothing', undefined, NO_OBJECT],
    ['null', null, NO_OBJECT],
    ['a string', 'mfa', NO_OBJECT],
    ['a list', ['mfa'], NO_OBJECT],
    ['a function', () => ({ maxAge: 1 }), NO_OBJECT],
    ['an empty object', {}, NOTHING],
    ['a promise', Promise.resolve({ maxAge: 1 }), NOTHING],
    ['only undefined members', { acrValues: undefined, maxAge: undefined, scope: undefined }, NOTHING],
    ['a misspelt member', { maxage: 300 }, known('maxage')],
    ['a wire name', { acrValues: ['mfa'], max_age: 300 }, known('max_age')],
    ['an unknown member that is undefined', { maxAge: 300, acr: undefined }, known('acr')],
    ['a member named __proto__', JSON.parse('{"maxAge":300,"__proto__":{}}'), known('__proto__')],
    ['RS-09 acrValues as a string', { acrValues: 'mfa' }, LIST],
    ['RS-09 acrValues null', { acrValues: null }, LIST],
    ['RS-09 an empty list', { acrValues: [] }, LIST],
    ['RS-09 a Set', { acrValues: new Set(['mfa']) }, LIST],
    ['RS-09 a value twice', { acrValues: ['mfa', 'phr', 'mfa'] }, '"acrValues" repeats a value'],
    ['RS-20 an empty value', { acrValues: [''] }, value('""')],
    ['RS-20 a space', { acrValues: ['high assurance'] }, value('"high assurance"')],
    ['RS-20 a quote', { acrValues: ['a"b'] }, value('"a\\"b"')],
    ['RS-20 a backslash', { acrValues: ['a\\b'] }, value('"a\\\\b"')],
    ['RS-20 beyond ASCII', { acrValues: ['mfa', '\u00e9'] }, value('"\u00e9"')],
    ['RS-20 an arrow', { acrValues: ['a\u2192b'] }, value('"a\u2192b"')],
    ['RS-20 DEL', { acrValues: ['a\x7f'] }, value('"a\x7f"')],
    ['RS-22 a line break', { acrValues: ['mfa\r\nSet-Cookie:a=b'] }, value('"mfa\\r\\nSet-Cookie:a=b"')],
    ['RS-22 a trailing line feed', { acrValues: ['mfa\n'] }, value('"mfa\\n"')],
    ['RS-22 NUL', { acrValues: ['\0'] }, value('"\\u0000"')],
    ['RS-20 a number', { acrValues: [2] }, value('2')],
    ['RS-20 a hole', { acrValues: new Array(1) }, value('undefined')],
    ['RS-20 a list in the list', { acrValues: [['mfa']] }, value('a list')],
    ['RS-20 an object without text', { acrValues: [Object.create(null)] }, value('of type object')],
    ['RS-20 a function', { acrValues: [() => 'secret'] }, value('of type function')],
    ['RS-10 -1', { maxAge: -1 }, maxAge('-1')],
    ['RS-10 1.5', { maxAge: 1.5 }, maxAge('1.5')],
    ['RS-10 NaN', { maxAge: Number.NaN }, maxAge('NaN')],
    ['RS-10 Infinity', { maxAge: Number.POSITIVE_INFINITY }, maxAge('Infinity')],
    ['RS-10 a string', { maxAge: '5' }, maxAge('"5"')],
    ['RS-10 null', { maxAge: null }, maxAge('null')],
    ['RS-10 a bigint', { maxAge: 5n }, maxAge('5')],
    ['RS-10 beyond the safe integers', { maxAge: Number.MAX_SAFE_INTEGER + 1 }, maxAge('9007199254740992')],
    ['RS-16 a quote in the scope', { scope: 'a"b' }, scope('"a\\"b"')],
    ['RS-16 an empty scope', { scope: '' }, scope('""')],
    ['RS-16 doubled spaces', { scope: 'a  b' }, scope('"a  b"')],
    ['RS-16 a leading space', { scope: ' a' }, scope('" a"')],
    ['RS-16 a trailing space', { scope: 'a ' }, scope('"a "')],
    ['RS-16 a tab', { scope: 'a\tb' }, scope('"a\\tb"')],
    ['RS-16 a list', { scope: ['a'] }, scope('a list')],
    ['RS-16 null', { scope: null }, scope('null')],
  ])('refuses %s', (_, requirements, message) => {
    const check = () => checkRequirements(requirements, where);
    expect(check).toThrow(TypeError);
    expect(check).toThrow(new TypeError(`${where}: ${message}`));
  });

  test('gives back a frozen copy and leaves the given object as it was', () => {
    const acrValues = ['mfa'];
    const given = { acrValues, maxAge: 0, scope: undefined };
    const checked = checkRequirements(given, where);
    acrValues.push('pwd');
    given.maxAge = 3600;

    expect(checked).toStrictEqual({ acrValues: ['mfa'], maxAge: 0 });
    expect(Object.isFrozen(checked)).toBe(true);
    expect(Object.isFrozen(checked.acrValues)).toBe(true);
    expect(Object.isFrozen(given) || Object.isFrozen(acrValues)).toBe(false);
  });
});

describe('mergeRequirements', () => {
  test.each<[string, AuthenticationRequirements, AuthenticationRequirements, AuthenticationRequirements]>([
    ['inner acrValues win whole', { acrValues: ['phr', 'mfa'] }, { acrValues: ['pwd'] }, { acrValues: ['pwd'] }],
    ['inner maxAge wins, also a greater one', { maxAge: 60 }, { maxAge: 300 }, { maxAge: 300 }],
    ['RS-11 inner maxAge 0 wins', { maxAge: 300 }, { maxAge: 0 }, { maxAge: 0 }],
    ['RS-11 outer maxAge 0 stays', { maxAge: 0 }, { acrValues: ['mfa'] }, { acrValues: ['mfa'], maxAge: 0 }],
    ['dimensions add up', { acrValues: ['mfa'] }, { maxAge: 60 }, { acrValues: ['mfa'], maxAge: 60 }],
    [
      'undefined erases nothing',
      { acrValues: ['mfa'], maxAge: 60, scope: 'a' },
      { acrValues: undefined, maxAge: undefined, scope: undefined },
      { acrValues: ['mfa'], maxAge: 60, scope: 'a' },
    ],
    ['scope is the union, outer first', { scope: 'b a' }, { scope: 'c a' }, { scope: 'b a c' }],
    ['the same scope is named once', { scope: 'a' }, { scope: 'a' }, { scope: 'a' }],
    ['nothing and nothing', {}, {}, {}],
  ])('%s', (_, outer, inner, expected) => {
    expect(mergeRequirements(outer, inner)).toStrictEqual(expected);
  });

  test('the result is frozen, and what was given stays as it was', () => {
    const outer = { acrValues: ['mfa'], scope: 'a' };
    const inner = { maxAge: 0, scope: 'b' };
    const merged = mergeRequirements(outer, inner);
    expect(Object.isFrozen(merged)).toBe(true);
    expect([outer, inner]).toStrictEqual([
      { acrValues: ['mfa'], scope: 'a' },
      { maxAge: 0, scope: 'b' },
    ]);
    expect([outer, outer.acrValues, inner].some(Object.isFrozen)).toBe(false);
  });

  test('a checked list stays frozen', () => {
    const checked = checkRequirements({ acrValues: ['mfa'] }, 'here');
    expect(Object.isFrozen(mergeRequirements(checked, { maxAge: 60 }).acrValues)).toBe(true);
  });
});

test('RS-20 isAcrValue holds every single character to the set of a scope token', () => {
  const accepted = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)).filter(isAcrValue);
  const printable = Array.from({ length: 0x7e - 0x20 }, (_, offset) => String.fromCharCode(0x21 + offset));
  expect(accepted).toEqual(printable.filter((character) => character !== '"' && character !== '\\'));
});
