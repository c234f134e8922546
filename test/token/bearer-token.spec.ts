import { AccessTokenRefused, type IncomingRequest, presentedScheme, presentedToken } from '../../lib/token/index.js';
import { regexpSteps } from '../support/regexp-steps.js';
import { stringCalls } from '../support/string-calls.js';

const SEVERAL_HEADERS = 'invalid_request: Only one Authorization header is allowed';
const SEVERAL_TOKENS = 'invalid_request: The Authorization header must carry exactly one token';
const ELSEWHERE_TOO = 'invalid_request: The access token must be sent in the Authorization header alone';
const FORM = 'application/x-www-form-urlencoded';

function found(request: IncomingRequest): unknown {
  try {
    return presentedToken(request);
  } catch (error) {
    if (error instanceof AccessTokenRefused) return `${error.error}: ${error.message}`;
    throw error;
  }
}

const withHeader = (authorization: string, more: Partial<IncomingRequest> = {}) =>
  found({ ...more, headers: { authorization, ...more.headers } });

describe('the Authorization header', () => {
  test.each([
    ['Bearer a.b.c', { scheme: 'Bearer', token: 'a.b.c' }],
    ['bearer a.b.c', { scheme: 'Bearer', token: 'a.b.c' }],
    ['BEARER a.b.c', { scheme: 'Bearer', token: 'a.b.c' }],
    ['Bearer   a.b.c  ', { scheme: 'Bearer', token: 'a.b.c' }],
    ['DPoP a.b.c', { scheme: 'DPoP', token: 'a.b.c' }],
    ['dpop a.b.c', { scheme: 'DPoP', token: 'a.b.c' }],
    ['Bearer Bearer', { scheme: 'Bearer', token: 'Bearer' }],
    ['Bearer é', { scheme: 'Bearer', token: 'é' }],
  ])('%j carries a token', (authorization, expected) => expect(withHeader(authorization)).toEqual(expected));

  test.each([
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'Bearer     ',
    'DPoP',
    'Basic YTpi',
    'Basic a b',
    'Digest username="a", realm="b"',
    'Negotiate a==',
    'Bearerx a.b.c',
    'Bearerx',
    'DPoPx',
    'XBearer a.b.c',
    'Bearer=a.b.c',
    'Bearer:a.b.c',
    'Token a.b.c',
    'a.b.c',
    ' Bearer a.b.c',
  ])('RS-25 %j carries no token', (authorization) => expect(withHeader(authorization)).toBeUndefined());

  test.each([
    'Bearer a.b.c d.e.f',
    'Bearer a.b.c, Bearer d.e.f',
    'Bearer a.b.c,Bearer d.e.f',
    'Bearer a.b.c,d.e.f',
    'Bearer a.b.c,',
    'Bearer ,',
    'Bearer token="a.b.c", realm="api"',
    'DPoP a.b.c d.e.f',
  ])('%j carries more than one token', (authorization) => expect(withHeader(authorization)).toBe(SEVERAL_TOKENS));

  test.each([
    ['no header', { headers: {} }],
    ['no headers', {}],
    ['a header of that name in another place', { body: { authorization: 'Bearer a.b.c' } }],
  ])('RS-25 %s: no token', (_, request) => expect(found(request)).toBeUndefined());
});

describe('several Authorization headers', () => {
  const twice = ['Host', 'api.example', 'Authorization', 'Bearer a.b.c', 'authorization', 'Bearer d.e.f'];
  test.each([
    ['in the raw headers', { rawHeaders: twice }],
    ['in the raw headers of the Node request behind', { raw: { rawHeaders: twice } }],
    ['with the same token', { rawHeaders: ['AUTHORIZATION', 'Bearer a.b.c', 'Authorization', 'Bearer a.b.c'] }],
    ['one of another scheme', { rawHeaders: ['Authorization', 'Basic YTpi', 'Authorization', 'Bearer a.b.c'] }],
    ['one of them empty', { rawHeaders: ['Authorization', '', 'Authorization', 'Bearer a.b.c'] }],
  ])('%s', (_, request) => expect(withHeader('Bearer a.b.c', request)).toBe(SEVERAL_HEADERS));

  test('a list of Authorization headers is refused', () => {
    expect(found({ headers: { authorization: ['Bearer a.b.c', 'Bearer d.e.f'] } })).toBe(SEVERAL_HEADERS);
  });

  test('a header with a name of the same length is no second one', () => {
    const rawHeaders = ['Cache-Control', 'no-store', 'Authorization', 'Bearer a.b.c', 'Cache-Control', 'no-cache'];
    expect(withHeader('Bearer a.b.c', { rawHeaders })).toEqual({ scheme: 'Bearer', token: 'a.b.c' });
  });

  test('a value that reads "authorization" is no second header', () => {
    const rawHeaders = ['Access-Control-Request-Headers', 'authorization', 'Authorization', 'Bearer a.b.c'];
    expect(withHeader('Bearer a.b.c', { rawHeaders })).toEqual({ scheme: 'Bearer', token: 'a.b.c' });
  });
});

