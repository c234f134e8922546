import { type CanActivate, Get, Logger, Post, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { RequireAcr, StepUpService, type UnmetReason } from 'nestjs-step-up';
import { challenged, invalidToken, withoutToken } from './challenged.js';
import { secondsAgo } from './clock.js';
import { describeOverHttp, type Send } from './describe-over-http.js';
import { DONE, done, handler, impostorGuard } from './handler.js';

describeOverHttp('the helpers of HTTP tests', ({ serve, accessToken, server, log }) => {
  let shared: Send;
  let closed: Send | undefined;
  beforeAll(async () => {
    shared = await serve(handler());
  });

  it.each([1, 2])('an application that beforeAll has booted stays for every test, here test %i', async () => {
    expect(await shared()).toMatchObject({ status: 200, body: DONE });
  });

  it('the token is judged, not the user that an earlier guard put on the request', async () => {
    const user = { acr: 'mfa', auth_time: secondsAgo(0) };
    const send = await serve(handler(UseGuards(impostorGuard(user)), RequireAcr('mfa')));
    closed = send;
    const response = await send({ token: await accessToken({ acr: 'pwd' }) });
    expect(response).toEqual(challenged({ acrValues: ['mfa'], reasons: ['acr_unmet'] }));
    expect(done).not.toHaveBeenCalled();
  });

  it('an application that a test has booted is closed after it', () => {
    expect(closed?.app.getHttpServer().listening).toBe(false);
    expect(shared.app.getHttpServer().listening).toBe(true);
  });

  it.each<[acr: string, authTime: number, scope: string, reasons: UnmetReason[]]>([
    ['pwd', 0, 'a', ['acr_unmet']],
    ['mfa', 301, 'a', ['authentication_too_old']],
    ['pwd', 301, 'a', ['acr_unmet', 'authentication_too_old']],
    ['pwd', 301, 'b', ['acr_unmet', 'authentication_too_old', 'scope_missing']],
  ])('a challenge is expected as a whole: acr %s, %i seconds old, scope %s', async (acr, age, scope, reasons) => {
    const send = await serve(handler(RequireAcr('mfa', { maxAge: 300, scope: 'a' })), { clockTolerance: 0 });
    const lacking = scope === 'b' && { scope: 'a' };
    const token = await accessToken({ acr, authTime: secondsAgo(age), scope });
    expect(await send({ token })).toEqual(challenged({ acrValues: ['mfa'], maxAge: 300, ...lacking, reasons }));
    expect(await send()).toEqual(withoutToken());
    expect(await send({ token: 'garbage' })).toEqual(invalidToken('The access token is not a signed JWT'));
  });

  it('decorators of a handler run in the order that they are written in', async () => {
    const ran: string[] = [];
    const guard = (name: string): CanActivate => ({ canActivate: () => ran.push(name) > 0 });
    const send = await serve([
      handler(UseGuards(guard('above')), UseGuards(guard('below'))),
      handler(Post('accounts')),
      handler(Get('open')),
    ]);
    await send();
    expect(ran).toEqual(['below', 'above']);
    expect(await send({ path: '/accounts', method: 'POST' })).toMatchObject({ status: 201, body: DONE });
    expect(await send({ path: '/open' })).toMatchObject({ status: 200, body: DONE });
  });

  it('a module may be served, with options of its own', async () => {
    const send = await serve(
      {
        controllers: [handler()],
        providers: [{ provide: APP_GUARD, useValue: impostorGuard({ acr: 'mfa' }) }],
        configure: (app) => app.enableCors({ origin: 'https://shop.example' }),
      },
      { passport: 'existing', requirements: { acrValues: ['mfa'] }, authenticationEvent: () => ({ acr: 'mfa' }) },
    );
    expect(await send()).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': ['https://shop.example'] },
    });
    expect(send.app.get(StepUpService)).toBeInstanceOf(StepUpService);
  });

  it.each([1, 2])('the log is that of one test, here test %i', (test) => {
    new Logger('Bank').warn(`the balance is ${test}`);
    expect(log).toEqual([`the balance is ${test}`]);
  });

  it('the server is the one whose tokens are accepted, and it keeps what a test sets', async () => {
    const send = await serve(handler(RequireAcr('mfa')));
    server.subject = 'bob';
    expect({ ...server }).toMatchObject({ subject: 'bob', issuer: server.issuer, audience: 'https://api.example' });
    expect(await send({ token: await server.accessToken({ acr: 'mfa' }) })).toMatchObject({ status: 200, body: DONE });
  });
});
