import { checkAuthorizationServers, type IntrospectionOptions } from '../../lib/authorization-servers/index.js';
import type { AuthenticationEvent, AuthenticationRequirements } from '../../lib/core/index.js';
import { lacksRequired } from '../../lib/token/index.js';

const NOW = 1_790_000_000;
const introspection = { clientId: 'api', clientSecret: 's3cret', endpoint: 'https://as.example/introspect' };

function lacks(
  when: IntrospectionOptions['when'] | 'never',
  event: Partial<AuthenticationEvent>,
  requirements: AuthenticationRequirements,
): boolean {
  const issuer = 'https://as.example';
  const [server] = checkAuthorizationServers([
    { issuer, audience: 'api', ...(when !== 'never' && { introspection: { ...introspection, when: when! } }) },
  ]);
  return lacksRequired({ claims: {}, event: { issuer, ...event }, server: server! }, requirements);
}

const [acrValues, maxAge] = [['mfa'], 300];
const dated = { acr: 'mfa', authTime: NOW };
const methods = { amr: ['otp'], acrs: ['mfa'], acrTimes: { mfa: NOW } };

describe('SRV-6 a token is asked about if it lacks what is required, and its server tells it', () => {
  test.each<
    [
      what: string,
      event: Partial<AuthenticationEvent>,
      requirements: AuthenticationRequirements,
      eventMissing: boolean,
      authTimeMissing: boolean,
    ]
  >([
    ['acr and auth_time, both required', dated, { acrValues, maxAge }, false, false],
    ['acr of another value', dated, { acrValues: ['phr'] }, false, false],
    ['nothing, and nothing required', {}, {}, false, false],
    ['nothing, and a scope required', {}, { scope: 'a' }, false, false],
    ['no acr, and one required', { authTime: NOW }, { acrValues }, true, false],
    ['no acr, and an age required', { authTime: NOW }, { maxAge }, false, false],
    ['a list of acr values', { acrs: ['mfa'], authTime: NOW }, { acrValues }, false, false],
    ['an empty list of acr values', { acrs: [], authTime: NOW }, { acrValues }, false, false],
    ['no auth_time, and an age required', { acr: 'mfa' }, { maxAge }, true, true],
    ['no auth_time, and an age of 0 required', { acr: 'mfa' }, { maxAge: 0 }, true, true],
    ['no auth_time, and both required', { acr: 'mfa' }, { acrValues, maxAge }, true, true],
    ['no auth_time, and an acr required', { acr: 'mfa' }, { acrValues }, false, false],
    ['methods and their times', methods, { acrValues, maxAge }, false, false],
    ['methods and their times, and an age required', methods, { maxAge }, false, false],
    ['times without methods', { acr: 'mfa', acrTimes: {} }, { maxAge }, true, true],
    ['methods without times', { acr: 'mfa', amr: ['otp'] }, { maxAge }, true, true],
    // auth_time does not stand in for the time of a context
    ['auth_time, and times without methods', { ...dated, acrTimes: {} }, { acrValues, maxAge }, true, true],
    ['auth_time, and times without methods, and an age required', { ...dated, acrTimes: {} }, { maxAge }, false, false],
    [
      'auth_time, and times without methods, and an acr required',
      { ...dated, acrTimes: {} },
      { acrValues },
      false,
      false,
    ],
    ['auth_time, methods and times', { ...dated, ...methods }, { acrValues, maxAge }, false, false],
    ['auth_time, and methods without times', { ...dated, amr: ['otp'] }, { acrValues, maxAge }, false, false],
  ])('%s', (_, event, requirements, eventMissing, authTimeMissing) => {
    expect(lacks('event-missing', event, requirements)).toBe(eventMissing);
    expect(lacks('auth-time-missing', event, requirements)).toBe(authTimeMissing);
    for (const when of ['never', 'opaque', 'always'] as const) expect(lacks(when, event, requirements)).toBe(false);
  });
});
