// Copy this file: it imports nothing of the sample. It leads from the bank's refusal to the new token.
import {
  authorizationError,
  authorizationParameters,
  PendingStepUps,
  sessionStorageStore,
  stepUpFetch,
  stepUps,
  verifyStepUp,
} from '/vendor/nestjs-step-up/client/index.js';

const ERRORS = { ERR_STEP_UP_DECLINED: 'declined', ERR_STEP_UP_UNMET: 'impossible' };
const now = () => Date.now() / 1000;

export class StepUps {
  #pending = new PendingStepUps(sessionStorageStore());
  #authorization;
  #session;
  #user;
  #core;
  /** When the last sign-in that was good enough came back. */
  #satisfiedAt = Number.POSITIVE_INFINITY;

  /**
   * @param user `agrees(challenge)`: whether the user wants to sign in for this; `leaves(request)`: sends the user off,
   * and settles only if they think better of it; `order()`: what to show again when they come back
   */
  constructor({ authorization, session, user }) {
    this.#authorization = authorization;
    this.#session = session;
    this.#user = user;
    this.#core = stepUps(this.#options);
  }

  get #options() {
    return {
      origins: [location.origin],
      accessToken: () => this.#session.accessToken,
      stepUp: (challenge, context) => this.#leave(challenge, context),
    };
  }

  /** A `fetch` that sends the session's token to the bank and answers its challenges. */
  fetch(fetch) {
    return stepUpFetch({ ...this.#options, fetch });
  }

  /**
   * The same for what is not `fetch`, or answers with 200: GraphQL, a socket.
   *
   * @param send gets a `token`, and resolves with what may carry a challenge
   * @param target what step-ups are counted for: `method` and `url`
   */
  exchange(send, target) {
    return this.#core.exchange(send, { target });
  }

  /** Returns no token. Either the page is left, or the user does not want to, and the caller gets the refusal. */
  async #leave(challenge, { method, url, challengedAt }) {
    const { subject, issuer } = this.#session;
    const stepUp = { challenge, challengedAt, subject, issuer, request: { method, url }, data: this.#user.order() };
    // A sign-in that has become too old since is no circle.
    if (now() - this.#satisfiedAt > challenge.maxAge) await this.#pending.forget(stepUp);

    const state = this.#authorization.newState();
    // Refuses what would be a circle before it asks the user.
    await this.#pending.begin(state, stepUp);
    if (await this.#user.agrees(challenge)) {
      const parameters = authorizationParameters(challenge, { scope: this.#authorization.scope, loginHint: subject });
      const journey = { purpose: 'step-up', order: stepUp.data };
      try {
        const request = await this.#authorization.request(parameters, journey, state);
        // The time to come back starts now.
        await this.#pending.begin(state, stepUp);
        await this.#user.leaves(request);
      } finally {
        // The page was not left, so the user does not come back from this request.
        this.#authorization.abandon(state);
      }
    }
    await this.#pending.forget(stepUp);
    return undefined;
  }

  /**
   * Judges what the user came back with. Performs nothing: the order is shown again for the user to submit.
   *
   * @returns the `outcome`: one of verifyStepUp, or `declined`, `impossible`, `failed`; and the step-up it belongs to
   * @throws StateUnknown, StepUpTimedOut
   */
  async comeBack({ state, tokens, error }) {
    const stepUp = await this.#pending.take(state);
    if (error !== undefined) {
      await this.#pending.forget(stepUp);
      return { outcome: ERRORS[authorizationError(error)?.code] ?? 'failed', stepUp };
    }
    const { challenge, challengedAt, subject, issuer } = stepUp;
    const { outcome } = verifyStepUp(tokens.claims, { ...challenge, challengedAt, subject, issuer });
    if (outcome === 'satisfied') this.#satisfiedAt = now();
    return { outcome, stepUp };
  }

  /** The bank has done what a step-up was for. */
  async done({ method, url }) {
    const { subject, issuer } = this.#session;
    await this.#pending.forget({ subject, issuer, request: { method, url } });
  }
}
