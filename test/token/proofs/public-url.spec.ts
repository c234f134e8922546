import { originOf, PublicUrl } from '../../../lib/token/proofs/public-url.js';
import { refusals } from '../../support/refusals.js';

const MUST =
  '"publicUrl" must be the https URL of this application as its clients know it (http is accepted on loopback only), ' +
  'without query and fragment, not ';

describe('PublicUrl', () => {
  test.each(
    refusals({
      [`${MUST}"http://api.example.com"`]: ['http://api.example.com'],
      [`${MUST}"api.example.com"`]: ['api.example.com'],
      [`${MUST}"ws://127.0.0.1"`]: ['ws://127.0.0.1'],
      [`${MUST}"xhttps://api.example.com"`]: ['xhttps://api.example.com'],
      [`${MUST}"https://api.example.com:65536"`]: ['https://api.example.com:65536'],
      [`${MUST}"https://api.example.com/?a"`]: ['https://api.example.com/?a'],
      [`${MUST}"https://api.example.com#a"`]: ['https://api.example.com#a'],
      [`${MUST}"https://api.example.com\\\\a"`]: ['https://api.example.com\\a'],
      [`${MUST}one with an "@"`]: ['https://user:secret@api.example.com'],
      [`${MUST}""`]: [''],
      [`${MUST}5`]: [5],
      [`${MUST}null`]: [null],
      [`${MUST}a list`]: [['https://api.example.com']],
      [`${MUST}of type object`]: [new URL('https://api.example.com')],
    }),
  )('%j is refused', (value, message) => {
    expect(() => new PublicUrl(value)).toThrow(new TypeError(message));
  });

  test.each(['https://api.example.com', 'https://api.example.com/v1/', 'http://localhost:3000', 'http://127.0.0.1/a'])(
    '%s is accepted',
    (value) => {
      expect(new PublicUrl(value).origin).toBe(new URL(value).origin);
    },
  );

  const url = new PublicUrl('https://api.example.com/v1');

  test.each<[target: string, htu: string]>([
    ['/a', 'https://api.example.com/v1/a'],
    ['/', 'https://api.example.com/v1/'],
    // a proxy that removes a path removes the slash behind it too
    ['/', 'https://api.example.com/v1'],
    ['/?a', 'https://api.example.com/v1?a'],
    ['/a#b', 'https://api.example.com/v1/a'],
    // RFC 9112 §3.2.2: the whole URL as the target of a request, of which the path alone counts
    ['https://evil.example/a', 'https://api.example.com/v1/a'],
    ['HTTP://evil.example/a?b', 'https://api.example.com/v1/a'],
    ['//evil.example/a', 'https://api.example.com/v1//evil.example/a'],
    ['/a/b', 'https://api.example.com/v1/c/../a/./b'],
    ['/..a/.../b..', 'https://api.example.com/v1/..a/.../b..'],
    ['/a?/../b', 'https://api.example.com/v1/a'],
    ['/%7Ea%2f', 'https://api.example.com/v1/~a%2F'],
    ['/a%3Fb', 'https://api.example.com/v1/a%3fb'],
    ['/a;b=1', 'https://api.example.com/v1/a;b=1'],
    ['/a|b', 'https://api.example.com/v1/a|b'],
    // what some clients encode, and no router knows by name; and what proxies decode
    ['/%7ea%40b', 'https://api.example.com/v1/%7Ea%40b'],
    ['/a-b', 'https://api.example.com/v1/%61%2Db'],
    ['/a%2561', 'https://api.example.com/v1/a%2561'],
    ['/a?%61', 'https://api.example.com/v1/a'],
  ])('the request target %j is %s', (originalUrl, htu) => {
    expect(url.isOf(htu, { originalUrl })).toBe(true);
    expect(url.isOf('https://evil.example/v1/a', { originalUrl })).toBe(false);
    expect(url.isOf('https://evil.example/a', { originalUrl })).toBe(false);
  });

  test.each<[target: string, htu: string]>([
    // RFC 9112 §3.2.2: no URL, so that nobody knows what its path would be
    ['https://evil%.example/a', 'https://api.example.com/v1/a'],
    ['https://evil.example:x/a', 'https://api.example.com/v1/a'],
    ['/a', 'https://api.example.com/v1/b'],
    ['/a', 'https://api.example.com/v1/A'],
    ['/a', 'https://api.example.com/v1/a/'],
    ['/a', 'https://api.example.com/a'],
    ['/a', 'https://api.example.com/v1'],
    ['/', 'https://api.example.com/v1/a'],
    ['/', 'https://api.example.com/v2'],
    ['/', 'https://api.example.com/'],
    ['/a', 'http://api.example.com/v1/a'],
    ['/a', 'https://api.example.com:8443/v1/a'],
    ['/a', 'https://api.example.com:65536/v1/a'],
    ['/a', 'xhttps://api.example.com/v1/a'],
    ['/a', 'api.example.com/v1/a'],
    ['/a', 'garbage'],
    ['/a', ''],
  ])('the request target %j is not %s', (originalUrl, htu) => {
    expect(url.isOf(htu, { originalUrl })).toBe(false);
  });

  // with what some parsers make of them
  test.each<[target: string, read: string]>([
    ['*', '*'],
    ['api.example.com:443', ''],
    ['/a b', '/a%20b'],
    ['/ä', '/%C3%A4'],
    ['/a\\b', '/a/b'],
    ['ftp://api.example.com/a', '/a'],
    ['', 'undefined'],
  ])('the request target %j is no URL of a proof', (target, read) => {
    for (const path of [target, read, 'undefined', '']) {
      expect(url.isOf(`https://api.example.com/v1${path}`, { originalUrl: target })).toBe(false);
    }
    expect(url.isOf(target, { originalUrl: target })).toBe(false);
  });

  test('a slash at the end of it counts nothing, and with a path of its own it is not the whole host', () => {
    const withSlash = new PublicUrl('https://api.example.com/v1/');
    expect(withSlash.isOf('https://api.example.com/v1/a', { originalUrl: '/a' })).toBe(true);
    expect(withSlash.isOf('https://api.example.com/v1//a', { originalUrl: '/a' })).toBe(false);
  });

  test.each<[htu: string, origin: string | undefined]>([
    ['HTTPS://API.example.com:443/a?b', 'https://api.example.com'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['/a', undefined],
    ['', undefined],
    ['https://user@api.example.com/a', undefined],
  ])('the origin of %j is %s', (htu, origin) => {
    expect(originOf(htu)).toBe(origin);
  });

  test.each([
    '/a/../b',
    '/../a',
    '/./a',
    '/a/.',
    '/a/..',
    '/..',
    '/a/%2e%2e/b',
    '/.%2E/a',
    'https://evil.example/../a',
    // of each kind of character the first and the last
    '/%61',
    '/%7a',
    '/%7A',
    '/%41',
    '/%5a',
    '/%5A',
    '/%30',
    '/%39',
    '/a%2Db',
    '/a%2eb',
    '/a%5Fb',
    '/a/~%62',
    'https://evil.example/%61',
  ])(
    'the request target %j is no URL of a proof: some router takes it for another name, and clients never send it',
    (originalUrl) => {
      const { pathname } = new URL(originalUrl, 'https://api.example.com');
      const plain = decodeURIComponent(pathname);
      for (const path of [
        pathname,
        `/v1${pathname}`,
        `/v1${plain}`,
        `/v1${originalUrl}`,
        '/v1/b',
        '/b',
        '/v1',
        '/v1/',
        '/a',
      ]) {
        expect({ path, isOf: url.isOf(`https://api.example.com${path}`, { originalUrl }) }).toEqual({
          path,
          isOf: false,
        });
      }
    },
  );

  test('the URL before a framework has changed it counts, and a request without one has none', () => {
    expect(url.isOf('https://api.example.com/v1/a', { url: '/b', originalUrl: '/a' })).toBe(true);
    expect(url.isOf('https://api.example.com/v1/a', { url: '/a' })).toBe(true);
    expect(url.isOf('https://api.example.com/v1', {})).toBe(false);
  });
});
