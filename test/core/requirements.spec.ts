import {
  type AuthenticationRequirements,
  checkRequirements,
  isAcrValue,
  mergeRequirements,
} from '../../lib/core/index.js';

describe('checkRequirements', () => {
  const where = '@RequireAcr on TransferController.create';

  test.each<[what: string, requirements: AuthenticationRequirements]>([
    ['RS-09 a list of values, in its order,', { acrValues: ['phr', 'mfa', 'a'] }],
    [
      'RS-20 a list of URNs and URIs',
      { acrValues: ['urn:bankid:bid;LOA=4', 'http://idmanagement.gov/ns/assurance/aal/2?p=true'] },
    ],
    ['RS-20 a value of every character of a scope token', { acrValues: ["!#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~"] }],
    ['RS-10 a maxAge of 0', { maxAge: 0 }],
    ['RS-10 the greatest maxAge', { maxAge: Number.MAX_SAFE_INTEGER }],
    ['RS-16 a scope', { scope: 'transfer:write' }],
    ['RS-16 a list of scopes in one string', { scope: 'transfer:write read' }],
    ['a combination of all three', { acrValues: ['mfa'], maxAge: 300, scope: 'transfer:write' }],
  ])('%s is accepted', (_, requirements) => {
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

  test.each<[what: string, requirements: unknown, message: string]>([
    ['undefined in place of requirements', undefined, NO_OBJECT],
    ['null in place of requirements', null, NO_OBJECT],
    ['a string in place of requirements', 'mfa', NO_OBJECT],
    ['a list in place of requirements', ['mfa'], NO_OBJECT],
    ['a function in place of requirements', () => ({ maxAge: 1 }), NO_OBJECT],
    ['an empty object in place of requirements', {}, NOTHING],
    ['a promise in place of requirements', Promise.resolve({ maxAge: 1 }), NOTHING],
    ['an object with only undefined members', { acrValues: undefined, maxAge: undefined, scope: undefined }, NOTHING],
    ['a requirement with a misspelt name', { maxage: 300 }, known('maxage')],
    ['a requirement with its name on the wire', { acrValues: ['mfa'], max_age: 300 }, known('max_age')],
    ['an unknown requirement that is undefined', { maxAge: 300, acr: undefined }, known('acr')],
    ['a requirement named __proto__', JSON.parse('{"maxAge":300,"__proto__":{}}'), known('__proto__')],
    ['RS-09 an acrValues that is a string', { acrValues: 'mfa' }, LIST],
    ['RS-09 an acrValues that is null', { acrValues: null }, LIST],
    ['RS-09 an acrValues that is an empty list', { acrValues: [] }, LIST],
    ['RS-09 an acrValues that is a Set', { acrValues: new Set(['mfa']) }, LIST],
    ['RS-09 an acr value given twice', { acrValues: ['mfa', 'phr', 'mfa'] }, '"acrValues" repeats a value'],
    ['RS-20 an empty acr value', { acrValues: [''] }, value('""')],
    ['RS-20 an acr value with a space', { acrValues: ['high assurance'] }, value('"high assurance"')],
    ['RS-20 an acr value with a quote', { acrValues: ['a"b'] }, value('"a\\"b"')],
    ['RS-20 an acr value with a backslash', { acrValues: ['a\\b'] }, value('"a\\\\b"')],
    ['RS-20 an acr value beyond ASCII', { acrValues: ['mfa', '\u00e9'] }, value('"\u00e9"')],
    ['RS-20 an acr value with an arrow', { acrValues: ['a\u2192b'] }, value('"a\u2192b"')],
    ['RS-20 an acr value with DEL', { acrValues: ['a\x7f'] }, value('"a\x7f"')],
    ['RS-22 an acr value with CR and LF', { acrValues: ['mfa\r\nSet-Cookie:a=b'] }, value('"mfa\\r\\nSet-Cookie:a=b"')],
    ['RS-22 an acr value with a line feed at its end', { acrValues: ['mfa\n'] }, value('"mfa\\n"')],
    ['RS-22 an acr value that is NUL', { acrValues: ['\0'] }, value('"\\u0000"')],
    ['RS-20 an acr value that is a number', { acrValues: [2] }, value('2')],
    ['RS-20 an acr value that is a hole of the list', { acrValues: new Array(1) }, value('undefined')],
    ['RS-20 an acr value that is a list', { acrValues: [['mfa']] }, value('a list')],
    ['RS-20 an acr value that has no text', { acrValues: [Object.create(null)] }, value('of type object')],
    ['RS-20 an acr value that is a function', { acrValues: [() => 'secret'] }, value('of type function')],
    ['RS-10 a maxAge of -1', { maxAge: -1 }, maxAge('-1')],
    ['RS-10 a maxAge of 1.5', { maxAge: 1.5 }, maxAge('1.5')],
    ['RS-10 a maxAge of NaN', { maxAge: Number.NaN }, maxAge('NaN')],
    ['RS-10 a maxAge of Infinity', { maxAge: Number.POSITIVE_INFINITY }, maxAge('Infinity')],
    ['RS-10 a maxAge that is a string', { maxAge: '5' }, maxAge('"5"')],
    ['RS-10 a maxAge that is null', { maxAge: null }, maxAge('null')],
    ['RS-10 a maxAge that is a bigint', { maxAge: 5n }, maxAge('5')],
    ['RS-10 a maxAge beyond the safe integers', { maxAge: Number.MAX_SAFE_INTEGER + 1 }, maxAge('9007199254740992')],
    ['RS-16 a scope with a quote', { scope: 'a"b' }, scope('"a\\"b"')],
    ['RS-16 an empty scope', { scope: '' }, scope('""')],
    ['RS-16 a scope with doubled spaces', { scope: 'a  b' }, scope('"a  b"')],
    ['RS-16 a scope with a space at its start', { scope: ' a' }, scope('" a"')],
    ['RS-16 a scope with a space at its end', { scope: 'a ' }, scope('"a "')],
    ['RS-16 a scope with a tab', { scope: 'a\tb' }, scope('"a\\tb"')],
    ['RS-16 a scope that is a list', { scope: ['a'] }, scope('a list')],
    ['RS-16 a scope that is null', { scope: null }, scope('null')],
  ])('%s is refused', (_, requirements, message) => {
    const check = () => checkRequirements(requirements, where);
    expect(check).toThrow(TypeError);
    expect(check).toThrow(new TypeError(`${where}: ${message}`));
  });

  test('checkRequirements returns a frozen copy and leaves the given object as it was', () => {
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
  test.each<
    [
      name: string,
      outer: AuthenticationRequirements,
      inner: AuthenticationRequirements,
      merged: AuthenticationRequirements,
    ]
  >([
    ['inner acrValues win as a list', { acrValues: ['phr', 'mfa'] }, { acrValues: ['pwd'] }, { acrValues: ['pwd'] }],
    ['an inner maxAge replaces an outer one, even if it is greater', { maxAge: 60 }, { maxAge: 300 }, { maxAge: 300 }],
    ['RS-11 an inner maxAge of 0 replaces an outer one', { maxAge: 300 }, { maxAge: 0 }, { maxAge: 0 }],
    ['RS-11 an outer maxAge of 0 stays', { maxAge: 0 }, { acrValues: ['mfa'] }, { acrValues: ['mfa'], maxAge: 0 }],
    ['requirements of two kinds add up', { acrValues: ['mfa'] }, { maxAge: 60 }, { acrValues: ['mfa'], maxAge: 60 }],
    [
      'an inner member that is undefined replaces nothing',
      { acrValues: ['mfa'], maxAge: 60, scope: 'a' },
      { acrValues: undefined, maxAge: undefined, scope: undefined },
      { acrValues: ['mfa'], maxAge: 60, scope: 'a' },
    ],
    ['the scope is the union of both, the outer one first', { scope: 'b a' }, { scope: 'c a' }, { scope: 'b a c' }],
    ['the same scope is named once', { scope: 'a' }, { scope: 'a' }, { scope: 'a' }],
    ['no requirements on either side are no requirements', {}, {}, {}],
  ])('%s', (_, outer, inner, expected) => {
    expect(mergeRequirements(outer, inner)).toStrictEqual(expected);
  });

  test('merged requirements are frozen, and what was given stays as it was', () => {
    const outer = { acrValues: ['mfa'], scope: 'a' };
    const inner = { maxAge: 0, scope: 'b' };
    const merged = mergeRequirements(outer, inner);
    expect(Object.isFrozen(merged)).toBe(true);
    expect(outer).toStrictEqual({ acrValues: ['mfa'], scope: 'a' });
    expect(inner).toStrictEqual({ maxAge: 0, scope: 'b' });
    expect([outer, outer.acrValues, inner].some(Object.isFrozen)).toBe(false);
  });

  test('a checked list of acr values stays frozen when it is merged', () => {
    const checked = checkRequirements({ acrValues: ['mfa'] }, 'here');
    expect(Object.isFrozen(mergeRequirements(checked, { maxAge: 60 }).acrValues)).toBe(true);
  });
});

test('RS-20 isAcrValue holds every single character to the set of a scope token', () => {
  const accepted = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)).filter(isAcrValue);
  const printable = Array.from({ length: 0x7e - 0x20 }, (_, offset) => String.fromCharCode(0x21 + offset));
  expect(accepted).toEqual(printable.filter((character) => character !== '"' && character !== '\\'));
});
