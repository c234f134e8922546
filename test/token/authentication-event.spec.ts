import { type AuthorizationServerProfile, checkProfile } from '../../lib/authorization-servers/index.js';
import { authenticationOf } from '../../lib/token/authentication-event.js';
import { authenticationEvent } from '../../lib/token/index.js';

const NOW = 1_790_000_000;
const ISSUER = 'https://as.example';

const eventOf = (claims: Record<string, unknown>, profile: AuthorizationServerProfile = {}) =>
  authenticationEvent(claims, { issuer: ISSUER, profile: checkProfile(profile, 'profile') });

const CLAIMS = {
  sub: 'alice',
  client_id: 'page',
  scope: 'a b',
  acr: 'mfa',
  auth_time: NOW,
  amr: ['pwd', 'otp'],
};

test('RFC 9068 §2.2.1 says who authenticated, how and when, and for which client and scope', () => {
  expect(eventOf(CLAIMS)).toEqual({
    issuer: ISSUER,
    subject: 'alice',
    clientId: 'page',
    scope: 'a b',
    acr: 'mfa',
    authTime: NOW,
    amr: ['pwd', 'otp'],
  });
});

test('RFC 9068 §2.2 a token of a client has no authentication, whatever its claims say', () => {
  const profile = { clientCredentialsClaims: { gty: 'client-credentials' } };
  const { acr, auth_time, amr, ...others } = CLAIMS;
  const machine = { ...CLAIMS, gty: 'client-credentials' };
  expect(eventOf(machine, profile)).toEqual(eventOf(others));
  expect(authenticationOf(machine, checkProfile(profile, 'profile'))).toEqual({});
  expect(authenticationOf(CLAIMS, checkProfile(profile, 'profile'))).toEqual({ acr, authTime: auth_time, amr });
});

test.each<[claim: string, member: string, values: unknown[]]>([
  ['sub', 'subject', [undefined, null, 7, ['alice'], { of: 'alice' }]],
  ['client_id', 'clientId', [undefined, null, 7, ['page']]],
  ['scope', 'scope', [undefined, null, 7, ['a', 7], { a: true }]],
  ['acr', 'acr', [undefined, null, 7, true, ['mfa']]],
  ['auth_time', 'authTime', [undefined, null]],
  ['amr', 'amr', [undefined, null, 'pwd', ['pwd', 7], { 0: 'pwd', length: 1 }]],
])('a %s of another type is no %s', (claim, member, values) => {
  for (const value of values) expect(eventOf({ ...CLAIMS, [claim]: value })).not.toHaveProperty(member);
});

describe('an event and its lists cannot be changed', () => {
  test.each<[list: 'acrs' | 'amr', profile: AuthorizationServerProfile]>([
    ['amr', {}],
    ['amr', { methods: { acr: { mfa: ['otp'] } } }],
    ['acrs', { acrType: 'list' }],
    ['acrs', { acrType: 'list', methods: { acr: { mfa: ['otp'] } } }],
  ])('%s with the profile %j', (list, profile) => {
    const claims = { ...CLAIMS, acr: ['c1'], amr: ['pwd', 'otp'] };
    const event = eventOf(claims, profile);
    expect([Object.isFrozen(event), Object.isFrozen(event[list])]).toEqual([true, true]);
    // what the caller has handed over stays the caller's own
    expect([Object.isFrozen(claims.acr), Object.isFrozen(claims.amr)]).toEqual([false, false]);
  });

  test('and a list that is frozen already, as of a verified token, is not copied', () => {
    const amr = Object.freeze(['pwd']);
    expect(eventOf({ amr }).amr).toBe(amr);
  });
});
