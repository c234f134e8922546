import { type AuthorizationServerProfile, checkProfile } from '../../lib/authorization-servers/index.js';
import { type AuthenticationRequirements, assess, type UnmetReason } from '../../lib/core/index.js';
import { authenticationEvent } from '../../lib/token/index.js';

const NOW = 1_790_000_000;
const ISSUER = 'https://as.example';

type Methods = NonNullable<AuthorizationServerProfile['methods']>;

function eventOf(claims: Record<string, unknown>, profile: AuthorizationServerProfile) {
  const { issuer, ...event } = authenticationEvent(claims, {
    issuer: ISSUER,
    profile: checkProfile(profile, 'profile'),
  });
  expect(issuer).toBe(ISSUER);
  return event;
}

function reasons(
  claims: Record<string, unknown>,
  profile: AuthorizationServerProfile,
  requirements: AuthenticationRequirements,
): readonly UnmetReason[] {
  const assessment = assess(eventOf(claims, profile), requirements, { now: NOW, clockTolerance: 5 });
  return assessment.met ? [] : assessment.reasons;
}

describe('RS-57 an acr that methods tell', () => {
  const list: Methods = { acr: { mfa: ['otp', ['pwd', 'hwk']] } };

  test.each<[amr: unknown, reasons: UnmetReason[]]>([
    [['otp'], []],
    [['pwd', 'otp'], []],
    [['hwk', 'pwd'], []],
    [['hwk'], ['acr_unmet']],
    [['pwd'], ['acr_unmet']],
    [['OTP'], ['acr_unmet']],
    [['otp2', 'mfa'], ['acr_unmet']],
    [['pwd otp'], ['acr_unmet']],
    [[], ['acr_missing']],
    ['otp', ['acr_missing']],
    [['otp', 5], ['acr_missing']],
    [[['otp']], ['acr_missing']],
    [{ 0: 'otp', length: 1 }, ['acr_missing']],
    [{ otp: NOW }, ['acr_missing']],
    [null, ['acr_missing']],
    [undefined, ['acr_missing']],
    [true, ['acr_missing']],
  ])('RS-57 methods %j of a list meet mfa: %j lack', (amr, expected) => {
    expect(reasons({ amr }, { methods: list }, { acrValues: ['mfa'] })).toEqual(expected);
  });

  test('RS-57 the acr of the claim counts next to what methods tell, and neither replaces the other', () => {
    const profile: AuthorizationServerProfile = { methods: list };
    const claims = { acr: 'pwd', amr: ['otp'] };
    expect(eventOf(claims, profile)).toEqual({ acr: 'pwd', acrs: ['mfa'], amr: ['otp'] });
    expect(reasons(claims, profile, { acrValues: ['pwd'] })).toEqual([]);
    expect(reasons({ acr: 'mfa', amr: ['pwd'] }, profile, { acrValues: ['mfa'] })).toEqual([]);
    const contexts: AuthorizationServerProfile = { ...profile, acrType: 'list' };
    expect(eventOf({ acr: ['c1'], amr: ['otp'] }, contexts).acrs).toEqual(['c1', 'mfa']);
  });

  test('RS-57 methods without times leave maxAge to auth_time', () => {
    const profile: AuthorizationServerProfile = { methods: list };
    const required = { acrValues: ['mfa'], maxAge: 300 };
    expect(reasons({ amr: ['otp'], auth_time: NOW - 200 }, profile, required)).toEqual([]);
    expect(reasons({ amr: ['otp'], auth_time: NOW - 400 }, profile, required)).toEqual(['authentication_too_old']);
    expect(reasons({ amr: ['otp'] }, profile, required)).toEqual(['auth_time_missing']);
  });

  test('RS-57 a client credentials token has no methods', () => {
    const profile: AuthorizationServerProfile = { methods: list, clientCredentialsClaims: { gty: 'cc' } };
    expect(eventOf({ amr: ['otp'], gty: 'cc' }, profile)).toEqual({});
  });

  test.each<[amr: unknown, told: readonly string[] | undefined]>([
    ['totp', ['mfa']],
    ['phone', []],
    ['', undefined],
    [['totp'], undefined],
    [{}, undefined],
  ])('RS-57 the method %j of a text tells %j', (second, told) => {
    const profile: AuthorizationServerProfile = {
      claims: { amr: ['firebase', 'second'] },
      methods: { form: 'text', acr: { mfa: ['totp'] } },
    };
    expect(eventOf({ firebase: { second } }, profile).acrs).toEqual(told);
  });
});

