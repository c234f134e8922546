import { findStepUpChallenge, parseStepUpChallenge, type StepUpChallenge } from '../../lib/client/index.js';

const FIELD = 'Bearer realm="api", error="insufficient_user_authentication", acr_values="phr mfa", max_age="0"';
const IN_HEADER: StepUpChallenge = { scheme: 'Bearer', acrValues: ['phr', 'mfa'], maxAge: 0, realm: 'api' };
const BODY = { error: 'insufficient_user_authentication', acr_values: 'phr mfa', max_age: 0, reasons: ['acr_unmet'] };
const IN_BODY: StepUpChallenge = { scheme: 'Bearer', acrValues: ['phr', 'mfa'], maxAge: 0 };
const EXTENSIONS = { code: 'INSUFFICIENT_USER_AUTHENTICATION', ...BODY };

/** Headers that are read by a method, as those of axios and Angular. */
const map = (headers: Record<string, unknown>) => ({
  has: (name: string) => name.toLowerCase() in headers,
  get: (name: string) => headers[name.toLowerCase()] ?? null,
});
const graphQLError = { message: 'A different authentication is required', path: ['pay'], extensions: EXTENSIONS };
const failure = (members: object) => Object.assign(new Error('failed'), members);

describe('findStepUpChallenge finds the header', () => {
  test.each<[name: string, source: unknown]>([
    ['a field', FIELD],
    ['the lines of a field', ['Basic realm="x"', FIELD]],
    ['Headers', new Headers({ 'www-authenticate': FIELD })],
    ['a plain object', { 'www-authenticate': FIELD }],
    ['a plain object, in whatever case', { 'WWW-Authenticate': FIELD }],
    ['a plain object with a list', { 'WWW-AUTHENTICATE': ['Basic realm="x"', FIELD] }],
    ['a Map', new Map([['www-authenticate', FIELD]])],
    ['raw headers of Node', ['Content-Type', 'text/plain', 'WWW-Authenticate', FIELD]],
    ['two raw headers of Node', ['WWW-Authenticate', 'Basic realm="x"', 'www-authenticate', FIELD]],
    [
      'pairs',
      [
        ['content-type', 'text/plain'],
        ['WWW-Authenticate', FIELD],
      ],
    ],
    ['headers with methods', map({ 'www-authenticate': FIELD })],
    ['headers with methods that give a list', map({ 'www-authenticate': [FIELD] })],
    ['a response of fetch', new Response('', { status: 401, headers: { 'www-authenticate': FIELD } })],
    ['a response of Node', { statusCode: 401, headers: { 'www-authenticate': FIELD } }],
    ['a response of supertest', { status: 401, headers: { 'www-authenticate': FIELD }, body: {} }],
    ['a response of Playwright', { status: () => 401, headers: () => ({ 'www-authenticate': FIELD }) }],
    [
      'an XMLHttpRequest',
      { status: 401, getResponseHeader: (name: string) => (name === 'www-authenticate' ? FIELD : null) },
    ],
    [
      'an error of axios',
      failure({ status: 401, response: { status: 401, headers: map({ 'www-authenticate': FIELD }), data: BODY } }),
    ],
    [
      'an error of ky',
      failure({ response: new Response('', { status: 401, headers: { 'www-authenticate': FIELD } }) }),
    ],
    [
      'an HttpErrorResponse of Angular',
      failure({ status: 401, headers: map({ 'www-authenticate': FIELD }), error: BODY }),
    ],
    ['an error of gRPC', failure({ code: 16, metadata: { get: () => [FIELD], getMap: () => ({}) } })],
    [
      'the cause of an error',
      failure({ cause: { response: { status: 401, headers: { 'www-authenticate': FIELD } } } }),
    ],
    ['a settled promise', { status: 'rejected', reason: { statusCode: 401, headers: { 'www-authenticate': FIELD } } }],
  ])('in %s', (_, source) => {
    expect(findStepUpChallenge(source)).toEqual(IN_HEADER);
  });

  test('also if the status is 403, which is reported', () => {
    const codes: string[] = [];
    const source = { status: 403, headers: { 'www-authenticate': FIELD } };
    expect(findStepUpChallenge(source, { onDeviation: ({ code }) => codes.push(code) })).toEqual(IN_HEADER);
    expect(codes).toEqual(['unusual_status']);
  });

  test('of the scheme that the request used, leniently if it may', () => {
    const field = [
      'Bearer error="insufficient_user_authentication"',
      'DPoP error="insufficient_user_authentication", acr_values=urn:a',
    ];
    expect(findStepUpChallenge(field, { scheme: 'DPoP', lenient: true })).toEqual({
      scheme: 'DPoP',
      acrValues: ['urn:a'],
    });
  });
});

