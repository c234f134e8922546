import { expect } from './expect.mjs';

/** How a token is found in a request: headers as Node gives them, the URL and a form. */
export const authorizationHeader = {
  name: 'authorization-header',
  seeds: [
    { headers: { authorization: 'Bearer abc' }, rawHeaders: ['Authorization', 'Bearer abc'], url: '/accounts' },
    { headers: { authorization: 'DPoP abc' }, rawHeaders: ['authorization', 'DPoP abc'], url: '/accounts?a=1' },
    { headers: { authorization: 'Bearer a' }, rawHeaders: ['Authorization', 'Bearer a', 'AUTHORIZATION', 'Bearer b'] },
    { headers: { authorization: 'Bearer a' }, url: '/?access_token=b' },
    {
      headers: { authorization: 'Bearer a', 'content-type': 'application/x-www-form-urlencoded' },
      body: { access_token: 'b' },
    },
    { headers: {} },
  ],
  dictionary: [
    'Bearer ',
    'bearer\t',
    'DPoP ',
    'Basic ',
    ',',
    ' ',
    'authorization',
    'access_token',
    'access_token=',
    '?',
    '%61',
    'rawHeaders',
  ],
  prepare(load) {
    const { presentedToken, presentedScheme, AccessTokenRefused } = load('token/index');
    return (input) => {
      const request = asRequest(input);
      const scheme = presentedScheme(request);
      expect(scheme === 'Bearer' || scheme === 'DPoP', `the scheme ${scheme}`);
      let presented;
      try {
        presented = presentedToken(request);
      } catch (error) {
        expect(error instanceof AccessTokenRefused && error.error === 'invalid_request', `throws ${error}`);
        return;
      }
      const { headers, rawHeaders = [], url } = request;
      if (presented === undefined) return;
      expect(/^[^ ,]+$/.test(presented.token), 'a token with a separator');
      expect(headers.authorization.trim().endsWith(presented.token), 'a token that was not sent');
      expect(headers.authorization.toLowerCase().startsWith(presented.scheme.toLowerCase()), 'another scheme');
      const lines = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization');
      expect(lines.length <= 1, 'a token out of several headers');
      const query = url?.includes('?') && new URLSearchParams(url.slice(url.indexOf('?'))).has('access_token');
      expect(query !== true, 'a token that is in the query too');
    };
  },
};

/** Keeps what Node can give: headers are strings or lists, raw headers pairs of strings. */
function asRequest(input) {
  const { headers, rawHeaders, url, body } = typeof input === 'object' && input !== null ? input : {};
  const known = Object.entries(typeof headers === 'object' && headers !== null ? headers : {}).filter(
    ([, value]) => typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string')),
  );
  const texts = (Array.isArray(rawHeaders) ? rawHeaders : []).filter((one) => typeof one === 'string');
  return {
    headers: Object.fromEntries(known),
    ...(texts.length > 0 && { rawHeaders: texts.slice(0, texts.length - (texts.length % 2)) }),
    ...(typeof url === 'string' && { url }),
    body,
  };
}