describe('a second token elsewhere', () => {
  test.each([
    ['in the query', { url: '/transfer?access_token=d.e.f' }],
    ['in a query without a path', { url: '?access_token=d.e.f' }],
    ['in the query, empty', { url: '/transfer?access_token' }],
    ['in the query, behind others', { url: '/transfer?a=b&access_token=d.e.f#c' }],
    ['in the query, encoded', { url: '/transfer?%61ccess_token=d.e.f' }],
    ['in the form', { headers: { 'content-type': FORM }, body: { access_token: 'd.e.f' } }],
    [
      'in the form, with a charset',
      { headers: { 'content-type': `${FORM};charset=utf-8` }, body: { access_token: '' } },
    ],
    ['in the form, in capitals', { headers: { 'content-type': FORM.toUpperCase() }, body: { access_token: 'd' } }],
  ])('%s', (_, request) => expect(withHeader('Bearer a.b.c', request)).toBe(ELSEWHERE_TOO));

  test.each([
    ['another parameter', { url: '/transfer?my_access_token=d.e.f&token=g' }],
    ['the path', { url: '/access_token=d.e.f' }],
    ['a query that cannot be decoded', { url: '/transfer?%E0%A4%A=%' }],
    ['JSON', { headers: { 'content-type': 'application/json' }, body: { access_token: 'd.e.f' } }],
    ['a form that is not parsed', { headers: { 'content-type': FORM }, body: 'access_token=d.e.f' }],
    ['no body', { headers: { 'content-type': FORM } }],
    ['null as body', { headers: { 'content-type': FORM }, body: null }],
    ['an inherited member', { headers: { 'content-type': FORM }, body: Object.create({ access_token: 'd.e.f' }) }],
  ])('a second token is not looked for in %s', (_, request) => {
    expect(withHeader('Bearer a.b.c', request)).toEqual({ scheme: 'Bearer', token: 'a.b.c' });
  });

  test('RS-25 a token in query or form alone is not accepted', () => {
    expect(withHeader('Basic YTpi', { url: '/?access_token=a.b.c' })).toBeUndefined();
    expect(found({ url: '/?access_token=a.b.c', headers: {} })).toBeUndefined();
    expect(found({ headers: { 'content-type': FORM }, body: { access_token: 'a.b.c' } })).toBeUndefined();
  });
});

describe('the scheme under which a challenge is sent', () => {
  test.each([
    ['Bearer a.b.c', 'Bearer'],
    ['bearer', 'Bearer'],
    ['DPoP a.b.c', 'DPoP'],
    ['dpop a.b.c d.e.f', 'DPoP'],
    ['DPOP', 'DPoP'],
    ['Bearer DPoP', 'Bearer'],
    ['Basic DPoP', 'Bearer'],
    [' DPoP a.b.c', 'Bearer'],
    ['', 'Bearer'],
    [undefined, 'Bearer'],
    [['DPoP a.b.c', 'DPoP d.e.f'], 'Bearer'],
  ])('RFC 9449 §7.1 is that of the request, whatever is behind it: %j', (authorization, scheme) => {
    expect(presentedScheme({ headers: { authorization } })).toBe(scheme);
  });

  test('is Bearer without headers', () => expect(presentedScheme({})).toBe('Bearer'));
});

test.each([' ', ',', 'Bearer ', '\t', 'a,', '='])(
  'a header of a million %j takes no more steps than one of ten',
  (part) => {
    const header = (parts: number) => `Bearer ${part.repeat(parts)}x`;
    const calls = (parts: number) => {
      const authorization = header(parts);
      return stringCalls(() => withHeader(authorization));
    };
    expect(regexpSteps(() => withHeader(header(10)))).toBe(0);
    expect(calls(1_000_000)).toBe(calls(10));
  },
);