describe('RS-58 the time of a factor', () => {
  const entries: AuthorizationServerProfile = {
    methods: {
      form: 'entries',
      method: 'method',
      time: 'timestamp',
      acr: { mfa: ['totp', 'hwk'], both: [['pwd', 'totp']] },
      authTime: ['pwd', 'totp'],
    },
  };
  const at = (method: string, age: unknown) => ({ method, timestamp: typeof age === 'number' ? NOW - age : age });

  test('RS-58 a second factor within five minutes is told from a password within five minutes', () => {
    const required = { acrValues: ['mfa'], maxAge: 300 };
    const password = { amr: [at('pwd', 10), at('totp', 3600)] };
    expect(reasons(password, entries, required)).toEqual(['authentication_too_old']);
    expect(reasons(password, entries, { maxAge: 300 })).toEqual([]);
    expect(reasons({ amr: [at('pwd', 36_000), at('totp', 10)] }, entries, required)).toEqual([]);
  });

  test('RS-58 auth_time does not stand in for the time of the factor', () => {
    const claims = { auth_time: NOW, amr: [at('totp', 3600)] };
    expect(reasons(claims, entries, { acrValues: ['mfa'], maxAge: 300 })).toEqual(['authentication_too_old']);
    expect(
      reasons({ auth_time: NOW, amr: [{ method: 'totp' }] }, entries, { acrValues: ['mfa'], maxAge: 300 }),
    ).toEqual(['auth_time_missing']);
  });

  test.each<[what: string, amr: unknown, reasons: UnmetReason[]]>([
    ['the later of two entries of one method counts', [at('totp', 900), at('totp', 20)], []],
    ['the latest of several methods counts', [at('hwk', 900), at('totp', 20)], []],
    ['an entry without a time does not count next to one with a time', [{ method: 'hwk' }, at('totp', 20)], []],
    ['an entry at the limit counts', [at('totp', 305)], []],
    ['an entry beyond the limit does not', [at('totp', 306)], ['authentication_too_old']],
    ['milliseconds never count', [{ method: 'totp', timestamp: NOW * 1000 }], ['auth_time_invalid']],
    [
      'milliseconds spoil a good entry',
      [at('totp', 20), { method: 'totp', timestamp: NOW * 1000 }],
      ['auth_time_invalid'],
    ],
    ['a text never counts', [at('totp', String(NOW))], ['auth_time_invalid']],
    ['a text spoils a good entry', [at('totp', 20), at('hwk', 'now')], ['auth_time_invalid']],
    ['an object spoils a good entry', [at('totp', 20), at('hwk', {})], ['auth_time_invalid']],
    ['a time in the future never counts', [at('totp', -60)], ['auth_time_in_future']],
    ['a time in the future spoils a good entry', [at('totp', 20), at('hwk', -60)], ['auth_time_in_future']],
    ['a negative time never counts', [{ method: 'totp', timestamp: -1 }], ['auth_time_invalid']],
    ['null is no time', [at('totp', null)], ['auth_time_missing']],
    ['an unknown method counts for nothing', [at('face', 1), at('totp', 900)], ['authentication_too_old']],
    ['a list of texts is no list of entries', ['totp'], ['acr_missing', 'auth_time_missing']],
    ['an entry that is no object spoils all', [at('totp', 20), null], ['acr_missing', 'auth_time_missing']],
    [
      'an entry without a method spoils all',
      [at('totp', 20), { timestamp: NOW }],
      ['acr_missing', 'auth_time_missing'],
    ],
    ['an object of methods is no list of entries', { totp: NOW }, ['acr_missing', 'auth_time_missing']],
  ])('RS-58 %s', (_, amr, expected) => {
    expect(reasons({ amr }, entries, { acrValues: ['mfa'], maxAge: 300 })).toEqual(expected);
  });

  test('RS-58 methods that are needed together are as old as the oldest of them', () => {
    const required = { acrValues: ['both'], maxAge: 300 };
    expect(reasons({ amr: [at('pwd', 900), at('totp', 20)] }, entries, required)).toEqual(['authentication_too_old']);
    expect(reasons({ amr: [at('pwd', 200), at('totp', 20)] }, entries, required)).toEqual([]);
    expect(reasons({ amr: [{ method: 'pwd' }, at('totp', 20)] }, entries, required)).toEqual(['auth_time_missing']);
    expect(reasons({ amr: [at('pwd', 20), { method: 'totp' }] }, entries, required)).toEqual(['auth_time_missing']);
    expect(reasons({ amr: [at('totp', 20)] }, entries, required)).toEqual(['acr_unmet']);
  });

  test('RS-58 an event has no member of which the profile tells nothing', () => {
    const methods: Methods = { form: 'entries', method: 'method', time: 'timestamp', authTime: ['pwd'] };
    expect(eventOf({ amr: [at('pwd', 10)] }, { methods })).toStrictEqual({ amr: ['pwd'], authTime: NOW - 10 });
    expect(eventOf({ amr: [at('totp', 10)] }, { methods })).toStrictEqual({ amr: ['totp'] });
    // a list of texts, where entries are said to be
    expect(eventOf({ amr: ['pwd'] }, { methods })).toStrictEqual({});
  });

  test('RS-58 auth_time of a token wins over the times of methods', () => {
    expect(eventOf({ auth_time: NOW - 500, amr: [at('pwd', 10)] }, entries).authTime).toBe(NOW - 500);
    expect(eventOf({ amr: [at('pwd', 10), at('refresh', 0)] }, entries).authTime).toBe(NOW - 10);
    expect(eventOf({ amr: [at('refresh', 0)] }, entries).authTime).toBeUndefined();
  });

  test('RS-58 a class that the server tells is as old as its methods, and never as old as auth_time', () => {
    const profile: AuthorizationServerProfile = {
      claims: { acr: 'aal' },
      methods: {
        form: 'entries',
        method: 'method',
        time: 'timestamp',
        acrTimes: { aal2: ['totp'] },
        authTime: ['pwd'],
      },
    };
    const required = { acrValues: ['aal2'], maxAge: 300 };
    expect(reasons({ aal: 'aal2', amr: [at('pwd', 10), at('totp', 900)] }, profile, required)).toEqual([
      'authentication_too_old',
    ]);
    expect(reasons({ aal: 'aal2', amr: [at('pwd', 900), at('totp', 10)] }, profile, required)).toEqual([]);
    expect(reasons({ aal: 'aal2', amr: [at('pwd', 10)] }, profile, required)).toEqual(['auth_time_missing']);
    const fresh = { aal: 'aal2', auth_time: NOW - 10 };
    for (const amr of [undefined, null, [], ['totp'], 'totp', [at('totp', 10), {}]]) {
      expect(reasons({ ...fresh, amr }, profile, required)).toEqual(['auth_time_missing']);
    }
    expect(reasons({ ...fresh, amr: [at('pwd', 10)] }, profile, required)).toEqual(['auth_time_missing']);
    expect(reasons(fresh, profile, { maxAge: 300 })).toEqual([]);
    // methods date the class, and do not tell it
    expect(reasons({ aal: 'aal1', amr: [at('totp', 10)] }, profile, { acrValues: ['aal2'] })).toEqual(['acr_unmet']);
    expect(reasons({ aal: 'aal1', amr: [at('pwd', 10)] }, profile, { acrValues: ['aal1'], maxAge: 300 })).toEqual([]);
  });

  test.each<[times: unknown, reasons: UnmetReason[]]>([
    [{ pwd: NOW - 900, totp: NOW - 20 }, []],
    [{ totp: NOW - 900 }, ['authentication_too_old']],
    [{ totp: false }, ['acr_missing', 'auth_time_missing']],
    [{ totp: null }, ['acr_missing', 'auth_time_missing']],
    [{ totp: 0 }, ['acr_missing', 'auth_time_missing']],
    [{ totp: String(NOW) }, ['acr_missing', 'auth_time_missing']],
    [[NOW], ['acr_missing', 'auth_time_missing']],
    [undefined, ['acr_missing', 'auth_time_missing']],
    [null, ['acr_missing', 'auth_time_missing']],
    [{ totp: NOW * 1000 }, ['auth_time_invalid']],
    [['totp'], ['acr_missing', 'auth_time_missing']],
    ['totp', ['acr_missing', 'auth_time_missing']],
  ])('RS-58 an object of times %j: %j lack', (c, expected) => {
    const profile: AuthorizationServerProfile = {
      claims: { amr: ['st-mfa', 'c'] },
      methods: { form: 'times', acr: { mfa: ['totp'] } },
    };
    expect(reasons({ 'st-mfa': { c } }, profile, { acrValues: ['mfa'], maxAge: 300 })).toEqual(expected);
  });

  test.each<[fva: unknown, iat: unknown, reasons: UnmetReason[]]>([
    [[60, 3], NOW - 30, []],
    [[60, 4], NOW, []],
    // cut to whole minutes, so that it may be a minute older
    [[60, 5], NOW, ['authentication_too_old']],
    [[0, -1], NOW, ['acr_unmet']],
    [[-1, -1], NOW, ['acr_missing', 'auth_time_missing']],
    [[0, 0], undefined, ['auth_time_missing']],
    [[0, 0], String(NOW), ['auth_time_missing']],
    [[0], NOW, ['acr_missing', 'auth_time_missing']],
    [[0, 0, 0], NOW, ['acr_missing', 'auth_time_missing']],
    [[0, '0'], NOW, ['acr_missing', 'auth_time_missing']],
    [[0, null], NOW, ['acr_missing', 'auth_time_missing']],
    ['00', NOW, ['acr_missing', 'auth_time_missing']],
  ])('RS-58 factor ages %j at %j: %j lack', (fva, iat, expected) => {
    const profile: AuthorizationServerProfile = {
      claims: { amr: 'fva' },
      methods: { form: 'ages', names: ['first', 'second'], unit: 60, acr: { mfa: ['second'] } },
    };
    expect(reasons({ fva, iat }, profile, { acrValues: ['mfa'], maxAge: 300 })).toEqual(expected);
  });
});

