import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetchJson } from '../../lib/token/fetch-json.js';
import { stopClockOfEachTest } from '../support/clock.js';
import { INTROSPECTION, introspectingVerifierOf } from './verification.js';

const NOW = Date.UTC(2026, 0, 1) / 1000;
const KEYS = '/jwks';

stopClockOfEachTest(NOW * 1000);

/** A server that keeps connections, but closes each one at the moment in which a second request comes. */
let server: Server;
let origin: string;
let requests: string[];

beforeEach(async () => {
  requests = [];
  const used = new WeakSet();
  server = createServer(({ socket, url = '' }, response) => {
    if (used.has(socket)) return void socket.destroy();
    used.add(socket);
    requests.push(url);
    const answer =
      url === KEYS
        ? { keys: [] }
        : {
            active: true,
            iss: origin,
            aud: 'https://api.example',
            sub: 'alice',
            client_id: 'spa',
            token_type: 'Bearer',
            acr: 'mfa',
            exp: NOW + 300,
          };
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a document is not asked for over a kept connection', async () => {
  const ask = () => fetchJson(origin + KEYS, AbortSignal.timeout(5000));
  for (const _ of ['first', 'second', 'third']) await expect(ask()).resolves.toEqual({ keys: [] });
  expect(requests).toEqual([KEYS, KEYS, KEYS]);
});

test('RFC 9110 §9.2.2 a question about a token is asked once more if the kept connection was closed', async () => {
  const verifier = introspectingVerifierOf(origin);
  for (const token of ['one', 'another', 'a-third']) {
    await expect(verifier.verify(token)).resolves.toHaveProperty('event.subject', 'alice');
  }
  expect(requests).toEqual([INTROSPECTION, INTROSPECTION, INTROSPECTION]);
});

test('RFC 7523 §3 (7) the second question has an assertion of its own: the server can have read the first', async () => {
  const read: unknown[] = [];
  const sent = jest.spyOn(globalThis, 'fetch').mockImplementation(async (_url, options) => {
    const assertion = new URLSearchParams(String(options?.body)).get('client_assertion') ?? '';
    read.push(JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()).jti);
    if (read.length > 1) return new Response('{"active":false}', { headers: { 'content-type': 'application/json' } });
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) });
  });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const introspection = { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
  try {
    const verified = introspectingVerifierOf('http://127.0.0.1:9', { introspection }).verify('one');
    await expect(verified).rejects.toMatchObject({ code: 'token_inactive' });
    expect(read).toEqual([expect.any(String), expect.any(String)]);
    expect(new Set(read).size).toBe(2);
  } finally {
    sent.mockRestore();
  }
});

test.each([
  ['UND_ERR_SOCKET', 2],
  ['ECONNRESET', 2],
  ['EPIPE', 2],
  ['ECONNREFUSED', 1],
  ['ENOTFOUND', 1],
  ['UND_ERR_CONNECT_TIMEOUT', 1],
])('a question about a token that fails with %s is sent %d times', async (code, times) => {
  const cause = Object.assign(new Error(code), { code });
  const sent = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed', { cause }));
  try {
    const verified = introspectingVerifierOf('http://127.0.0.1:9').verify('one');
    await expect(verified).rejects.toThrow(`its introspection endpoint cannot be reached (${code})`);
    expect(sent).toHaveBeenCalledTimes(times);
  } finally {
    sent.mockRestore();
  }
});
