import { Controller, type ExecutionContext, Get, UseGuards } from '@nestjs/common';
import {
  AccessTokenGuard,
  InsufficientUserAuthenticationException,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import { describeOverHttp } from '../../support/describe-over-http.js';

@Controller()
class CatchingController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get()
  @UseGuards(AccessTokenGuard)
  async handle(@StepUpContext() at: ExecutionContext) {
    try {
      await this.stepUp.require(at, ['phr', 'mfa'], { maxAge: 0 });
    } catch (error) {
      if (!(error instanceof InsufficientUserAuthenticationException)) throw error;
      const { name, message, code, body, extensions, challenge } = error;
      return {
        name,
        message,
        code,
        body,
        status: error.getStatus(),
        response: error.getResponse(),
        extensions,
        challenge,
      };
    }
    return {};
  }
}

describeOverHttp('InsufficientUserAuthenticationException', ({ serve, accessToken, server }) => {
  it('the exception carries code, body, GraphQL form and challenge', async () => {
    const { issuer, audience } = server;
    const acr = { mfa: 'urn:example:mfa', phr: 'urn:example:phr' };
    const send = await serve(CatchingController, { authorizationServers: [{ issuer, audience, acr }] });
    const body = {
      error: 'insufficient_user_authentication',
      error_description: 'More recent authentication is required',
      acr_values: 'urn:example:phr urn:example:mfa',
      max_age: 0,
      reasons: ['authentication_too_old'],
    };
    const response = await send({ token: await accessToken({ acr: 'urn:example:phr', authTime: 1 }) });
    expect(response.body).toEqual({
      name: 'InsufficientUserAuthenticationException',
      message: 'More recent authentication is required',
      code: 'insufficient_user_authentication',
      body,
      status: 401,
      response: body,
      extensions: { code: 'INSUFFICIENT_USER_AUTHENTICATION', ...body },
      challenge:
        'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="More recent authentication is required", ' +
        'acr_values="urn:example:phr urn:example:mfa", max_age="0"',
    });
  });
});
