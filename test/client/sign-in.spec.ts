import {
  type AuthorizationParametersOptions,
  authorizationParameters,
} from '../../lib/client/authorization-parameters.js';
import type { StepUpChallenge } from '../../lib/client/challenge.js';
import { angularAuthOptions } from '../../lib/client/sign-in/angular-auth-options.js';
import { keycloakLoginOptions } from '../../lib/client/sign-in/keycloak-login-options.js';
import { msalRequest } from '../../lib/client/sign-in/msal-request.js';
import { oidcClientSigninArgs } from '../../lib/client/sign-in/oidc-client-signin-args.js';
import { oktaTokenParams } from '../../lib/client/sign-in/okta-token-params.js';

const scope = 'openid pay';
const ACR_AND_AGE: StepUpChallenge = { scheme: 'Bearer', acrValues: ['phr', 'mfa'], maxAge: 300 };
const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const CLAIMS_CHALLENGE: StepUpChallenge = { scheme: 'Bearer', acrValues: ['c1'], claims: CLAIMS };
const ESSENTIAL = '{"id_token":{"acr":{"essential":true,"values":["phr","mfa"]}}}';
/** All that an application may add. */
const EVERYTHING = {
  scope,
  prompt: 'login',
  loginHint: 'alice',
  idTokenHint: 'e30.e30.',
  resource: 'https://api.example',
};

