// A server that holds the tokens (BFF). It calls an API for its user, and answers the challenge by a new sign-in.
import { randomUUID } from 'node:crypto';
import { BadRequestException, Body, Controller, ForbiddenException, Get, Module, Post, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Request, Response } from 'express';
import session from 'express-session';
import {
  authorizationParameters,
  PendingStepUps,
  readStepUpChallenge,
  type StepUpStore,
  verifyStepUp,
} from 'nestjs-step-up/client';
import * as oauth from 'openid-client';

const issuer = process.env['STEP_UP_ISSUER'] ?? 'http://127.0.0.1:9000';
const own = process.env['BFF_URL'] ?? 'http://localhost:3000'; // never from the Host header
const api = process.env['API_URL'] ?? 'http://127.0.0.1:3001'; // such as smallest.ts with PORT=3001
const isDevelopment = issuer.startsWith('http:');

interface State {
  csrf?: string;
  user?: { subject: string; issuer: string; accessToken: string };
  attempt?: { state: string; nonce: string; verifier: string; isStepUp: boolean };
  /** A transfer that the user has to send again after a step-up. */
  toConfirm?: number;
}
type WithSession = Request & { session: session.Session & State };

/** The step-ups of one user, in the memory of this process. With several processes take `SET` and `GETDEL` of Redis. */
class UserStore implements StepUpStore {
  readonly #kept = new Map<string, string>();

  put(key: string, value: string) {
    this.#kept.delete(key);
    this.#kept.set(key, value);
    if (this.#kept.size > 20) this.#kept.delete(this.#kept.keys().next().value as string);
  }

  take(key: string) {
    const value = this.#kept.get(key);
    this.#kept.delete(key);
    return value;
  }
}

const stores = new Map<string, UserStore>();
function pendingOf({ subject, issuer }: { subject: string; issuer: string }) {
  const user = JSON.stringify([issuer, subject]);
  const store = stores.get(user) ?? new UserStore();
  stores.set(user, store);
  return new PendingStepUps<number>(store);
}

let discovered: Promise<oauth.Configuration> | undefined;
function configuration() {
  const options = isDevelopment ? { execute: [oauth.allowInsecureRequests] } : {};
  discovered ??= oauth.discovery(new URL(issuer), 'development-client', undefined, oauth.None(), options);
  return discovered;
}

/** Remembers an authorization request in the session, and returns its URL. */
async function authorizationUrl(current: State, parameters: Record<string, string>, isStepUp: boolean) {
  const attempt = { state: randomUUID(), nonce: randomUUID(), verifier: oauth.randomPKCECodeVerifier(), isStepUp };
  const url = oauth.buildAuthorizationUrl(await configuration(), {
    ...parameters,
    redirect_uri: `${own}/callback`,
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: 'S256',
  });
  current.attempt = attempt;
  return { url: url.href, state: attempt.state };
}

@Controller()
class BffController {
  @Get()
  page(@Req() { session: current }: WithSession) {
    if (current.user === undefined) return '<a href="/sign-in">Sign in</a>';
    current.csrf ??= randomUUID();
    const notice = current.toConfirm === undefined ? '' : '<p>You have signed in again. Send the transfer now.</p>';
    return `${notice}<form method="post" action="/transfers"><input type="hidden" name="csrf" value="${current.csrf}">
<input name="amount" value="${current.toConfirm ?? 25}"><button>Transfer</button></form>`;
  }

  @Get('sign-in')
  async signIn(@Req() { session: current }: WithSession, @Res() response: Response) {
    response.redirect(303, (await authorizationUrl(current, { scope: 'openid' }, false)).url);
  }

  @Post('transfers')
  async transfer(
    @Req() { session: current }: WithSession,
    @Res() response: Response,
    @Body() body: { csrf?: unknown; amount?: unknown },
  ) {
    const amount = Number(body.amount);
    const { user, csrf } = current;
    if (user === undefined || csrf === undefined || body.csrf !== csrf || !(amount > 0)) {
      throw new BadRequestException();
    }
    const pending = pendingOf(user);
    const request = { method: 'POST', url: `${api}/transfers` };
    const answer = await fetch(request.url, {
      method: request.method,
      headers: { authorization: `Bearer ${user.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ amount }),
    });
    const challenge = await readStepUpChallenge(answer);
    if (challenge === undefined) {
      await pending.forget({ ...user, request });
      delete current.toConfirm;
      response.status(answer.status).send(answer.ok ? `Moved ${amount}` : 'Refused');
      return;
    }
    const { subject, issuer } = user;
    const challengedAt = Date.now() / 1000;
    const parameters = authorizationParameters(challenge, { scope: 'openid', loginHint: subject });
    const { url, state } = await authorizationUrl(current, parameters, true);
    await pending.begin(state, { challenge, challengedAt, subject, issuer, request, data: amount }).catch((cause) => {
      throw new ForbiddenException('The API asks for the same again', { cause }); // not in a circle
    });
    response.redirect(303, url);
  }

  /** Keeps the new tokens. It performs nothing: the user sends the transfer again. */
  @Get('callback')
  async callback(@Req() request: WithSession, @Res() response: Response) {
    const { user: earlier, attempt } = request.session;
    delete request.session.attempt; // once
    if (attempt === undefined || attempt.state !== request.query['state']) throw new BadRequestException();
    const pending = attempt.isStepUp && earlier !== undefined ? pendingOf(earlier) : undefined;
    const stepUp = await pending?.take(attempt.state);
    const checks = {
      expectedState: attempt.state,
      expectedNonce: attempt.nonce,
      pkceCodeVerifier: attempt.verifier,
      idTokenExpected: true,
    };
    const tokens = await oauth
      .authorizationCodeGrant(await configuration(), new URL(request.url, own), checks)
      .catch(async (cause) => {
        if (stepUp !== undefined) await pending?.forget(stepUp); // the user declined, and may try again
        throw new ForbiddenException('The sign-in has not been completed', { cause });
      });
    const claims = tokens.claims() as oauth.IDToken;
    if (stepUp !== undefined) {
      const { challenge, challengedAt, subject, issuer } = stepUp;
      const { outcome } = verifyStepUp(claims, { ...challenge, challengedAt, subject, issuer });
      if (outcome !== 'satisfied') throw new ForbiddenException(`The sign-in is not what was asked for: ${outcome}`);
    }
    await new Promise<void>((resolve, reject) => {
      request.session.regenerate((error) => (error ? reject(error) : resolve()));
    });
    const user = { subject: claims.sub, issuer: claims.iss, accessToken: tokens.access_token };
    Object.assign(request.session, { user, toConfirm: stepUp?.data });
    response.redirect(303, '/');
  }
}

@Module({ controllers: [BffController] })
export class AppModule {}

async function start() {
  const app = await NestFactory.create(AppModule);
  app.use(
    session({
      secret: process.env['SESSION_SECRET'] ?? randomUUID(),
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure: !isDevelopment },
    }),
  );
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  return app;
}

export const application = start();