describe('RS-51 a time in the format of a profile', () => {
  const iso = new Date((NOW - 10) * 1000).toISOString();
  test.each<[format: 'seconds' | 'milliseconds' | 'rfc3339', time: unknown, reasons: UnmetReason[]]>([
    ['seconds', NOW - 10, []],
    ['seconds', (NOW - 10) * 1000, ['auth_time_invalid']],
    ['seconds', iso, ['auth_time_invalid']],
    ['milliseconds', (NOW - 10) * 1000, []],
    ['milliseconds', (NOW - 900) * 1000, ['authentication_too_old']],
    ['milliseconds', NOW - 10, ['auth_time_invalid']],
    ['milliseconds', String((NOW - 10) * 1000), ['auth_time_invalid']],
    ['rfc3339', iso, []],
    ['rfc3339', iso.replace('Z', '+00:00'), []],
    ['rfc3339', iso.replace('Z', '+01:00'), ['authentication_too_old']],
    ['rfc3339', iso.replace('Z', ''), ['auth_time_invalid']],
    ['rfc3339', iso.slice(0, 10), ['auth_time_invalid']],
    ['rfc3339', '2026-99-99T00:00:00Z', ['auth_time_invalid']],
    ['rfc3339', NOW - 10, ['auth_time_invalid']],
    ['rfc3339', '', ['auth_time_invalid']],
    ['rfc3339', null, ['auth_time_missing']],
    ['rfc3339', undefined, ['auth_time_missing']],
  ])('RS-51 the format %s reads %j: %j lack', (authTimeFormat, auth_time, expected) => {
    expect(reasons({ auth_time }, { authTimeFormat }, { maxAge: 300 })).toEqual(expected);
  });
});
