import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, logOfEachTest, type RunningApplication, startApplication } from '../../support/application.js';
import { handler } from '../../support/handler.js';

logOfEachTest();

let server: TestAuthorizationServer;
let application: RunningApplication | undefined;
beforeAll(async () => {
  server = await createTestAuthorizationServer();
});
afterAll(() => server?.close());
afterEach(() => application?.close());

/** What one client after the other sends over a connection, and the status that each gets. */
const requests = async (): Promise<readonly (readonly [token: string | undefined, status: number])[]> => {
  const good = await server.accessToken({ acr: 'mfa' });
  const weak = await server.accessToken({ acr: 'pwd' });
  const expired = await server.accessToken({ acr: 'mfa', expiresIn: -60 });
  return [
    [good, 200],
    [weak, 401],
    [undefined, 401],
    [good, 200],
    [expired, 401],
    [undefined, 401],
    [weak, 401],
    [good, 200],
  ];
};

async function start(createAdapter: () => unknown): Promise<string> {
  application = await startApplication({
    createAdapter: createAdapter as (typeof adapters)[number][1],
    controllers: [handler(RequireAcr('mfa'))],
    options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }] },
  });
  return application.url;
}

/** Sends the requests at once over one connection, as RFC 9112 §9.3.2 allows, and returns the statuses in their order. */
async function pipelined(url: string, messages: readonly string[]): Promise<number[]> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(messages.join(''));
  let text = '';
  for await (const chunk of socket) text += chunk;
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)]
    .map(([, status]) => Number(status))
    .filter((status) => status !== 100);
}

describe.each(adapters)(
  'requests that share a connection are judged each by its own token, over %s',
  (_, createAdapter) => {
    it.each<[way: string, fields: readonly string[]]>([
      ['sent before the answers came', []],
      ['that announce their body', ['Expect: 100-continue', 'Content-Length: 0']],
    ])('%s', async (_, fields) => {
      const url = await start(createAdapter);
      const sent = await requests();
      const messages = sent.map(([token], index) => {
        const authorization = token === undefined ? [] : [`Authorization: Bearer ${token}`];
        // Node ends the connection after the answer to it.
        const last = index === sent.length - 1 ? ['Connection: close'] : [];
        return `${['GET / HTTP/1.1', 'Host: api.example', ...authorization, ...fields, ...last].join('\r\n')}\r\n\r\n`;
      });
      expect(await pipelined(url, messages)).toEqual(sent.map(([, status]) => status));
    });
  },
);

it('streams of one HTTP/2 connection are judged each by its own token', async () => {
  const url = await start(() => new FastifyAdapter({ http2: true }));
  const session = connectHttp2(url);
  const sent = await requests();
  const statuses = await Promise.all(
    sent.map(
      ([token]) =>
        new Promise((resolve, reject) => {
          const stream = session.request({ ':path': '/', ...(token && { authorization: `Bearer ${token}` }) });
          stream.on('response', (headers) => resolve(headers[':status'])).on('error', reject);
          stream.resume();
        }),
    ),
  );
  session.close();
  expect(statuses).toEqual(sent.map(([, status]) => status));
});
