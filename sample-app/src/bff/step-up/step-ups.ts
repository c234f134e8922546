import { Inject, Injectable } from '@nestjs/common';
import {
  authorizationParameters,
  type PendingStepUp,
  PendingStepUps,
  type StepUpChallenge,
  type StepUpStore,
  verifyStepUp,
} from 'nestjs-step-up/client';
import { type AuthorizationAttempt, AuthorizationClient, type Tokens } from './authorization-client.js';
import { CLIENT_OPTIONS, type ClientOptions } from './client.options.js';
import type { Owner, SignedIn } from './owner.js';
import { StepUpFailure } from './step-up-failure.js';
import { UserStore } from './user-store.js';

/** A request that the API refused with a challenge. */
export interface RefusedRequest {
  readonly request: { readonly method: string; readonly url: string };
  readonly challenge: StepUpChallenge;
  /** Seconds since the epoch. */
  readonly challengedAt: number;
}

export interface FinishedStepUp<Data> {
  /** The same user, with the new tokens. */
  readonly user: SignedIn;
  /** What the step-up was for. */
  readonly data: Data;
}

/** Seconds the user has to come back. */
const TTL = 300;
/** Seconds for which a late user is told that it took too long. */
const GRACE = 600;

/** Answers challenges of the API by way of the authorization server. */
@Injectable()
export class StepUps<Data> {
  constructor(
    @Inject(CLIENT_OPTIONS) private readonly options: ClientOptions,
    private readonly authorization: AuthorizationClient,
    private readonly store: UserStore,
  ) {}

  /**
   * Returns the URL to send the user to. Only for what a form with a CSRF token has asked for: the user is shown `data`
   * as their own wish.
   *
   * @throws StepUpLoop if the user has just done what is asked
   */
  async begin(owner: Owner, { request, challenge, challengedAt }: RefusedRequest, data: Data): Promise<URL> {
    const { subject, issuer } = owner.user;
    if (hasLapsed(owner.user, challenge)) await this.forget(owner, request);
    const attempt = this.authorization.createAttempt();
    const kept = { attempt, data };
    await this.#pending(owner).begin(attempt.state, { subject, issuer, request, challenge, challengedAt, data: kept });
    return this.authorization.request(attempt, await this.#parameters(owner.user, challenge));
  }

  /**
   * Takes in what the user came back with. Each callback counts once. The old tokens stay good if this fails.
   *
   * @throws StateUnknown if this session began nothing with the `state`
   * @throws StepUpTimedOut if the user took longer than five minutes
   * @throws AuthorizationFailed if the user declined, or the authorization server cannot do what is asked
   * @throws StepUpFailure if the sign-in is not what was asked for
   */
  async finish(owner: Owner, callback: URL): Promise<FinishedStepUp<Data>> {
    const state = callback.searchParams.get('state') ?? '';
    const pending = await this.#pending(owner).take(state);
    const { attempt, data } = pending.data as { attempt: AuthorizationAttempt; data: Data };
    const tokens = await this.authorization.finish(callback, attempt).catch(async (error) => {
      // No new sign-in came of it, so the user may try again.
      await this.#pending(owner).forget(pending);
      throw error;
    });
    assertSatisfied(pending, tokens);
    const { accessToken, idToken } = tokens;
    return { user: { ...owner.user, accessToken, idToken, steppedUpAt: Date.now() / 1000 }, data };
  }

  /** Stops counting step-ups for a request: the API has performed it. */
  forget({ key, user }: Owner, request: RefusedRequest['request']): Promise<void> {
    const { subject, issuer } = user;
    return this.#pending({ key, user }).forget({ subject, issuer, request });
  }

  async #parameters({ subject, idToken }: SignedIn, challenge: StepUpChallenge): Promise<Record<string, string>> {
    const { scope, resource } = this.options;
    const metadata = await this.authorization.metadata();
    // The browser sees an ID token in the URL. Pushed, it goes from server to server.
    const isPushed = metadata.pushed_authorization_request_endpoint !== undefined;
    return authorizationParameters(challenge, {
      scope,
      resource,
      idTokenHint: isPushed ? idToken : undefined,
      loginHint: isPushed ? undefined : subject,
    });
  }

  #pending(owner: Owner): PendingStepUps {
    const { put, take } = this.store.of(owner);
    const store: StepUpStore = { put: (name, value, ttl) => put(name, value, ttl + GRACE), take };
    return new PendingStepUps(store, { ttl: TTL });
  }
}

/** Returns whether the last sign-in has become too old in the meantime. To ask for another one is then no loop. */
function hasLapsed({ steppedUpAt }: SignedIn, { maxAge = 0 }: StepUpChallenge): boolean {
  return steppedUpAt !== undefined && maxAge > 0 && Date.now() / 1000 - steppedUpAt > maxAge;
}

function assertSatisfied({ challenge, challengedAt, subject, issuer }: PendingStepUp, { claims }: Tokens): void {
  const { outcome } = verifyStepUp(claims, { ...challenge, challengedAt, subject, issuer });
  if (outcome === 'satisfied') return;
  if (outcome === 'subject_mismatch' || outcome === 'issuer_mismatch') throw new StepUpFailure('user_mismatch');
  throw new StepUpFailure('step_up_unsatisfied', { outcome });
}
