import { buildAuthorizationUrl, buildAuthorizationUrlWithPAR, Configuration, customFetch } from 'openid-client';
import {
  type AuthorizationParametersOptions,
  authorizationParameters,
  type StepUpChallenge,
  type StepUpDeviationCode,
} from '../../lib/client/index.js';

const MFA: StepUpChallenge = { scheme: 'Bearer', acrValues: ['phr', 'mfa'] };
const ESSENTIAL = '{"id_token":{"acr":{"essential":true,"values":["phr","mfa"]}}}';

describe('authorizationParameters', () => {
  test.each<[string, Partial<StepUpChallenge>, AuthorizationParametersOptions, Record<string, string>]>([
    ['C-31 acr_values in order', { acrValues: ['phr', 'mfa'] }, {}, { acr_values: 'phr mfa', scope: 'openid' }],
    ['C-31 the first alone', MFA, { acrValues: 'first' }, { acr_values: 'phr', scope: 'openid' }],
    ['C-31 all, said aloud', MFA, { acrValues: 'all' }, { acr_values: 'phr mfa', scope: 'openid' }],
    [
      'C-37 the first alone, essential',
      MFA,
      { acrValues: 'first', mode: 'essential' },
      { claims: '{"id_token":{"acr":{"essential":true,"values":["phr"]}}}', scope: 'openid' },
    ],
    ['C-31 the first of none', { maxAge: 5 }, { acrValues: 'first' }, { max_age: '5', scope: 'openid' }],
    ['C-32 max_age', { maxAge: 300 }, {}, { max_age: '300', scope: 'openid' }],
    ['C-32 max_age of zero', { maxAge: 0 }, {}, { max_age: '0', scope: 'openid' }],
    [
      'C-33 max_age of zero for a server that refuses it',
      { maxAge: 0 },
      { zeroMaxAge: { max_age: '1', prompt: 'login' } },
      { max_age: '1', prompt: 'login', scope: 'openid' },
    ],
    [
      'C-33 which leaves another max_age alone',
      { maxAge: 5 },
      { zeroMaxAge: { prompt: 'login' } },
      { max_age: '5', scope: 'openid' },
    ],
    ['C-34 openid is added', { maxAge: 5 }, { scope: 'purchase' }, { max_age: '5', scope: 'openid purchase' }],
    ['C-34 openid is not repeated', { maxAge: 5 }, { scope: 'a openid' }, { max_age: '5', scope: 'openid a' }],
    ['C-34 openid can be left out', { maxAge: 5 }, { scope: 'a', openid: false }, { max_age: '5', scope: 'a' }],
    ['C-34 and then there may be no scope', { maxAge: 5 }, { openid: false }, { max_age: '5' }],
    [
      'C-35 a challenged scope that is allowed',
      { scope: 'b' },
      { scope: 'a', allowedScopes: ['b'] },
      { scope: 'openid a b' },
    ],
    [
      'C-35 one that is not allowed',
      { scope: 'b admin' },
      { scope: 'a', allowedScopes: ['b'] },
      { scope: 'openid a b' },
    ],
    ['C-35 by default none is', { scope: 'b' }, { scope: 'a' }, { scope: 'openid a' }],
    ['C-35 one that is held', { scope: 'a' }, { scope: 'a  c' }, { scope: 'openid a c' }],
    [
      'C-36 the resource',
      { maxAge: 5 },
      { resource: 'https://a.example' },
      { max_age: '5', scope: 'openid', resource: 'https://a.example' },
    ],
    ['C-37 an essential acr', MFA, { mode: 'essential' }, { claims: ESSENTIAL, scope: 'openid' }],
    [
      'C-37 beside max_age',
      { ...MFA, maxAge: 0 },
      { mode: 'essential' },
      { claims: ESSENTIAL, max_age: '0', scope: 'openid' },
    ],
    ['C-37 needs values', { maxAge: 5 }, { mode: 'essential' }, { max_age: '5', scope: 'openid' }],
    ['C-38 auto: not known to be supported', MFA, { mode: 'auto' }, { acr_values: 'phr mfa', scope: 'openid' }],
    [
      'C-38 auto: not said to be supported',
      MFA,
      { mode: 'auto', metadata: {} },
      { acr_values: 'phr mfa', scope: 'openid' },
    ],
    [
      'C-38 auto: supported',
      MFA,
      { mode: 'auto', metadata: { claims_parameter_supported: true } },
      { claims: ESSENTIAL, scope: 'openid' },
    ],
    ['C-43 prompt none is dropped', { maxAge: 5 }, { prompt: 'none' }, { max_age: '5', scope: 'openid' }],
    [
      'C-43 another prompt is kept',
      { maxAge: 5 },
      { prompt: 'consent' },
      { max_age: '5', prompt: 'consent', scope: 'openid' },
    ],
    [
      'C-44 the user',
      { maxAge: 5 },
      { idTokenHint: 'e.y.J', loginHint: 'alice' },
      { max_age: '5', scope: 'openid', id_token_hint: 'e.y.J', login_hint: 'alice' },
    ],
    ['nothing but the scope', {}, {}, { scope: 'openid' }],
    ['an empty list', { acrValues: [] }, { mode: 'essential' }, { scope: 'openid' }],
  ])('%s', (_, challenge, options, expected) => {
    expect(authorizationParameters({ scheme: 'Bearer', ...challenge }, options)).toEqual(expected);
  });

  test.each<[string, AuthorizationParametersOptions, unknown, string | undefined]>([
    [
      'C-37 merged into others',
      { mode: 'essential', claims: { id_token: { email: null }, userinfo: { a: null } } },
      { id_token: { email: null, acr: { essential: true, values: ['phr', 'mfa'] } }, userinfo: { a: null } },
      undefined,
    ],
    [
      'C-37 merged into a text',
      { mode: 'essential', claims: '{"userinfo":{"a":null}}' },
      { userinfo: { a: null }, id_token: { acr: { essential: true, values: ['phr', 'mfa'] } } },
      undefined,
    ],
    [
      'C-39 in place of another acr',
      { mode: 'essential', claims: { id_token: { acr: { value: 'x' } } } },
      { id_token: { acr: { essential: true, values: ['phr', 'mfa'] } } },
      undefined,
    ],
    [
      'C-39 acr_values in place of values in claims',
      { claims: { id_token: { acr: { values: ['x'] }, email: null } } },
      { id_token: { email: null } },
      'phr mfa',
    ],
    ['C-39 and of a single value', { claims: { id_token: { acr: { value: 'x' } } } }, { id_token: {} }, 'phr mfa'],
    ['an acr without values is kept', { claims: { id_token: { acr: null } } }, { id_token: { acr: null } }, 'phr mfa'],
    ['other claims are kept', { claims: { userinfo: { a: null } } }, { userinfo: { a: null } }, 'phr mfa'],
  ])('claims: %s', (_, options, claims, acrValues) => {
    const parameters = authorizationParameters(MFA, options);
    expect(JSON.parse(parameters['claims'] ?? 'null')).toEqual(claims);
    expect(parameters['acr_values']).toBe(acrValues);
  });

  test('C-39 claims with an acr stay as they are where the challenge names no acr', () => {
    const claims = { id_token: { acr: { values: ['x'] } } };
    expect(authorizationParameters({ scheme: 'Bearer', maxAge: 5 }, { claims, mode: 'essential' })['claims']).toBe(
      JSON.stringify(claims),
    );
  });

  test('what was given is not changed', () => {
    const claims = { id_token: { acr: { values: ['x'] } } };
    authorizationParameters(MFA, { claims });
    authorizationParameters(MFA, { claims, mode: 'essential' });
    expect(claims).toEqual({ id_token: { acr: { values: ['x'] } } });
  });

  test.each(['{', '[]', 'null', '"x"'])('claims that are no object are refused: %s', (claims) => {
    expect(() => authorizationParameters(MFA, { claims })).toThrow(
      new TypeError('"claims" must be a JSON object, or the text of one'),
    );
  });

  test('C-38 an essential acr that the server does not support is refused', () => {
    const options = { mode: 'essential', metadata: { claims_parameter_supported: false } } as const;
    expect(() => authorizationParameters(MFA, options)).toThrow(/^"mode" is "essential", but "metadata" lacks/);
  });

  test.each<[number, StepUpDeviationCode[]]>([
    [300, []],
    [301, ['acr_values_long']],
  ])('C-45 acr_values of %i characters', (length, expected) => {
    const deviations: StepUpDeviationCode[] = [];
    const challenge = { scheme: 'Bearer', acrValues: ['x'.repeat(length)] };
    authorizationParameters(challenge, { onDeviation: ({ code }) => deviations.push(code) });
    expect(deviations).toEqual(expected);
  });
});

