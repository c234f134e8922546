import { isLoopback } from '../../lib/core/index.js';

test.each(['localhost', '127.0.0.1', '127.1.2.3', '127.255.255.255', '[::1]', '127.1', '2130706433'])(
  'a URL with the host %s is on loopback',
  (host) => expect(isLoopback(new URL(`http://${host}:8080/a`))).toBe(true),
);

test.each([
  '128.0.0.1',
  '10.0.0.1',
  '[::2]',
  '[::ffff:127.0.0.1]',
  'localhost.example',
  'alocalhost',
  'a.localhost',
  '127.0.0.1.example',
  'a127.0.0.1.example',
  'example',
])('a URL with the host %s is not', (host) => expect(isLoopback(new URL(`http://${host}/a`))).toBe(false));

// What URL would not give, but a caller may.
test.each(['127.0.0', '127.0.0.1.1', '127.0.0.1111', '127.0.0.a', '127x0x0x1', '::1', 'x[::1]', '[::1]x'])(
  'the host name %s is not',
  (hostname) => expect(isLoopback({ hostname })).toBe(false),
);
test.each(['127.12.123.1', '127.123.1.12'])('the host name %s is', (hostname) =>
  expect(isLoopback({ hostname })).toBe(true),
);
