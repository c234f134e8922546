import { isLoopback } from '../core/index.js';
import type { StepUpChallenge } from './challenge.js';
import { AMOUNT, checkKind, FUNCTION, TEXTS } from './check.js';
import type { StepUpErrorCode } from './errors.js';
import type { PromptPolicyOptions } from './prompt-policy.js';
import type { Fetch } from './replayable-request.js';

export interface StepUpFetchOptions extends PromptPolicyOptions {
  /**
   * Origins the access token is sent to, such as `https://api.example.com`, compared exactly. Only their challenges
   * count. `https`, loopback excepted.
   */
  origins: readonly string[];
  /**
   * The present access token, asked for once per request. Without one the request goes without: the user is signed out.
   * On a server it has to give the token of the user the request is for.
   */
  accessToken: () => string | undefined | Promise<string | undefined>;
  /**
   * Has the user authenticate as the challenge asks, verifies the result with `verifyStepUp`, and returns the new access
   * token. If it returns nothing, the caller gets the refusal. If it rejects, the request rejects.
   */
  stepUp: (challenge: StepUpChallenge, context: StepUpRequest) => Promise<string | undefined>;
  /** What sends the requests. Default is the global `fetch`. */
  fetch?: Fetch | undefined;
  /** Makes a proof for each attempt; the token is then sent under the scheme DPoP. Default is a bearer token. */
  dpopProof?: ((request: DPoPProofRequest) => string | Promise<string>) | undefined;
  /** Largest body that is kept to be sent again, in bytes. Default is `1_048_576`. */
  maxBodySize?: number | undefined;
  /**
   * What happens when an API redirects a request that carries the token: `'refuse'` rejects with RedirectRefused,
   * `'follow'` leaves it to `fetch`, which has to drop the token on the way to another origin. Default is `'refuse'`.
   */
  redirect?: 'refuse' | 'follow' | undefined;
  /** Seconds within which `stepUp` has to settle. Default is `600`. */
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

export interface StepUpRequest extends StepUpTarget {
  /** When the challenge arrived, in seconds since the epoch by the clock of this device: for `verifyStepUp`. */
  readonly challengedAt: number;
  /** The challenge this request was stepped up for before. */
  readonly previous?: StepUpChallenge | undefined;
}

/** What a proof has to be made for. `url` is fit for `htu`. */
export interface DPoPProofRequest extends StepUpTarget {
  /** For `ath`. */
  readonly accessToken: string;
  /** The latest `DPoP-Nonce` of this origin. */
  readonly nonce?: string | undefined;
}

/**
 * - `challenged`: the API refused the request with this challenge
 * - `prompted`: `stepUp` is called with this challenge
 * - `joined`: a step-up that is under way will do
 * - `retried`: the request is sent again with the new token
 * - `answered`: the API has answered the repeated request
 * - `declined`: `stepUp` gave nothing
 * - `failed`: the request is rejected; `code` says why where the error has one
 */
export type StepUpFetchEvent = StepUpTarget &
  (
    | { readonly type: 'challenged'; readonly challenge: StepUpChallenge; readonly status: number }
    | { readonly type: 'prompted' | 'joined' | 'retried' | 'declined'; readonly challenge: StepUpChallenge }
    | { readonly type: 'answered'; readonly status: number }
    | { readonly type: 'failed'; readonly challenge: StepUpChallenge; readonly code?: StepUpErrorCode | undefined }
  );

/** @throws TypeError naming the option that is missing or of another type */
export function checkFetchOptions(options: StepUpFetchOptions): void {
  for (const name of ['accessToken', 'stepUp'] as const) {
    if (typeof options[name] !== 'function') throw new TypeError(`"${name}" must be a function`);
  }
  checkKind(options, FUNCTION, ['fetch', 'dpopProof', 'user', 'onEvent', 'onDeviation']);
  checkKind(options, AMOUNT, ['maxBodySize', 'timeout', 'minMaxAge', 'promptsPerMinute']);
  checkKind(options, TEXTS, ['allowedAcrValues']);
}

/** @throws TypeError for an origin that is none, or that would carry the token in the clear */
export function apiOrigins({ origins, allowInsecureOrigins = false }: StepUpFetchOptions): ReadonlySet<string> {
  if (!Array.isArray(origins) || origins.length === 0) {
    throw new TypeError('"origins" must list at least one origin, such as "https://api.example.com"');
  }
  for (const origin of origins as unknown[]) {
    const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : undefined;
    if (url === undefined || url.origin !== origin) {
      throw new TypeError('"origins" must be scheme, host and port alone, such as "https://api.example.com"');
    }
    if (url.protocol !== 'https:' && allowInsecureOrigins !== true && !isLoopback(url)) {
      throw new TypeError('"origins" must be https: tokens can be read on the way otherwise');
    }
  }
  return new Set(origins);
}