describe('with openid-client', () => {
  const server = {
    issuer: 'https://login.example',
    authorization_endpoint: 'https://login.example/authorize',
    pushed_authorization_request_endpoint: 'https://login.example/par',
  };
  const own = { redirect_uri: 'https://app.example/callback', state: 's' };

  test('C-30 C-31 it is a new authorization request, form-encoded', () => {
    const parameters = authorizationParameters({ ...MFA, maxAge: 0 }, { scope: 'transfer' });
    const url = buildAuthorizationUrl(new Configuration(server, 'bank'), { ...own, ...parameters });
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'bank',
      response_type: 'code',
      ...own,
      acr_values: 'phr mfa',
      max_age: '0',
      scope: 'openid transfer',
    });
    expect(url.search).toContain('acr_values=phr+mfa');
  });

  test('C-41 pushed, nothing of it travels through the browser', async () => {
    const configuration = new Configuration(server, 'bank');
    let pushed: URLSearchParams | undefined;
    configuration[customFetch] = async (_url, { body }) => {
      pushed = new URLSearchParams(body as URLSearchParams);
      return Response.json({ request_uri: 'urn:example:pushed', expires_in: 60 }, { status: 201 });
    };
    const parameters = authorizationParameters(MFA, { mode: 'essential' });
    const url = await buildAuthorizationUrlWithPAR(configuration, { ...own, ...parameters });
    expect(pushed?.get('claims')).toBe(ESSENTIAL);
    expect(Object.fromEntries(url.searchParams)).toEqual({ client_id: 'bank', request_uri: 'urn:example:pushed' });
  });
});

