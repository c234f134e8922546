import { checkMembers, checkSeconds, StepUpConfigurationError, show } from '../../core/index.js';
import type { ReplayCache } from './replay-cache.js';

/**
 * Options of the proofs of tokens that are bound by DPoP.
 *
 * @see [RFC 9449](https://www.rfc-editor.org/rfc/rfc9449.html)
 */
export interface DPoPOptions {
  /**
   * Accepted signature algorithms of proofs, only asymmetric ones. Challenges name them. Default is `ES256`, `ES384`,
   * `ES512`, `PS256`, `RS256`, `EdDSA` and `Ed25519`.
   */
  algorithms?: readonly string[] | undefined;
  /** Seconds after its `iat` during which a proof is accepted, next to `clockTolerance`. Default is `60`. */
  proofMaxAge?: number | undefined;
  /**
   * `'required'` refuses a proof without a nonce of this server, and gives one with the refusal: a proof cannot be made
   * long before it is used. The first request of a client then takes two. Default is `'off'`.
   */
  nonces?: 'off' | 'required' | undefined;
  /**
   * Secret of the nonces, of at least 32 characters. Instances need the same one. Default is a new one for each process.
   */
  nonceSecret?: string | undefined;
  /**
   * Cache of used proofs that several instances share, next to the memory of each. If it fails, tokens that are bound by
   * DPoP get 503. Default is the memory alone.
   */
  replayCache?: ReplayCache | undefined;
}

/** The checked options, with every default filled in. */
export interface DPoPSettings {
  readonly algorithms: ReadonlySet<string>;
  readonly proofMaxAge: number;
  readonly nonces: 'off' | 'required';
  readonly nonceSecret: string | undefined;
  readonly replayCache: ReplayCache | undefined;
}

const DEFAULT_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519'];
const SUPPORTED = [...DEFAULT_ALGORITHMS, 'PS384', 'PS512', 'RS384', 'RS512'];
const MEMBERS = ['algorithms', 'proofMaxAge', 'nonces', 'nonceSecret', 'replayCache'];
const MIN_SECRET_LENGTH = 32;

/**
 * Checks the option `dpop`, and fills in every default.
 *
 * @throws StepUpConfigurationError that names the option
 */
export function checkDPoP(options: DPoPOptions = {}): DPoPSettings {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new StepUpConfigurationError('"dpop" must be an object');
  }
  checkMembers(options, MEMBERS, (member) => `"dpop" has the unknown option "${member}"`);
  const { algorithms = DEFAULT_ALGORITHMS, proofMaxAge = 60, nonces = 'off', nonceSecret, replayCache } = options;
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw new StepUpConfigurationError(`"dpop.algorithms" must list at least one of ${SUPPORTED.join(', ')}`);
  }
  for (const algorithm of algorithms) {
    if (SUPPORTED.includes(algorithm)) continue;
    throw new StepUpConfigurationError(
      `"dpop.algorithms" has a value ${show(algorithm)}; allowed are only asymmetric ones: ${SUPPORTED.join(', ')}`,
    );
  }
  checkSeconds(proofMaxAge, 'dpop.proofMaxAge', [1, 600]);
  if (nonces !== 'off' && nonces !== 'required') {
    throw new StepUpConfigurationError(`"dpop.nonces" must be 'off' or 'required'`);
  }
  if (nonceSecret !== undefined && nonces === 'off') {
    throw new StepUpConfigurationError(`"dpop.nonceSecret" has no effect without "dpop.nonces": 'required'`);
  }
  if (nonceSecret !== undefined && !(typeof nonceSecret === 'string' && nonceSecret.length >= MIN_SECRET_LENGTH)) {
    throw new StepUpConfigurationError(
      `"dpop.nonceSecret" must be a string of at least ${MIN_SECRET_LENGTH} characters`,
    );
  }
  if (replayCache !== undefined && !isReplayCache(replayCache)) {
    throw new StepUpConfigurationError(
      '"dpop.replayCache" must have get(key) and set(key, value, ttl), like a Keyv, or setIfAbsent(key, ttl)',
    );
  }
  return Object.freeze({ algorithms: new Set(algorithms), proofMaxAge, nonces, nonceSecret, replayCache });
}

function isReplayCache(cache: unknown): boolean {
  const has = (name: string) => typeof (cache as Record<string, unknown> | null)?.[name] === 'function';
  return has('setIfAbsent') || (has('get') && has('set'));
}
