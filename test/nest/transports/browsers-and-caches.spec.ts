import { Controller, Header, type MessageEvent, Options, Sse } from '@nestjs/common';
import { RequireAcr } from 'nestjs-step-up';
import { of } from 'rxjs';
import { challenged, withoutToken } from '../../support/challenged.js';
import { describeOverHttp, type ServedModule } from '../../support/describe-over-http.js';
import { DONE, handler } from '../../support/handler.js';

type Cors = Parameters<Parameters<NonNullable<ServedModule['configure']>>[0]['enableCors']>[0] & object;

const origin = 'https://shop.example';
const acrUnmet = challenged({ acrValues: ['mfa'], maxAge: 300, reasons: ['acr_unmet'] });

describeOverHttp('what browsers and caches make of a response', ({ serve, accessToken }) => {
  const requireMfa = RequireAcr('mfa', { maxAge: 300 });
  const serveWithCors = (cors: Cors) =>
    serve({ controllers: [handler(requireMfa)], configure: (app) => app.enableCors({ origin, ...cors }) });

  it.each<[how: string, cors: Cors, exposed: string]>([
    ['alone', {}, 'WWW-Authenticate'],
    [
      'next to what the application exposes',
      { exposedHeaders: ['ETag', 'X-Total'] },
      'ETag, X-Total, WWW-Authenticate',
    ],
    ['once, if the application exposes it', { exposedHeaders: ['ETag', 'www-authenticate'] }, 'ETag, www-authenticate'],
    [
      'RS-101 next to *, which requests with credentials read literally',
      { exposedHeaders: '*' },
      '*, WWW-Authenticate',
    ],
  ])('RS-100 the challenge is exposed to scripts of other origins, %s', async (_, cors, exposed) => {
    const send = await serveWithCors({ credentials: true, ...cors });
    const { status, headers } = await send({ headers: { origin }, token: await accessToken({ acr: 'pwd' }) });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toEqual(acrUnmet.headers['www-authenticate']);
    expect(headers['access-control-expose-headers']?.join(', ').replaceAll(/ *, */g, ', ')).toBe(exposed);
  });

  it.each<[how: string, token: () => Promise<string | undefined>]>([
    ['without a token', async () => undefined],
    ['with a token that is none', async () => 'garbage'],
    ['with an authentication that is not enough', () => accessToken({ acr: 'pwd' })],
  ])('RS-102 scripts of other origins may read the 401 to a request %s', async (_, token) => {
    const send = await serveWithCors({ credentials: true });
    expect(await send({ headers: { origin }, token: await token() })).toMatchObject({
      status: 401,
      headers: {
        'access-control-allow-origin': [origin],
        'access-control-allow-credentials': ['true'],
        'access-control-expose-headers': ['WWW-Authenticate'],
      },
    });
  });

  it('RS-100 nothing is exposed if no other origin asks', async () => {
    const send = await serve(handler(requireMfa));
    expect(await send({ token: await accessToken({ acr: 'pwd' }) })).toEqual(acrUnmet);
  });

  it('RS-100 nothing more is exposed on what is let through', async () => {
    const send = await serveWithCors({ exposedHeaders: ['ETag'] });
    const response = await send({ headers: { origin }, token: await accessToken({ acr: 'mfa' }) });
    expect(response).toMatchObject({ status: 200, headers: { 'access-control-expose-headers': ['ETag'] } });
  });

  it('RS-103 a preflight is not challenged', async () => {
    const send = await serveWithCors({});
    const asked = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' };
    const response = await send({ method: 'OPTIONS', headers: { origin, ...asked } });
    expect(response).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': [origin], 'access-control-allow-headers': ['authorization'] },
    });
    expect(response.headers).not.toHaveProperty('www-authenticate');
  });

  it('RS-103 an OPTIONS request that reaches a decorated handler is not exempt', async () => {
    const send = await serve(handler(Options(), requireMfa));
    expect(await send({ method: 'OPTIONS', token: await accessToken({ acr: 'pwd' }) })).toEqual(acrUnmet);
  });

  it('RS-104 HEAD is answered with the fields of GET and no body', async () => {
    const send = await serve(handler(requireMfa));
    const token = await accessToken({ acr: 'pwd' });
    expect(await send({ token })).toEqual(acrUnmet);
    expect(await send({ token, method: 'HEAD' })).toEqual({ ...acrUnmet, body: '' });
    const [get, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) => fetch(send.url, { method, headers: { authorization: `Bearer ${token}` } })),
    );
    expect(head?.headers.get('content-length')).toBe(String((await get?.text())?.length));
  });

  it('RS-104 HEAD is judged like GET', async () => {
    const send = await serve(handler(requireMfa));
    const response = await send({ method: 'HEAD', token: await accessToken({ acr: 'mfa' }) });
    expect(response).toMatchObject({ status: 200, body: '' });
    expect(await send({ method: 'HEAD' })).toEqual({ ...withoutToken(), body: '' });
  });

  it('RS-105 a challenge is kept out of caches, whatever the handler would say', async () => {
    const send = await serve(handler(requireMfa, Header('Cache-Control', 'private, max-age=60')));
    expect(await send({ token: await accessToken({ acr: 'pwd' }) })).toEqual(acrUnmet);
  });

  it('RS-106 what a success says to caches is left to the handler', async () => {
    const send = await serve(handler(requireMfa, Header('Cache-Control', 'private, max-age=60')));
    const response = await send({ token: await accessToken({ acr: 'mfa' }) });
    expect(response).toMatchObject({ body: DONE, headers: { 'cache-control': ['private, max-age=60'] } });
  });

  @Controller()
  class EventsController {
    @Sse()
    @requireMfa
    events() {
      return of<MessageEvent>({ data: { balance: 1 } });
    }
  }

  it('a challenge comes before a stream of events begins', async () => {
    const send = await serve(EventsController);
    const headers = { accept: 'text/event-stream' };
    expect(await send({ headers, token: await accessToken({ acr: 'pwd' }) })).toEqual(acrUnmet);
  });

  it('a stream of events begins if the authentication is enough', async () => {
    const send = await serve(EventsController);
    const { status, headers, body } = await send({ token: await accessToken({ acr: 'mfa' }) });
    expect(status).toBe(200);
    expect(headers['content-type']).toEqual(['text/event-stream']);
    expect(body).toContain('data: {"balance":1}');
  });
});