describe('field CL-20 parameters under the names of a library', () => {
  type Row = [name: string, challenge: StepUpChallenge, options: AuthorizationParametersOptions, expected: object];

  test.each<Row>([
    [
      'all of them',
      ACR_AND_AGE,
      EVERYTHING,
      {
        acr_values: 'phr mfa',
        max_age: 300,
        scope,
        prompt: 'login',
        login_hint: 'alice',
        resource: 'https://api.example',
        extraQueryParams: { id_token_hint: 'e30.e30.' },
      },
    ],
    ['an age of 0', { scheme: 'Bearer', maxAge: 0 }, {}, { max_age: 0, scope: 'openid' }],
    [
      'an essential acr',
      ACR_AND_AGE,
      { scope, mode: 'essential' },
      { max_age: 300, scope, extraQueryParams: { claims: ESSENTIAL } },
    ],
    ['a claims challenge', CLAIMS_CHALLENGE, { scope }, { scope, extraQueryParams: { claims: CLAIMS } }],
  ])('oidc-client-ts: %s', (_, challenge, options, expected) => {
    expect(oidcClientSigninArgs(challenge, options)).toEqual(expected);
  });

  test.each<Row>([
    [
      'all of them',
      ACR_AND_AGE,
      EVERYTHING,
      {
        acrValues: 'phr mfa',
        maxAge: 300,
        scopes: ['openid', 'pay'],
        prompt: 'login',
        loginHint: 'alice',
        extraParams: { id_token_hint: 'e30.e30.', resource: 'https://api.example' },
      },
    ],
    ['an age of 0', { scheme: 'Bearer', maxAge: 0 }, {}, { maxAge: 0, scopes: ['openid'] }],
    ['no scope', { scheme: 'Bearer', maxAge: 0 }, { openid: false }, { maxAge: 0 }],
    [
      'an essential acr',
      ACR_AND_AGE,
      { mode: 'essential' },
      { maxAge: 300, scopes: ['openid'], extraParams: { claims: ESSENTIAL } },
    ],
    ['a claims challenge', CLAIMS_CHALLENGE, {}, { scopes: ['openid'], extraParams: { claims: CLAIMS } }],
  ])('okta-auth-js: %s', (_, challenge, options, expected) => {
    expect(oktaTokenParams(challenge, options)).toEqual(expected);
  });

  test.each<Row>([
    [
      'all of them',
      ACR_AND_AGE,
      EVERYTHING,
      {
        scopes: ['openid', 'pay'],
        prompt: 'login',
        loginHint: 'alice',
        resource: 'https://api.example',
        extraQueryParameters: { acr_values: 'phr mfa', max_age: '300', id_token_hint: 'e30.e30.' },
      },
    ],
    [
      'no scope',
      { scheme: 'Bearer', maxAge: 0 },
      { openid: false },
      { scopes: [], extraQueryParameters: { max_age: '0' } },
    ],
    ['a claims challenge', CLAIMS_CHALLENGE, { scope }, { scopes: ['openid', 'pay'], claims: CLAIMS }],
  ])('MSAL: %s', (_, challenge, options, expected) => {
    expect(msalRequest(challenge, options)).toEqual(expected);
  });

  test.each<[name: string, challenge: StepUpChallenge, options: object, expected: object]>([
    [
      'all that it can send',
      ACR_AND_AGE,
      { scope, prompt: 'login', loginHint: 'alice' },
      { acrValues: 'phr mfa', maxAge: 300, scope, prompt: 'login', loginHint: 'alice' },
    ],
    ['an age of 0', { scheme: 'Bearer', maxAge: 0 }, {}, { maxAge: 0, scope: 'openid' }],
    [
      'an age of 0 for a server that overlooks it',
      { scheme: 'Bearer', maxAge: 0 },
      { zeroMaxAge: { max_age: '1', prompt: 'login' } },
      { maxAge: 1, prompt: 'login', scope: 'openid' },
    ],
    [
      'an essential acr',
      ACR_AND_AGE,
      { mode: 'essential' },
      { acr: { essential: true, values: ['phr', 'mfa'] }, maxAge: 300, scope: 'openid' },
    ],
  ])('keycloak-js: %s', (_, challenge, options, expected) => {
    expect(keycloakLoginOptions(challenge, options)).toEqual(expected);
  });

  test.each<[name: string, challenge: StepUpChallenge, options: object, parameter: string]>([
    ['a claims challenge', CLAIMS_CHALLENGE, {}, 'claims'],
    ['claims of the application', ACR_AND_AGE, { claims: { userinfo: { name: null } } }, 'claims'],
    [
      'claims next to an essential acr',
      ACR_AND_AGE,
      { mode: 'essential', claims: { id_token: { name: null } } },
      'claims',
    ],
    ['an ID token hint', ACR_AND_AGE, { idTokenHint: 'e30.e30.' }, 'id_token_hint'],
    ['a resource indicator', ACR_AND_AGE, { resource: 'https://api.example' }, 'resource'],
    ['a parameter in place of an age of 0', { scheme: 'Bearer', maxAge: 0 }, { zeroMaxAge: { kc_x: '1' } }, 'kc_x'],
  ])('keycloak-js has no place for %s, which is a TypeError', (_, challenge, options, parameter) => {
    expect(() => keycloakLoginOptions(challenge, options)).toThrow(
      new TypeError(`"${parameter}" cannot be sent with keycloak-js`),
    );
  });

  test('angular-auth-oidc-client: all but the scope, which would be sent twice', () => {
    const { scope: _, ...options } = EVERYTHING;
    expect(angularAuthOptions(ACR_AND_AGE, options)).toEqual({
      customParams: {
        acr_values: 'phr mfa',
        max_age: '300',
        prompt: 'login',
        login_hint: 'alice',
        id_token_hint: 'e30.e30.',
        resource: 'https://api.example',
      },
    });
  });

  test('angular-auth-oidc-client: a scope is a TypeError', () => {
    expect(() => angularAuthOptions(ACR_AND_AGE, { scope } as object)).toThrow(
      new TypeError('"scope" cannot be sent with angular-auth-oidc-client'),
    );
  });

  const all = { angularAuthOptions, keycloakLoginOptions, msalRequest, oidcClientSigninArgs, oktaTokenParams };

  test.each(Object.entries(all))('%s refuses what authorizationParameters refuses', (_, mapper) => {
    for (const wrong of [{ maxAge: null }, { acrValues: 'mfa' }, { claims: {} }]) {
      expect(() => mapper({ scheme: 'Bearer', ...wrong } as never)).toThrow(TypeError);
    }
  });

  test.each(['keycloakLoginOptions', 'oidcClientSigninArgs', 'oktaTokenParams'] as const)(
    '%s sends no age that is not a number of seconds',
    (name) => {
      for (const max_age of ['', 'now', '-1', '1.5', '1e3']) {
        expect(() => all[name]({ scheme: 'Bearer', maxAge: 0 }, { zeroMaxAge: { max_age } })).toThrow(
          new TypeError('"max_age" must be a number of seconds'),
        );
      }
    },
  );

  test('what is not named differently is as authorizationParameters has it', () => {
    const { extraQueryParams, max_age, ...args } = oidcClientSigninArgs(ACR_AND_AGE, EVERYTHING);
    expect({ ...args, ...extraQueryParams, max_age: String(max_age) }).toEqual(
      authorizationParameters(ACR_AND_AGE, EVERYTHING),
    );
  });
});
