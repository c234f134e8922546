import { Controller, Get, Header, type INestApplication, type MessageEvent, Options, Sse } from '@nestjs/common';
import { RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { of } from 'rxjs';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

@Controller()
class BankController {
  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return { done: true };
  }

  @Options('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  options() {}

  @Get('statement')
  @RequireAcr('mfa')
  @Header('Cache-Control', 'private, max-age=60')
  statement() {
    return { balance: 1 };
  }

  @Sse('events')
  @RequireAcr('mfa', { maxAge: 300 })
  events() {
    return of<MessageEvent>({ data: { balance: 1 } });
  }
}

const stepUp =
  'Bearer realm="api", error="insufficient_user_authentication", ' +
  'error_description="A different authentication is required", acr_values="mfa", max_age="300"';
const origin = 'https://shop.example';

describe.each(adapters)('what browsers and caches make of the answer, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let log: ReturnType<typeof captureLog>;
  const applications: RunningApplication[] = [];

  async function start(configure?: (app: INestApplication) => void) {
    const application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }] },
      ...(configure !== undefined && { configure }),
    });
    applications.push(application);
    return application;
  }

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
  });
  afterEach(async () => {
    for (const application of applications.splice(0)) await application.close();
  });
  afterAll(async () => {
    log.restore();
    await server?.close();
  });

  it.each([
    ['alone', {}, 'WWW-Authenticate'],
    ['beside what the application exposes', { exposedHeaders: ['ETag', 'X-Total'] }, 'ETag, X-Total, WWW-Authenticate'],
    [
      'once, where the application exposes it',
      { exposedHeaders: ['ETag', 'www-authenticate'] },
      'ETag, www-authenticate',
    ],
    ['RS-101 beside *, which requests with credentials read literally', { exposedHeaders: '*' }, '*, WWW-Authenticate'],
  ])('RS-100 exposes the challenge to scripts of other origins, %s', async (_, cors, exposed) => {
    const { send } = await start((app) => app.enableCors({ origin, credentials: true, ...cors }));
    const answer = await send('/transfer', { headers: { origin }, token: await server.accessToken({ acr: 'pwd' }) });
    expect(answer.status).toBe(401);
    expect(answer.challenges).toEqual([stepUp]);
    expect(answer.headers['access-control-expose-headers']?.join(', ').replaceAll(/ *, */g, ', ')).toBe(exposed);
  });

  it.each([
    ['without a token', () => ({})],
    ['with a token that is none', () => ({ token: 'garbage' })],
    ['with an authentication that is not enough', async () => ({ token: await server.accessToken({ acr: 'pwd' }) })],
  ])('RS-102 lets scripts of other origins read the 401 %s', async (_, sent) => {
    const { send } = await start((app) => app.enableCors({ origin, credentials: true }));
    const answer = await send('/transfer', { headers: { origin }, ...(await sent()) });
    expect(answer.status).toBe(401);
    expect(answer.headers['access-control-allow-origin']).toEqual([origin]);
    expect(answer.headers['access-control-allow-credentials']).toEqual(['true']);
    expect(answer.headers['access-control-expose-headers']).toEqual(['WWW-Authenticate']);
  });

  it('RS-100 exposes nothing where no other origin asks', async () => {
    const { send } = await start();
    const answer = await send('/transfer', { token: await server.accessToken({ acr: 'pwd' }) });
    expect(answer.status).toBe(401);
    expect(answer.headers).not.toHaveProperty('access-control-expose-headers');
  });

  it('RS-100 exposes nothing of its own on what it lets through', async () => {
    const { send } = await start((app) => app.enableCors({ origin, exposedHeaders: ['ETag'] }));
    const answer = await send('/transfer', { headers: { origin }, token: await server.accessToken({ acr: 'mfa' }) });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-expose-headers']).toEqual(['ETag']);
  });

  it('RS-103 does not challenge a preflight', async () => {
    const { send } = await start((app) => app.enableCors({ origin }));
    const answer = await send('/transfer', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.challenges).toEqual([]);
    expect(answer.headers['access-control-allow-origin']).toEqual([origin]);
    expect(answer.headers['access-control-allow-headers']).toEqual(['authorization']);
  });

  it('RS-103 exempts no OPTIONS request that reaches a decorated handler', async () => {
    const { send } = await start();
    const answer = await send('/transfer', { method: 'OPTIONS', token: await server.accessToken({ acr: 'pwd' }) });
    expect([answer.status, answer.challenges]).toEqual([401, [stepUp]]);
  });

  it('RS-104 answers HEAD with the fields of GET and no body', async () => {
    const { send } = await start();
    const token = await server.accessToken({ acr: 'pwd' });
    const fields = ['www-authenticate', 'cache-control', 'content-type', 'content-length'];
    const [get, head] = [await send('/transfer', { token }), await send('/transfer', { token, method: 'HEAD' })];
    expect(head.status).toBe(401);
    expect(head.text).toBe('');
    expect(head.challenges).toEqual([stepUp]);
    expect(fields.map((name) => head.headers[name])).toEqual(fields.map((name) => get.headers[name]));
    expect(Number(head.headers['content-length'])).toBe(get.text.length);
  });

  it('RS-104 judges HEAD as it judges GET', async () => {
    const { send } = await start();
    const answer = await send('/transfer', { token: await server.accessToken({ acr: 'mfa' }), method: 'HEAD' });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect((await send('/transfer', { method: 'HEAD' })).challenges).toEqual(['Bearer realm="api"']);
  });

  it('RS-105 keeps a challenge out of caches, whatever the handler would say', async () => {
    const { send } = await start();
    const answer = await send('/statement', { token: await server.accessToken({ acr: 'pwd' }) });
    expect(answer.status).toBe(401);
    expect(answer.headers['cache-control']).toEqual(['no-store']);
  });

  it('RS-106 leaves what a success says to caches to the handler', async () => {
    const { send } = await start();
    const answer = await send('/statement', { token: await server.accessToken({ acr: 'mfa' }) });
    expect(answer.body).toEqual({ balance: 1 });
    expect(answer.headers['cache-control']).toEqual(['private, max-age=60']);
  });

  it('challenges before a stream of events begins', async () => {
    const { send } = await start();
    const answer = await send('/events', {
      headers: { accept: 'text/event-stream' },
      token: await server.accessToken({ acr: 'pwd' }),
    });
    expect(answer.status).toBe(401);
    expect(answer.challenges).toEqual([stepUp]);
    expect(answer.headers['content-type']).toEqual(['application/json; charset=utf-8']);
    expect(answer.body).toMatchObject({ error: 'insufficient_user_authentication', acr_values: 'mfa', max_age: 300 });
  });

  it('lets a stream of events begin where the authentication is enough', async () => {
    const { send } = await start();
    const answer = await send('/events', { token: await server.accessToken({ acr: 'mfa' }) });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toEqual(['text/event-stream']);
    expect(answer.text).toContain('data: {"balance":1}');
  });
});
