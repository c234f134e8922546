import { Controller, type ExecutionContext, Get, type Type, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, AcrGuard, RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import type { Refusal } from '../../../lib/nest/transports/refusal.js';
import { ResponseHeaders } from '../../../lib/nest/transports/response-headers.js';
import { challenged, insufficientScope, invalidToken, withoutToken } from '../../support/challenged.js';
import { describeOverHttp, type Response } from '../../support/describe-over-http.js';
import { DONE, handler } from '../../support/handler.js';

const dpop = 'DPoP algs="ES256 PS256"';
const basic = 'Basic realm="legacy, \\"old\\""';
const acrUnmet = challenged({ acrValues: ['mfa'], reasons: ['acr_unmet'] });
/** A response that has challenges of another guard in front of its own. */
const beside = (kept: string[], { headers, ...response }: Response): Response => ({
  ...response,
  headers: { ...headers, 'www-authenticate': [...kept, ...(headers['www-authenticate'] ?? [])] },
});

describeOverHttp('RS-30 the challenge next to those of other guards', ({ serve, accessToken }) => {
  const withScope = handler(RequireAcr('mfa', { scope: 'transfer:write' }));
  const accounts = handler(Get('accounts'), UseGuards(AccessTokenGuard));

  /** Serves behind a guard of the application that sets challenges of its own. */
  const serveBehind = (challenges: string | string[], ...controllers: Type[]) =>
    serve({
      controllers,
      configure(app) {
        const { httpAdapter } = app.get(HttpAdapterHost);
        app.useGlobalGuards({
          canActivate(context) {
            // both adapters hand lists on to Node, whatever the type says
            httpAdapter.setHeader(context.switchToHttp().getResponse(), 'WWW-Authenticate', challenges as string);
            return true;
          },
        });
      },
    });

  it.each<[set: string, challenges: string | string[], kept: string[]]>([
    ['one line', dpop, [dpop]],
    ['several lines', [dpop, basic], [dpop, basic]],
    ['several challenges in one line', `${dpop}, ${basic}`, [`${dpop}, ${basic}`]],
  ])('RS-28 a challenge is added as a line to %s of another guard', async (_, challenges, kept) => {
    const send = await serveBehind(challenges, withScope, accounts);
    const token = await accessToken({ acr: 'pwd', scope: 'transfer:write' });
    expect(await send({ token })).toEqual(beside(kept, acrUnmet));
    expect(await send()).toEqual(beside(kept, withoutToken()));
    expect(await send({ path: '/accounts' })).toEqual(beside(kept, withoutToken()));
  });

  it('RS-29 challenges of another guard are kept next to a 403 as well', async () => {
    const send = await serveBehind(dpop, withScope);
    const response = await send({ token: await accessToken({ acr: 'mfa' }) });
    expect(response).toEqual(beside([dpop], insufficientScope('transfer:write')));
  });

  it('challenges of another guard are left alone if there is nothing to refuse', async () => {
    const send = await serveBehind([dpop, basic], accounts);
    expect(await send({ path: '/accounts', token: await accessToken() })).toEqual({
      status: 200,
      headers: { 'content-type': ['application/json; charset=utf-8'], 'www-authenticate': [dpop, basic] },
      body: DONE,
    });
  });

  it.each<[sent: string, token: () => Promise<string | undefined>, response: Response]>([
    ['no token', async () => undefined, withoutToken()],
    ['a token that is none', async () => 'garbage', invalidToken('The access token is not a signed JWT')],
    ['an authentication that is not enough', () => accessToken({ acr: 'pwd' }), acrUnmet],
  ])('RS-93 what four guards would say is said once: %s', async (_, token, response) => {
    const guards = UseGuards(AcrGuard, AccessTokenGuard, AuthGuard('jwt'), AcrGuard);
    const send = await serve(handler(guards, RequireAcr('mfa')));
    expect(await send({ token: await token() })).toEqual(response);
  });

  it('RS-93 a challenge is replaced by a later one of the same request', async () => {
    @Controller()
    class TwiceController {
      constructor(private readonly stepUp: StepUpService) {}

      @Get()
      @UseGuards(AccessTokenGuard)
      async handle(@StepUpContext() at: ExecutionContext) {
        await this.stepUp.require(at, 'phr').catch(() => undefined);
        await this.stepUp.require(at, 'mfa', { maxAge: 300 });
      }
    }
    const send = await serveBehind(dpop, TwiceController);
    const response = await send({ token: await accessToken({ acr: 'pwd' }) });
    expect(response).toEqual(beside([dpop], challenged({ acrValues: ['mfa'], maxAge: 300, reasons: ['acr_unmet'] })));
  });
});

it('RS-30 a line that other code appends to both of our challenges is kept when they are written again', () => {
  const response: Record<string, string | string[]> = {};
  const httpAdapter = {
    isHeadersSent: () => false,
    getHeader: (_: unknown, name: string) => response[name],
    setHeader: (_: unknown, name: string, value: string | string[]) => {
      response[name] = value;
    },
  };
  const headers = new ResponseHeaders({ httpAdapter } as never);
  const refusal = { challenge: 'DPoP error="invalid_token"', alternative: 'Bearer' } as Refusal;
  headers.write({ request: {}, response }, refusal);
  // as `appendHeader` of Node does
  (response['WWW-Authenticate'] as string[]).push(basic);
  headers.write({ request: {}, response }, refusal);
  expect(response['WWW-Authenticate']).toEqual([basic, 'DPoP error="invalid_token"', 'Bearer']);
});
