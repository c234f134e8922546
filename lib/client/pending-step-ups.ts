import type { StepUpChallenge } from './challenge.js';
import { AMOUNT, checkChallenge, checkKind, checkRequired, NAME, TEXT, WAIT } from './check.js';
import { StateUnknown, StepUpLoop, StepUpTimedOut } from './errors.js';
import { parseJson } from './member.js';
import { now } from './now.js';
import { findRepeated } from './repeated-challenge.js';

/** Keeps what has to survive a page load, or on a server, the way of the user to the authorization server and back. */
export interface StepUpStore {
  /** Keeps a text for a number of seconds at least. */
  put(key: string, value: string, ttl: number): void | Promise<void>;
  /** Returns a text and forgets it, in one step, so that a second caller gets nothing. */
  take(key: string): string | null | undefined | Promise<string | null | undefined>;
}

interface PendingStepUpBase {
  /** The challenge that is answered, for `verifyStepUp`. */
  challenge: StepUpChallenge;
  /** When it arrived, in seconds since the epoch: `challengedAt` of the request that `stepUp` is given. */
  challengedAt: number;
  /** `sub` of the session that is stepped up. */
  subject: string;
  /** `iss` of that session. */
  issuer?: string | undefined;
  /** The request that was refused, to show it again; neither its headers nor its body belong here. */
  request?: { method: string; url: string } | undefined;
}

/**
 * What is kept. `data` is whatever the application shows again for the user to submit. It survives as JSON does. Web
 * storage is no place for secrets.
 */
export type PendingStepUpInput<Data = unknown> = PendingStepUpBase &
  (undefined extends Data ? { data?: Data | undefined } : { data: Data });

/** A step-up under way, with the time at which it is given up, in seconds since the epoch. */
export type PendingStepUp<Data = unknown> = PendingStepUpInput<Data> & {
  /** Seconds since the epoch. */
  expiresAt: number;
};

/** Options of {@link PendingStepUps}. */
export interface PendingStepUpsOptions {
  /** Seconds the user has to return, at most `86_400`. Default is `600`. */
  ttl?: number | undefined;
}

/** Whose request is counted. */
type CountedRequest = Pick<PendingStepUpBase, 'subject' | 'issuer' | 'request'>;

interface Returned {
  challenges: StepUpChallenge[];
  expiresAt: number;
}

/**
 * Step-ups that leave the page: what was asked, for whom and for what, from the redirect to the authorization server to
 * the return from it. Each is found once, by the `state` of the authorization request, and within `ttl`. How often
 * a request was stepped up is counted across page loads, by the rules of `stepUpFetch`: an API that goes on asking does
 * not send its users round in a circle.
 *
 * A caller that takes a pending step-up has to verify the sign-in against it, and shows its request for the user to submit
 * again: the callback itself performs nothing. Verify the `state` against the session first, as the OpenID library does.
 *
 * @example
 * ```ts
 * const pending = new PendingStepUps<Transfer>(sessionStorageStore());
 * await pending.begin(state, { challenge, challengedAt, subject, request, data: transfer });   // before leaving
 * const { challenge, challengedAt, subject, data } = await pending.take(state);                // in the callback
 * ```
 */
export class PendingStepUps<Data = unknown> {
  readonly #store: StepUpStore;
  readonly #ttl: number;

  /** @throws TypeError for a `ttl` that is not a number of seconds up to `86_400` */
  constructor(store: StepUpStore, options: PendingStepUpsOptions = {}) {
    checkKind(options, WAIT, ['ttl']);
    this.#store = store;
    this.#ttl = options.ttl ?? 600;
  }

  /**
   * Keeps a step-up under a `state` made for it alone.
   *
   * @throws StepUpLoop where users came back from as much for this very request already, or from two step-ups for it
   * @throws TypeError for an empty `state` or `subject`, and for a `challenge`, `challengedAt` or `issuer` of another type
   */
  async begin(state: string, stepUp: PendingStepUpInput<Data>): Promise<PendingStepUp<Data>> {
    checkRequired({ ...stepUp, state }, NAME, ['state', 'subject']);
    checkRequired(stepUp, AMOUNT, ['challengedAt']);
    checkKind(stepUp, TEXT, ['issuer']);
    checkChallenge(stepUp.challenge);
    const earlier = findRepeated(await this.#returned(stepUp), stepUp.challenge);
    if (earlier) throw new StepUpLoop([earlier, stepUp.challenge]);

    const pending: PendingStepUp<Data> = { ...stepUp, expiresAt: now() + this.#ttl };
    await this.#store.put(`state:${state}`, JSON.stringify(pending), this.#ttl);
    return pending;
  }

  /**
   * Returns the step-up that was begun with a `state`, once.
   *
   * @throws StateUnknown where there is none, or it was taken before
   * @throws StepUpTimedOut where the user took longer than `ttl`
   */
  async take(state: string): Promise<PendingStepUp<Data>> {
    const pending = parseJson<PendingStepUp<Data>>(await this.#store.take(`state:${state}`));
    if (!pending) throw new StateUnknown();
    if (!(now() <= pending.expiresAt)) throw new StepUpTimedOut();
    await this.#returned(pending, pending.challenge);
    return pending;
  }

  /** Stops counting for a request: it was performed, or the user chose not to authenticate and may think better of it. */
  async forget(stepUp: CountedRequest): Promise<void> {
    await this.#store.take(requestKey(stepUp));
  }

  /** Returns the challenges that users came back from for a request, before the given one is added to them. */
  async #returned(stepUp: CountedRequest, ...added: StepUpChallenge[]): Promise<StepUpChallenge[]> {
    const key = requestKey(stepUp);
    const kept = parseJson<Returned>(await this.#store.take(key));
    const earlier = kept && now() <= kept.expiresAt ? kept.challenges : [];
    const challenges = [...earlier, ...added];
    const expiresAt = added.length > 0 ? now() + this.#ttl : kept?.expiresAt;
    if (challenges.length > 0) await this.#store.put(key, JSON.stringify({ challenges, expiresAt }), this.#ttl);
    return earlier;
  }
}

function requestKey({ issuer, subject, request }: CountedRequest): string {
  return `request:${JSON.stringify([issuer, subject, request?.method, request?.url])}`;
}