describe('field CL-12 findStepUpChallenge finds the body', () => {
  test.each<[name: string, source: unknown]>([
    ['itself', BODY],
    ['as text', JSON.stringify(BODY)],
    [
      'of an error of axios whose header is hidden',
      failure({ response: { status: 401, headers: map({}), data: BODY } }),
    ],
    ['as text in a response', { status: 401, headers: {}, data: JSON.stringify(BODY) }],
    ['of an HttpErrorResponse of Angular', failure({ status: 401, headers: map({}), error: BODY })],
    ['of an error of ky', failure({ response: new Response('', { status: 401 }), data: BODY })],
    ['of an error of ofetch', failure({ status: 401, data: BODY })],
    ['extensions', EXTENSIONS],
    ['an error of GraphQL', graphQLError],
    ['errors of GraphQL', [{ message: 'other' }, graphQLError]],
    ['a response of GraphQL', { data: null, errors: [graphQLError] }],
    [
      'a response of GraphQL over HTTP, with status 200',
      { status: 200, headers: {}, data: { errors: [graphQLError] } },
    ],
    ['an error of Apollo Client 3', failure({ graphQLErrors: [graphQLError], networkError: null })],
    ['an error of Apollo Client 4', failure({ errors: [graphQLError], data: null })],
    [
      'an error of Apollo Client over HTTP',
      failure({
        networkError: failure({ statusCode: 401, result: BODY, response: new Response('', { status: 401 }) }),
      }),
    ],
    ['an error of urql', failure({ graphQLErrors: [graphQLError], networkError: undefined, response: new Response() })],
    ['an error of graphql-request', failure({ response: { status: 200, headers: map({}), errors: [graphQLError] } })],
    ['an error message of graphql-ws', { id: '1', type: 'error', payload: [graphQLError] }],
    ['the exception of socket.io', EXTENSIONS],
    ['the exception of ws', { event: 'exception', data: EXTENSIONS }],
    ['the exception of ws as text', JSON.stringify({ event: 'exception', data: EXTENSIONS })],
    ['a MessageEvent of ws', { type: 'message', data: JSON.stringify({ event: 'exception', data: EXTENSIONS }) }],
    ['an error of a microservice', failure({ error: EXTENSIONS })],
    ['an HTTP exception in extensions', { errors: [{ extensions: { originalError: { statusCode: 401, ...BODY } } }] }],
  ])('%s', (_, source) => {
    expect(findStepUpChallenge(source)).toEqual(IN_BODY);
  });
});

describe('findStepUpChallenge finds nothing', () => {
  test.each<[name: string, source: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 401],
    ['an empty string', ''],
    ['an empty object', {}],
    ['an error', new Error('offline')],
    ['another challenge', 'Bearer error="invalid_token"'],
    ['a challenge under another scheme', 'Basic error="insufficient_user_authentication"'],
    ['a challenge next to a success', { status: 200, headers: { 'www-authenticate': FIELD }, data: BODY }],
    ['a challenge next to an error of the server', { status: 500, headers: { 'www-authenticate': FIELD } }],
    ['a body next to a success', { status: 200, data: BODY }],
    [
      'a body if the header says that it is something else',
      { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, data: BODY },
    ],
    ['a field in a text of a body', { status: 401, data: FIELD }],
    ['the request that an error was made for', { config: { headers: { 'www-authenticate': FIELD } } }],
  ])('in %s', (_, source) => {
    expect(findStepUpChallenge(source)).toBeUndefined();
  });

  test('and calls no "get" that may send a request', () => {
    const get = jest.fn();
    expect(findStepUpChallenge({ get, response: { get } })).toBeUndefined();
    expect(get).not.toHaveBeenCalled();
  });

  test('a listener that throws is no reason to throw', () => {
    const onDeviation = () => {
      throw new Error('listener');
    };
    expect(findStepUpChallenge(BODY, { onDeviation })).toBeUndefined();
  });
});

describe("field CL-15 Microsoft Entra's claims challenge", () => {
  const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
  const field = (encoded: string, error = 'insufficient_claims') =>
    `Bearer realm="t", authorization_uri="https://login.microsoftonline.com/t/oauth2/v2.0/authorize", error="${error}", claims="${encoded}"`;
  const expected = { scheme: 'Bearer', acrValues: ['c1'], claims };

  test.each<[name: string, read: (field: string) => StepUpChallenge | undefined]>([
    ['findStepUpChallenge', (text) => findStepUpChallenge({ status: 401, headers: { 'www-authenticate': text } })],
    ['parseStepUpChallenge', (text) => parseStepUpChallenge(text)],
  ])('%s reads the claims that MSAL takes, and the context in them', (_, read) => {
    expect(read(field(btoa(claims)))).toEqual({ ...expected, realm: 't' });
  });

  test('the body says the same', () => {
    expect(findStepUpChallenge({ error: 'insufficient_claims', claims: btoa(claims) })).toEqual(expected);
  });

  test('a challenge for another claim has no context', () => {
    const other = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
    expect(parseStepUpChallenge(field(btoa(other)))).toEqual({ scheme: 'Bearer', claims: other, realm: 't' });
  });

  test.each<[name: string, field: string]>([
    ['that are no base64', field('*')],
    ['that are no JSON', field(btoa('acrs=c1'))],
    ['that are null', field(btoa('null'))],
    ['next to another error', field(btoa(claims), 'invalid_token')],
    ['that are absent', 'Bearer error="insufficient_claims"'],
  ])('claims %s are no challenge', (_, text) => {
    expect(parseStepUpChallenge(text)).toBeUndefined();
  });
});
