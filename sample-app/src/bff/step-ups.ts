import { Inject, Injectable } from '@nestjs/common';
import {
  authorizationParameters,
  type PendingStepUp,
  PendingStepUps,
  type StepUpChallenge,
  type StepUpStore,
  type StepUpToKeep,
  verifyStepUp,
} from 'nestjs-step-up/client';
import { type AuthorizationAttempt, AuthorizationClient, type Tokens } from './authorization-client.js';
import type { Refusal } from './bank-api.js';
import { BFF_OPTIONS, type BffOptions } from './bff.options.js';
import { Problem } from './problem.js';
import type { Owner, SignedIn } from './session.js';
import type { Transfer } from './transfer.js';
import { UserStore } from './user-store.js';

/** A step-up, and the transfer that it is for. */
export interface PendingTransfer extends PendingStepUp {
  readonly data: { readonly attempt: AuthorizationAttempt; readonly transfer: Transfer };
}

/** Seconds the user has to come back. */
const TTL = 300;
/** Seconds for which a late user is told that it took too long. */
const GRACE = 600;

/** Challenges of the bank, answered by way of the authorization server. */
@Injectable()
export class StepUps {
  constructor(
    @Inject(BFF_OPTIONS) private readonly options: BffOptions,
    private readonly authorization: AuthorizationClient,
    private readonly store: UserStore,
  ) {}

  /**
   * Returns the URL to send the user to. Only for what a form with a CSRF token has asked for: the user is shown what is
   * pending here as their own wish.
   *
   * @throws StepUpLoop if the user has just done what is asked
   */
  async begin(owner: Owner, { challenge, challengedAt }: Refusal, transfer: Transfer): Promise<URL> {
    const { user } = owner;
    const attempt = this.authorization.createAttempt();
    const pending = this.#pending(owner);
    if (hasLapsed(user, challenge)) await this.forget(owner);
    await pending.begin(attempt.state, {
      ...this.#request(user),
      challenge,
      challengedAt,
      data: { attempt, transfer },
    });

    const metadata = await this.authorization.metadata();
    // The browser sees an ID token in the URL. Pushed, it goes from server to server.
    const isPushed = metadata.pushed_authorization_request_endpoint !== undefined;
    const parameters = authorizationParameters(challenge, {
      scope: this.options.scope,
      resource: this.options.bank,
      idTokenHint: isPushed ? user.idToken : undefined,
      loginHint: isPushed ? undefined : user.subject,
    });
    return this.authorization.request(attempt, parameters);
  }

  /**
   * Returns what was pending, once: the user has come back, with whatever response.
   *
   * @throws StateUnknown if this session began nothing with the `state`
   * @throws StepUpTimedOut if the user took longer than five minutes
   */
  async take(owner: Owner, state: string): Promise<PendingTransfer> {
    return (await this.#pending(owner).take(state)) as PendingTransfer;
  }

  /** Returns the user with the new tokens, if the sign-in behind them is what was asked for. */
  accept(user: SignedIn, { challenge, challengedAt, subject, issuer }: PendingStepUp, tokens: Tokens): SignedIn {
    const { outcome } = verifyStepUp(tokens.claims, { ...challenge, challengedAt, subject, issuer });
    if (outcome !== 'satisfied') throw unsatisfied(outcome);
    const { accessToken, idToken } = tokens;
    return { ...user, accessToken, idToken, steppedUpAt: Date.now() / 1000 };
  }

  /** Stops counting: the transfer went through, or the user was not asked anything after all. */
  forget(owner: Owner): Promise<void> {
    return this.#pending(owner).forget(this.#request(owner.user));
  }

  #pending(owner: Owner): PendingStepUps {
    const { put, take } = this.store.of(owner);
    const longer: StepUpStore = { put: (name, value, ttl) => put(name, value, ttl + GRACE), take };
    return new PendingStepUps(longer, { lifetime: TTL });
  }

  #request({ subject, issuer }: SignedIn): Pick<StepUpToKeep, 'subject' | 'issuer' | 'request'> {
    return { subject, issuer, request: { method: 'POST', url: `${this.options.bank}/transfers` } };
  }
}

/** Returns whether the last sign-in has become too old in the meantime. To ask for another one is then no loop. */
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
