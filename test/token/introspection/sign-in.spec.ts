import {
  contradicts,
  isDated,
  isLaterThan,
  isSameSignIn,
  type SignIn,
} from '../../../lib/token/introspection/sign-in.js';

const NOW = 1_800_000_000;
const full: SignIn = { acr: 'mfa', authTime: NOW, acrs: ['a', 'b'], acrTimes: { mfa: NOW, pwd: NOW - 60 } };

describe('sign-ins', () => {
  test.each<[name: string, one: SignIn, other: SignIn, isSame: boolean, isContradicted: boolean]>([
    ['the same', full, structuredClone(full), true, false],
    ['nothing', {}, {}, true, false],
    ['another acr', full, { ...full, acr: 'pwd' }, false, true],
    ['another time', full, { ...full, authTime: NOW - 1 }, false, true],
    ['another list', full, { ...full, acrs: ['a', 'c'] }, false, true],
    ['a shorter list', full, { ...full, acrs: ['a'] }, false, true],
    ['a longer list', full, { ...full, acrs: ['a', 'b', 'c'] }, false, true],
    ['another order', full, { ...full, acrs: ['b', 'a'] }, false, true],
    ['another time of a factor', full, { ...full, acrTimes: { mfa: NOW - 1, pwd: NOW - 60 } }, false, true],
    ['a factor less', full, { ...full, acrTimes: { mfa: NOW } }, false, true],
    ['another factor', full, { ...full, acrTimes: { mfa: NOW, otp: NOW - 60 } }, false, true],
    ['factors in another order', full, { ...full, acrTimes: { pwd: NOW - 60, mfa: NOW } }, true, false],
    [
      'times of factors that are no number',
      { acrTimes: { a: Number.NaN } },
      { acrTimes: { a: Number.NaN } },
      true,
      false,
    ],
    ...(['acr', 'authTime', 'acrs', 'acrTimes'] as const).map((member): [string, SignIn, SignIn, boolean, boolean] => [
      `${member} in one of them`,
      full,
      { ...full, [member]: undefined },
      false,
      false,
    ]),
    ['an empty list and none', { acrs: [] }, {}, true, false],
    ['no times of factors and none at all', { acrTimes: {} }, {}, true, false],
  ])('%s', (_, one, other, isSame, isContradicted) => {
    expect([isSameSignIn(one, other), isSameSignIn(other, one)]).toEqual([isSame, isSame]);
    expect([contradicts(one, other), contradicts(other, one)]).toEqual([isContradicted, isContradicted]);
  });

  test.each<[name: string, signIn: SignIn, iat: unknown, isLater: boolean]>([
    ['in the second of the token', { authTime: NOW }, NOW, false],
    ['before it', { authTime: NOW - 1 }, NOW, false],
    ['after it', { authTime: NOW + 1 }, NOW, true],
    ['a factor after it', { authTime: NOW - 60, acrTimes: { pwd: NOW - 60, mfa: NOW + 1 } }, NOW, true],
    ['a factor before it', { acrTimes: { mfa: NOW } }, NOW, false],
    ['without a time', { acr: 'mfa', acrTimes: {} }, NOW, false],
    ['a token without a time', { authTime: NOW + 1 }, undefined, false],
    ['a token of an unreadable time', { authTime: NOW - 1 }, `${NOW}`, true],
    ['a token of an unreadable time, and none of the sign-in', { acr: 'mfa' }, null, false],
    ['a token in milliseconds', { authTime: NOW }, NOW * 1000, false],
    ['a token in milliseconds, and after it', { authTime: NOW + 1 }, NOW * 1000, true],
    // the last number that is taken for seconds
    ['the last second', { authTime: 100_000_000_000 }, 100_000_000_000, false],
    ['a time that is an object', { authTime: { valueOf: () => 0 } as never }, NOW, true],
    ['a time that cannot be compared', { authTime: Object.create(null) as never }, NOW, true],
    ['a time that is a list', { authTime: [NOW] as never }, NOW, true],
    ['a time that is a text', { authTime: 'x' as never }, NOW, true],
  ])('a sign-in %s', (_, signIn, iat, isLater) => {
    expect(isLaterThan(signIn, iat)).toBe(isLater);
  });

  test('a sign-in has a time if it or a factor has one', () => {
    const some: SignIn[] = [
      { authTime: NOW },
      { acrTimes: { mfa: NOW } },
      { acr: 'mfa', acrs: ['a'] },
      { acrTimes: {} },
      {},
    ];
    expect(some.map(isDated)).toEqual([true, true, false, false, false]);
  });
});
