import type { StepUpChallenge } from './challenge.js';
import { AMOUNT, checkKind, checkRequired, FUNCTION, TEXTS, WAIT } from './check.js';
import type { StepUpErrorCode } from './errors.js';
import type { PromptPolicyOptions } from './prompt-policy.js';

/** Options of `stepUps`: where the token goes, where it comes from, and how the user steps up. */
export interface StepUpsOptions extends PromptPolicyOptions {
  /**
   * Origins the access token is sent to, such as `https://api.example.com`, compared exactly. Only their challenges
   * count. `https`, loopback excepted.
   */
  origins: readonly string[];
  /**
   * The present access token. It is asked for before a request is sent, and before the user is asked to step up: if the
   * session has moved on meanwhile, its token is tried first. Without one the request goes without: the user is signed
   * out. On a server it has to give the token of the user the request is for.
   */
  accessToken: () => string | undefined | Promise<string | undefined>;
  /**
   * Has the user authenticate as the challenge asks, verifies the result with `verifyStepUp`, and returns the new access
   * token. If it returns nothing, the caller gets the refusal. If it rejects, the request rejects: with the error itself
   * if it is one of this library, else with StepUpFailed.
   */
  stepUp: (challenge: StepUpChallenge, context: StepUpRequest) => Promise<string | undefined>;
  /** Seconds within which `stepUp` has to settle, at most `86_400`. Default is `600`. */
  timeout?: number | undefined;
  /** Reads challenges leniently, as `parseStepUpChallenge` does. Default is `false`. */
  lenient?: boolean | undefined;
  /** Allows `origins` over plain HTTP: tokens can then be read on the way. Default is `false`. */
  allowInsecureOrigins?: boolean | undefined;
  /** Told what happens, for logs and displays; carries no token. Must not throw. Default is to report nothing. */
  onEvent?: ((event: StepUpFetchEvent) => void) | undefined;
}

/** The request that was refused; its address without query and fragment. */
export interface StepUpTarget {
  readonly method: string;
  readonly url: string;
}

/** The refused request that `stepUp` is called for, and what it may need to know of it. */
export interface StepUpRequest extends StepUpTarget {
  /** When the challenge arrived, in seconds since the epoch by the clock of this device: for `verifyStepUp`. */
  readonly challengedAt: number;
  /** The access token that was refused. If the session has another one by now, that may do. Not for logs. */
  readonly accessToken: string;
  /** Ends when nobody waits for the step-up any more: close what you have opened. */
  readonly signal: AbortSignal;
  /** The challenge this request was stepped up for before. */
  readonly previous?: StepUpChallenge | undefined;
}

/**
 * - `challenged`: the API refused the request with this challenge
 * - `prompted`: `stepUp` is called with this challenge
 * - `joined`: a step-up that is under way will do
 * - `retried`: the request is sent again with another token
 * - `answered`: the API has answered the repeated request
 * - `declined`: `stepUp` gave nothing
 * - `failed`: the request is rejected; `code` says why where the error has one
 *
 * `status` is absent where the transport has none.
 */
export type StepUpFetchEvent = StepUpTarget &
  (
    | { readonly type: 'challenged'; readonly challenge: StepUpChallenge; readonly status?: number | undefined }
    | { readonly type: 'prompted' | 'joined' | 'retried' | 'declined'; readonly challenge: StepUpChallenge }
    | { readonly type: 'answered'; readonly status?: number | undefined }
    | { readonly type: 'failed'; readonly challenge: StepUpChallenge; readonly code?: StepUpErrorCode | undefined }
  );

/** @throws TypeError naming the option that is missing or of another type */
export function checkStepUpsOptions(options: StepUpsOptions): void {
  checkRequired(options, FUNCTION, ['accessToken', 'stepUp']);
  checkKind(options, FUNCTION, ['user', 'onEvent', 'onDeviation']);
  checkKind(options, AMOUNT, ['promptsPerMinute']);
  checkKind(options, WAIT, ['timeout', 'minMaxAge']);
  checkKind(options, TEXTS, ['allowedAcrValues']);
}
