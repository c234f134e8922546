import { AMOUNT, checkKind, checkRequired, FUNCTION } from './check.js';
import type { Fetch } from './replayable-request.js';
import type { StepUpsOptions, StepUpTarget } from './step-ups.options.js';

/** Options of `stepUpFetch`: those of `stepUps`, and what `fetch` adds to them. */
export interface StepUpFetchOptions extends StepUpsOptions {
  /** What sends the requests. Default is the global `fetch`. */
  fetch?: Fetch | undefined;
  /** Makes a proof for each attempt; the token is then sent under the scheme DPoP. Default is a bearer token. */
  dpopProof?: ((request: DPoPProofRequest) => string | Promise<string>) | undefined;
  /**
   * Largest body of a Request that is kept to be sent again, in bytes. Strings, parameters, forms, blobs and bytes can
   * be sent again whatever their size. Default is `1_048_576`.
   */
  maxBodySize?: number | undefined;
  /**
   * What happens when an API redirects a request that carries the token: `'refuse'` rejects with RedirectRefused,
   * `'follow'` leaves it to `fetch`, which has to drop the token on the way to another origin. Default is `'refuse'`.
   */
  redirect?: 'refuse' | 'follow' | undefined;
}

/** What a proof has to be made for. `url` is fit for `htu`. */
export interface DPoPProofRequest extends StepUpTarget {
  /** For `ath`. */
  readonly accessToken: string;
  /** The latest `DPoP-Nonce` of this origin. */
  readonly nonce?: string | undefined;
}

/** @throws TypeError naming the option that is missing or of another type */
export function checkFetchOptions(options: StepUpFetchOptions): void {
  // one that does not exist is missed now, not at the first request
  const { fetch = globalThis.fetch } = options;
  checkRequired({ fetch }, FUNCTION, ['fetch']);
  checkKind(options, FUNCTION, ['dpopProof']);
  checkKind(options, AMOUNT, ['maxBodySize']);
}
