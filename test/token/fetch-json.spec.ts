import { fetchJson, readBoundedBody, Unreachable, UnusableResponse } from '../../lib/token/index.js';
import { serverOfEachTest } from './json-server.js';

const server = serverOfEachTest();
const { signal } = new AbortController();
const MIB = 1_048_576;

/** A JSON object of this many bytes. */
const ofBytes = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`;

test('RFC 9110 §12.5.1 JSON is asked for first, and anything else taken', async () => {
  const accepts: (string | undefined)[] = [];
  server.answers.set('/', ({ headers }, response) => {
    accepts.push(headers.accept);
    response.end('{"a":1}');
  });
  expect(await fetchJson(server.origin, signal)).toEqual({ a: 1 });
  expect(accepts).toEqual(['application/json, application/jwk-set+json, */*;q=0.1']);
});

test('1 MiB is read, and no byte more', async () => {
  server.text('/most', ofBytes(MIB));
  server.text('/more', ofBytes(MIB + 1));
  expect((await fetchJson(`${server.origin}/most`, signal))['a']).toHaveLength(MIB - 8);
  await expect(fetchJson(`${server.origin}/more`, signal)).rejects.toEqual(
    new UnusableResponse('is larger than 1024 KiB'),
  );
});

test.each<[what: string, body: ConstructorParameters<typeof Response>[0], text: string]>([
  ['nothing', null, ''],
  ['a byte order mark in front', '\uFEFFa', 'a'],
  ['a character in two chunks', new Blob([Buffer.from([0xc3]), Buffer.from([0xa9])]), 'é'],
])('a body is read as UTF-8: %s', async (_, body, text) => {
  expect(await readBoundedBody(new Response(body), 10)).toBe(text);
});

test.each<[what: string, cause: unknown, message: string]>([
  ['with its code', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'cannot be reached (ECONNREFUSED)'],
  ['without a code', new Error('connect'), 'cannot be reached'],
  ['with a code that is no text', Object.assign(new Error('connect'), { code: 7 }), 'cannot be reached'],
  ['without a cause', undefined, 'cannot be reached'],
])('a server that cannot be reached is told from one whose response cannot be used: %s', async (_, cause, message) => {
  const fetched = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed', { cause }));
  try {
    const failure = await fetchJson(server.origin, signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unreachable);
    expect(failure).toMatchObject({ message, cause: { message: 'fetch failed' } });
  } finally {
    fetched.mockRestore();
  }
});

test('a redirect is a response that cannot be used, unless the time was over', async () => {
  server.answers.set('/', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  await expect(fetchJson(server.origin, signal)).rejects.toBeInstanceOf(UnusableResponse);
  const redirect = new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
  const fetched = jest.spyOn(globalThis, 'fetch').mockRejectedValue(redirect);
  try {
    const failure = await fetchJson(server.origin, AbortSignal.abort()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unreachable);
    expect(failure).toEqual(new Error('was not read in time'));
  } finally {
    fetched.mockRestore();
  }
});

test('a response with another status is not read', async () => {
  const cancelled = jest.fn();
  const body = new ReadableStream({ cancel: cancelled });
  const fetched = jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(body, { status: 404 }));
  try {
    await expect(fetchJson(server.origin, signal)).rejects.toEqual(new UnusableResponse('is answered with status 404'));
    expect(cancelled).toHaveBeenCalledTimes(1);
  } finally {
    fetched.mockRestore();
  }
});

test('a response without a body is one that cannot be used', async () => {
  server.answers.set('/', (_, response) => response.writeHead(204).end());
  await expect(fetchJson(server.origin, signal)).rejects.toBeInstanceOf(UnusableResponse);
});

test.each(['"text"', '7', 'true', 'null', '[]', '', '{'])('%s is no JSON object', async (text) => {
  server.text('/', text);
  await expect(fetchJson(server.origin, signal)).rejects.toEqual(new UnusableResponse('is not a JSON object'));
});
