import { Inject, Injectable } from '@nestjs/common';
import {
  authorizationParameters,
  type PendingStepUp,
  PendingStepUps,
  StateUnknown,
  type StepUpChallenge,
  StepUpTimedOut,
  type StepUpToKeep,
  verifyStepUp,
} from 'nestjs-step-up/client';
import { randomState } from 'openid-client';
import { AuthorizationClient, type Tokens } from './authorization-client.js';
import { BFF_OPTIONS, type BffOptions } from './bff.options.js';
import { ExpiringStore } from './expiring-store.js';
import { Problem } from './problem.js';
import type { SignedIn } from './session.js';
import type { Transfer } from './transfer.js';

/** Seconds the user has to come back. */
const LIFETIME = 300;

/** Challenges of the bank, answered by way of the authorization server. */
@Injectable()
export class StepUps {
  constructor(
    @Inject(BFF_OPTIONS) private readonly options: BffOptions,
    private readonly authorization: AuthorizationClient,
    private readonly store: ExpiringStore,
  ) {}

  /**
   * Gives the URL to send the user to. Only for what a form with a CSRF token has asked for: what is pending here is
   * shown to the user as their own wish.
   *
   * @throws StepUpLoop where the user has just done what is asked
   */
  async begin(
    { key, user }: { key: string; user: SignedIn },
    { challenge, challengedAt }: { challenge: StepUpChallenge; challengedAt: number },
    transfer: Transfer,
  ): Promise<URL> {
    const state = randomState();
    const stepUp = { ...this.#request(user), challenge, challengedAt, data: transfer };
    if (hasLapsed(user, challenge)) await this.#pending(key).forget(stepUp);
    await this.#pending(key).begin(state, stepUp);

    const { scope, bank: resource } = this.options;
    const metadata = await this.authorization.metadata();
    const parameters = authorizationParameters(challenge, {
      scope,
      resource,
      // an ID token in the URL would be seen by the browser; pushed, it goes from server to server
      ...(metadata.pushed_authorization_request_endpoint === undefined
        ? { loginHint: user.subject }
        : { idTokenHint: user.idToken }),
    });
    return this.authorization.begin(key, { state, isStepUp: true }, parameters);
  }

  /** Gives what was pending, once: the user has come back, with whatever answer. */
  async take(key: string, state: string, user: SignedIn): Promise<PendingStepUp & { data: Transfer }> {
    // the attempt was this session's and outlives what was pending
    const pending = await this.#pending(key)
      .take(state)
      .catch(() => undefined);
    if (pending === undefined) throw new StepUpTimedOut();
    if (user.subject !== pending.subject || user.issuer !== pending.issuer) throw new StateUnknown();
    return pending as PendingStepUp & { data: Transfer };
  }

  /** Gives the user with the new tokens, if the sign-in behind them is what was asked for. */
  accept(user: SignedIn, { challenge, challengedAt, subject, issuer }: PendingStepUp, tokens: Tokens): SignedIn {
    const { acrValues, maxAge } = challenge;
    const { outcome } = verifyStepUp(tokens.claims, {
      subject,
      challengedAt,
      ...(issuer !== undefined && { issuer }),
      ...(acrValues !== undefined && { acrValues }),
      ...(maxAge !== undefined && { maxAge }),
    });
    if (outcome !== 'satisfied') throw unsatisfied(outcome);
    const { accessToken, idToken } = tokens;
    return { ...user, accessToken, idToken, steppedUpAt: Date.now() / 1000 };
  }

  /** Stops counting: the transfer went through, or the user was not asked anything after all. */
  forget(key: string, user: SignedIn): Promise<void> {
    return this.#pending(key).forget(this.#request(user));
  }

  #pending(key: string): PendingStepUps {
    return new PendingStepUps(this.store.of(key), { lifetime: LIFETIME });
  }

  #request({ subject, issuer }: SignedIn): Pick<StepUpToKeep, 'subject' | 'issuer' | 'request'> {
    return { subject, issuer, request: { method: 'POST', url: `${this.options.bank}/transfers` } };
  }
}

/** Whoever lets the page lie until the sign-in is too old is asked anew; that is no loop. */
function hasLapsed({ steppedUpAt }: SignedIn, { maxAge = 0 }: StepUpChallenge): boolean {
  return steppedUpAt !== undefined && maxAge > 0 && Date.now() / 1000 - steppedUpAt > maxAge;
}

function unsatisfied(outcome: string): Problem {
  const before = 'Nothing was transferred, and you are still signed in as before.';
  return outcome === 'subject_mismatch' || outcome === 'issuer_mismatch'
    ? new Problem(403, 'Somebody else signed in', `The sign-in was not yours, so it was not used. ${before}`)
    : new Problem(
        502,
        'The sign-in was not strong enough',
        `You were asked for a stronger sign-in, but the authorization server did not make it one (${outcome}). ` +
          `Asking you again would not help. ${before}`,
      );
}
