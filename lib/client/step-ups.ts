import { apiOrigins, readAddress } from './api-origins.js';
import type { StepUpChallenge } from './challenge.js';
import { isStepUpError, RequestNotReplayable, StepUpFailed, StepUpLoop } from './errors.js';
import { type Outcome, refusalOf } from './find-refusal.js';
import { grantedTokens } from './granted-tokens.js';
import { now } from './now.js';
import { promptPolicy } from './prompt-policy.js';
import { findRepeated } from './repeated-challenge.js';
import { type Attempt, SingleFlight, type StepUpResult } from './single-flight.js';
import {
  checkStepUpsOptions,
  type StepUpFetchEvent,
  type StepUpsOptions,
  type StepUpTarget,
} from './step-ups.options.js';
import { throwIfAborted, untilAborted, withTimeout } from './wait.js';

/** One sending of a request. */
export interface StepUpAttempt {
  /** The access token to send it with. Empty if nobody is signed in, and for a target beyond `origins`: send none. */
  readonly token: string;
  /** Counts from `1`. */
  readonly number: number;
}

/** What `StepUps.exchange` needs to know of a request. */
export interface ExchangeOptions<T> {
  /** The request, its address absolute, or relative to the page. */
  readonly target: StepUpTarget;
  /**
   * Finds the challenge in what `send` has resolved or rejected with. Default is `findStepUpChallenge`, except in a
   * GraphQL response that performed a part of the operation.
   */
  readonly challengeOf?: ((outcome: Outcome<T>) => StepUpChallenge | undefined) | undefined;
  /** Whether the request may be sent again. Without, a challenge is RequestNotReplayable. Default is `true`. */
  readonly repeatable?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `StepUps.answer` needs to know of the refused request. */
export interface AnswerOptions {
  /** The access token that was refused. */
  readonly token: string;
  readonly target: StepUpTarget;
  readonly signal?: AbortSignal | undefined;
}

/** The core of the client, without `fetch`. Made by {@link stepUps}. */
export interface StepUps {
  /**
   * Sends a request with the present token. If it is refused with a step-up challenge, has the user step up and sends it
   * again with the new token, by the rules of `stepUpFetch`. Resolves, or rejects, with the last outcome of `send`.
   */
  exchange<T>(send: (attempt: StepUpAttempt) => Promise<T>, how: ExchangeOptions<T>): Promise<T>;
  /**
   * Answers a challenge that came without a request to send again, as over a socket, or steps up ahead of one. Joins
   * what is under way for the token. Returns the token to go on with, or `undefined` if `stepUp` gave none.
   */
  answer(challenge: StepUpChallenge, how: AnswerOptions): Promise<string | undefined>;
  /**
   * Gives up what is under way, so that the next request asks again: a popup was closed unseen, a navigation stopped.
   * Who waits gets StepUpAbandoned. Forgets what earlier tokens were got for. A page that the browser shows again, as it
   * was left, does this by itself for what is under way.
   */
  reset(): void;
}

/**
 * Creates what `stepUpFetch` is made of, for whatever else sends requests: it knows nothing of `fetch`. Sends the token
 * to `origins` only. However many requests are refused with the same token, one prompt is open at a time, and requests
 * that ask no more share it.
 *
 * @example
 * ```ts
 * const core = stepUps({ origins: ['https://api.example.com'], accessToken: () => session.accessToken, stepUp });
 * await core.exchange(({ token }) => send(token), { target: { method: 'POST', url: 'https://api.example.com/pay' } });
 * ```
 * @throws TypeError for options that are missing or unsafe
 * @see [RFC 9470 §2](https://www.rfc-editor.org/rfc/rfc9470.html#section-2) steps 2 to 6
 */
export function stepUps(options: StepUpsOptions): StepUps {
  const core = stepUpCore(options);
  return {
    ...core,
    exchange: (send, { repeatable = true, ...how }) =>
      core.exchange(send, { ...how, obstacle: repeatable ? undefined : 'not_repeatable' }),
  };
}

interface RequestToSend {
  readonly target: StepUpTarget;
  readonly signal?: AbortSignal | undefined;
  /** Why it can be sent only once. */
  readonly obstacle?: RequestNotReplayable['reason'] | undefined;
}

/** What sending once has come to. */
interface Sent {
  readonly challenge: StepUpChallenge | undefined;
  readonly status?: number | undefined;
}

type WithoutTarget<T> = T extends unknown ? Omit<T, keyof StepUpTarget> : never;

/** Sessions give another token now and then; one that does so each time is asked no more. */
const MAX_TOKENS_TRIED = 5;

/** What `stepUps` and `stepUpFetch` have in common. */
export function stepUpCore(options: StepUpsOptions) {
  checkStepUpsOptions(options);
  const origins = apiOrigins(options);
  const flights = new SingleFlight();
  let granted = grantedTokens();
  const policy = promptPolicy(options);
  const presentToken = async () => toAccessToken(await options.accessToken(), 'accessToken');

  /**
   * Returns a function that sends one request with a token, and returns the token to send it with again, or `undefined`
   * if that was it. Absent for a target that the token does not go to.
   */
  function sending({ target: { method, url: address }, signal, obstacle }: RequestToSend) {
    const { origin, url } = readAddress(address);
    if (!origins.has(origin)) return undefined;
    const user = options.user?.();
    const tried = new Set<string>();
    const answered: StepUpChallenge[] = [];
    const tell = (event: WithoutTarget<StepUpFetchEvent>) => options.onEvent?.({ method, url, ...event });

    /** The token of the session, if it is still that of the same user, and has moved on. */
    const untriedToken = async () => {
      const token = tried.size < MAX_TOKENS_TRIED ? await presentToken() : undefined;
      return !token || tried.has(token) || options.user?.() !== user ? undefined : token;
    };

    const prompt = async (challenge: StepUpChallenge, accessToken: string, ended: AbortSignal) => {
      policy.count(challenge);
      tell({ type: 'prompted', challenge });
      const previous = answered.at(-1);
      const request = { method, url, challengedAt: now(), accessToken, signal: ended, previous };
      try {
        const result = await withTimeout(options.timeout ?? 600, options.stepUp(challenge, request));
        const token = toAccessToken(result, 'stepUp');
        if (token) granted.add(token, challenge);
        return token;
      } catch (error) {
        throw isStepUpError(error) ? error : new StepUpFailed(error);
      }
    };

    const stepUp = async (challenge: StepUpChallenge, token: string, attempt: Attempt): Promise<StepUpResult> => {
      let repeated = findRepeated(answered, challenge);
      let asked = challenge;
      if (!repeated) {
        if (obstacle) throw new RequestNotReplayable(obstacle, challenge);
        throwIfAborted(signal);
        asked = policy.restrict(challenge);
        repeated = granted.find(token, asked);
      }
      if (repeated) {
        granted.judge(token, false);
        throw new StepUpLoop([repeated, challenge]);
      }
      for (;;) {
        let flight = attempt.find(asked);
        if (!flight) {
          await untilAborted(Promise.resolve(attempt.underWay()?.settled), signal);
          const present = await untriedToken();
          if (present) return present;
          throwIfAborted(signal);
          // others were refused as well, and may have begun meanwhile
          if (attempt.find(asked) || attempt.underWay()) continue;
          flight = attempt.begin(asked, (ended) => prompt(asked, token, ended));
        } else tell({ type: 'joined', challenge: asked });
        const result = await flight.wait(signal);
        if (result) answered.push(challenge);
        else tell({ type: 'declined', challenge });
        return result;
      }
    };

    return async (token: string, send: () => Promise<Sent>): Promise<StepUpResult> => {
      const attempt = flights.attempt(token);
      tried.add(token);
      try {
        const { challenge, status } = await send();
        if (!challenge) {
          if (answered.length > 0) {
            granted.judge(token, true);
            tell({ type: 'answered', status });
          }
          return undefined;
        }
        tell({ type: 'challenged', challenge, status });
        try {
          const next = await stepUp(challenge, token, attempt);
          if (next) tell({ type: 'retried', challenge });
          return next;
        } catch (error) {
          tell({ type: 'failed', challenge, code: isStepUpError(error) ? error.code : undefined });
          throw error;
        }
      } finally {
        attempt.end();
      }
    };
  }

  return {
    async exchange<T>(
      send: (attempt: StepUpAttempt) => Promise<T>,
      {
        challengeOf = (outcome) => refusalOf(outcome, options),
        ...request
      }: RequestToSend & Pick<ExchangeOptions<T>, 'challengeOf'>,
    ): Promise<T> {
      const sendOnce = sending(request);
      let token = sendOnce && (await presentToken());
      if (!sendOnce || !token) return send({ token: '', number: 1 });
      let outcome!: Outcome<T>;
      for (let number = 1; token; number += 1) {
        const attempt = { token, number };
        token = await sendOnce(token, async () => {
          try {
            outcome = { value: await send(attempt) };
          } catch (error) {
            outcome = { error };
          }
          const { status } = Object(outcome.value ?? outcome.error) as { status?: unknown };
          return { challenge: challengeOf(outcome), status: typeof status === 'number' ? status : undefined };
        });
      }
      if ('error' in outcome) throw outcome.error;
      return outcome.value as T;
    },

    async answer(challenge: StepUpChallenge, { token, ...request }: AnswerOptions): Promise<string | undefined> {
      const sendOnce = sending(request);
      if (!sendOnce) throw new TypeError('"target" is not of "origins"');
      return sendOnce(token, async () => ({ challenge }));
    },

    reset(): void {
      flights.abandon();
      granted = grantedTokens();
    },
  };
}

/** The token, where it can stand in an `Authorization` field: what cannot would be shown in the error of `Headers`. */
function toAccessToken(token: unknown, option: string): string | undefined {
  if ((token ?? '') === '') return undefined;
  if (typeof token === 'string' && /^[A-Za-z0-9\-._~+/]+=*$/.test(token)) return token;
  throw new TypeError(`"${option}" must return an access token as in RFC 6750`);
}