describe('authorizationParameters: what is not of the type it should be is never read as "no limit"', () => {
  test.each<[string, object, object, string]>([
    ['acrValues of null', { acrValues: null }, {}, '"acrValues" must be a list of strings'],
    ['acrValues of a string', { acrValues: 'mfa' }, {}, '"acrValues" must be a list of strings'],
    ['acrValues with null', { acrValues: [null] }, {}, '"acrValues" must be a list of strings'],
    ['maxAge of null', { maxAge: null }, {}, '"maxAge" must be a number that is not negative'],
    ['maxAge of a string', { maxAge: '300' }, {}, '"maxAge" must be a number that is not negative'],
    ['maxAge of NaN', { maxAge: Number.NaN }, {}, '"maxAge" must be a number that is not negative'],
    ['scope of null in the challenge', { scope: null }, {}, '"scope" must be a string'],
    ['scope of null', {}, { scope: null }, '"scope" must be a string'],
    ['allowedScopes of null', {}, { allowedScopes: null }, '"allowedScopes" must be a list of strings'],
    ['allowedScopes of a string', {}, { allowedScopes: 'pay:all' }, '"allowedScopes" must be a list of strings'],
    ['resource of null', {}, { resource: null }, '"resource" must be a string'],
    ['idTokenHint of null', {}, { idTokenHint: null }, '"idTokenHint" must be a string'],
    ['loginHint of null', {}, { loginHint: null }, '"loginHint" must be a string'],
    ['prompt of null', {}, { prompt: null }, '"prompt" must be a string'],
    ['mode of null', {}, { mode: null }, '"mode" must be "acr_values", "essential" or "auto"'],
    ['an unknown mode', {}, { mode: 'esential' }, '"mode" must be "acr_values", "essential" or "auto"'],
  ])('%s is a TypeError', (_, wrong, options, message) => {
    expect(() => authorizationParameters({ ...MFA, ...wrong }, options)).toThrow(new TypeError(message));
  });
});
