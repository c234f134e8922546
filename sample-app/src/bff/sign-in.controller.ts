import { Controller, Get, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { BFF_OPTIONS, type BffOptions } from './bff.options.js';
import { CsrfGuard } from './csrf.guard.js';
import { Inspector } from './inspector/inspector.js';
import { endSession, renewSession, signedIn } from './session.js';
import { SignInCookie } from './sign-in-cookie.js';
import { AuthorizationClient, Confirmations, StepUps } from './step-up/index.js';
import type { Transfer } from './transfer.js';

/** The ways to the authorization server and back. */
@Controller()
@UseGuards(CsrfGuard)
export class SignInController {
  constructor(
    @Inject(BFF_OPTIONS) private readonly options: BffOptions,
    private readonly authorization: AuthorizationClient,
    private readonly signIns: SignInCookie,
    private readonly stepUps: StepUps<Transfer>,
    private readonly confirmations: Confirmations<Transfer>,
    private readonly inspector: Inspector,
  ) {}

  @Get('sign-in')
  async signIn(@Req() request: Request, @Res() response: Response): Promise<void> {
    if (request.session.user !== undefined) return response.redirect(303, '/');
    const attempt = this.authorization.createAttempt();
    const url = await this.authorization.request(attempt);
    await this.signIns.add(request, response, attempt);
    response.redirect(303, url.href);
  }

  /** Takes tokens in. Performs nothing: any link may lead here. */
  @Get('callback')
  async callback(@Req() request: Request, @Res() response: Response): Promise<void> {
    const callback = new URL(request.originalUrl, this.options.url);
    // A signed-in user is sent to the authorization server only for a step-up.
    if (request.session.user !== undefined) return response.redirect(303, await this.#stepUp(request, callback));

    const attempt = await this.signIns.find(request, callback.searchParams.get('state') ?? '');
    const { accessToken, idToken, claims } = await this.authorization.finish(callback, attempt);
    this.signIns.clear(response);
    await renewSession(request, { subject: claims.sub, issuer: claims.iss, accessToken, idToken });
    response.redirect(303, '/');
  }

  @Post('sign-out')
  async signOut(@Req() request: Request, @Res() response: Response): Promise<void> {
    await endSession(request);
    // The session here has ended, even if the authorization server cannot be reached.
    const url = await this.authorization.signOutUrl().catch(() => undefined);
    response.redirect(303, url?.href ?? '/');
  }

  async #stepUp(request: Request, callback: URL): Promise<string> {
    const { key, csrfToken, user: before } = signedIn(request);
    const owner = { key, user: before };
    const finished = this.stepUps.finish(owner, callback);
    const { user, data: transfer } = await this.inspector.returning(owner, callback, finished);
    await renewSession(request, user, { key, csrfToken });
    return `/transfers/${await this.confirmations.keep({ key, user }, transfer)}`;
  }
}
