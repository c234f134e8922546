import { JwksClient, JwksError } from 'jwks-rsa';
import { secondsSince } from '../cooldown.js';
import { AuthorizationServerUnavailable } from '../errors.js';
import { COOLDOWN, FETCH_TIMEOUT, fetchJson } from '../fetch-json.js';
import type { MaybePromise } from '../maybe-promise.js';
import { type AuthorizationServerMetadata, endpointOf, fetchMetadata, type MetadataSource } from '../metadata.js';
import { type Refuser, refuserOf } from '../refuse.js';
import { RetryDelay } from '../retry-delay.js';
import { type Thumbprints, thumbprintsOf } from './thumbprints.js';
import type { VerificationKey } from './verification-key.js';
import { type KeyHeader, VerificationKeys } from './verification-keys.js';

export type { VerificationKey } from './verification-key.js';
export type { KeyHeader } from './verification-keys.js';

export interface KeySetOptions extends MetadataSource {
  /** URL of the key document. Default is `jwks_uri` of the issuer's metadata. */
  jwksUri?: string | undefined;
  /** Seconds after which the key document is fetched again before one of its keys is used. Default is `600`. */
  refreshAfter?: number;
  /** Seconds beyond `refreshAfter` during which the last document is used in an outage. Default is `3600`. */
  staleFor?: number;
  /** Is told of each fetch that brought no keys, also of one in the background that no request waits for. */
  failed?: (failure: AuthorizationServerUnavailable) => void;
  /** Returns a number from `0` to less than `1`. Default is `Math.random`. */
  random?: () => number;
}

/** Seconds after a failure during which known keys are served while the server is asked again. */
const OUTAGE_MEMORY = 60;

/** Further keys of a document are ignored. */
export const MAX_KEYS = 100;

/**
 * The keys of one authorization server. Fetches its key document when a key is first needed. jwks-rsa converts the
 * document into keys. This class decides when to fetch, so that a flood of unknown keys neither reaches the server nor
 * costs an import, and tokens of known keys stay accepted in an outage.
 *
 * From half of `refreshAfter` on, the use of a key fetches the document in the background, so that ordinary requests do
 * not wait. Sends one request at a time, with a timeout of 5 seconds. For 10 seconds after a request it sends no other
 * one for unknown keys, whether a document or a failure came back. In an outage only the first request for a known key
 * waits: for a minute after a failure such a key is served while the next request is under way. Without any key that it
 * may use, such as after a start, it waits for 1 second at most after a failure, and for less after the first ones.
 *
 * @see [RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517.html#section-5)
 */
export class KeySet {
  readonly #server: MetadataSource;
  readonly #jwksUri: string | undefined;
  readonly #refreshAfter: number;
  readonly #staleFor: number;
  readonly #failed: (failure: AuthorizationServerUnavailable) => void;
  readonly #client: JwksClient;
  readonly #refuse: Refuser;

  #keys = new VerificationKeys([]);
  #keysFetchedAt = Number.NEGATIVE_INFINITY;
  #thumbprints: Thumbprints = new Map();
  #metadata: AuthorizationServerMetadata | undefined;
  #metadataFetchedAt = Number.NEGATIVE_INFINITY;
  #failure: (Failure & { readonly cause: unknown }) | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  readonly #retryDelay: RetryDelay;
  #fetching: Promise<void> | undefined;

  constructor(options: KeySetOptions) {
    const { jwksUri, refreshAfter = 600, staleFor = 3600, failed = () => undefined } = options;
    this.#server = options;
    this.#jwksUri = jwksUri;
    this.#refreshAfter = refreshAfter;
    this.#staleFor = staleFor;
    this.#failed = failed;
    this.#refuse = refuserOf(options.issuer);
    this.#retryDelay = new RetryDelay(options.random);
    // The limiter of jwks-rsa would let a flood of unknown keys lock out all users, and its cache holds keys one by one.
    this.#client = new JwksClient({ cache: false, rateLimit: false, fetcher: () => this.#fetchDocument() });
  }

  /**
   * Returns the key that the header of a token names. Synchronous if the key document is in memory and recent enough.
   *
   * @throws AccessTokenRefused `invalid_token` for an unknown key, and for one that does not fit the algorithm
   * @throws AuthorizationServerUnavailable if the key is unknown, or the document too old, and no usable document comes
   */
  keyFor(header: KeyHeader): MaybePromise<VerificationKey> {
    if (this.#failure !== undefined && this.#pauseLeft > 0) return this.#lookUp(header);

    const age = secondsSince(this.#keysFetchedAt);
    const limit = this.#isAway ? this.#refreshAfter + this.#staleFor : this.#refreshAfter;
    const found = age < Math.max(limit, COOLDOWN) ? this.#keys.find(header, this.#refuse) : undefined;
    if (age >= (found === undefined ? COOLDOWN : limit)) {
      return this.#fetch().then(() => this.#lookUp(header));
    }
    if (found === undefined) return this.#refuse('key_unknown');
    if (age >= Math.max(this.#refreshAfter / 2, COOLDOWN)) void this.#fetch();
    return found;
  }

  /** Looks a key up without a request: after one, or during the cooldown. */
  #lookUp(header: KeyHeader): VerificationKey {
    const failure = this.#failure;
    const found = failure === undefined || this.#mayServe ? this.#keys.find(header, this.#refuse) : undefined;
    if (found !== undefined) return found;
    if (failure === undefined) return this.#refuse('key_unknown');

    throw this.#unavailable(failure);
  }

  /** Whether the keys may be used after a failure. `false` if there are none, or if they are too old. */
  get #mayServe(): boolean {
    return secondsSince(this.#keysFetchedAt) < this.#refreshAfter + this.#staleFor;
  }

  /** Whether the last request has failed, not long ago. */
  get #isAway(): boolean {
    return this.#failure !== undefined && secondsSince(this.#failedAt) < OUTAGE_MEMORY;
  }

  /** Seconds for which no request is sent after a failure. */
  get #pauseLeft(): number {
    return (this.#mayServe ? COOLDOWN : this.#retryDelay.seconds) - secondsSince(this.#failedAt);
  }

  #unavailable(failure: Failure): AuthorizationServerUnavailable {
    const retryAfter = Math.max(1, Math.ceil(this.#pauseLeft));
    return new AuthorizationServerUnavailable({ issuer: this.#server.issuer, retryAfter, ...failure });
  }

  /** Never rejects: the outcome is in the state. */
  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchKeys().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchKeys(): Promise<void> {
    const startedAt = Date.now();
    try {
      const keys = new VerificationKeys(await this.#client.getSigningKeys(), this.#thumbprints, this.#keys);
      if (!keys.usable) throw new JwksError('No key fits an algorithm');
      this.#keys = keys;
      this.#keysFetchedAt = startedAt;
      this.#failure = undefined;
      this.#retryDelay.noteSuccess();
    } catch (cause) {
      // The key document may have moved.
      this.#metadata = undefined;
      this.#failure = { ...failureOf(cause), cause };
      this.#failedAt = Date.now();
      this.#retryDelay.noteFailure();
      this.#failed(this.#unavailable(this.#failure));
    }
  }

  async #fetchDocument(): Promise<{ keys: readonly unknown[] }> {
    const deadline = AbortSignal.timeout(FETCH_TIMEOUT * 1000);
    const { keys } = await fetchJson(this.#jwksUri ?? (await this.#discover(deadline)), deadline);
    if (!Array.isArray(keys)) throw new Error('has no list of keys');
    const usable = keys.filter(mayVerify).slice(0, MAX_KEYS);
    this.#thumbprints = thumbprintsOf(usable);
    return { keys: usable.map(underOneName) };
  }

  async #discover(deadline: AbortSignal): Promise<string> {
    if (this.#metadata === undefined || secondsSince(this.#metadataFetchedAt) >= this.#refreshAfter) {
      const startedAt = Date.now();
      this.#metadata = await fetchMetadata(this.#server, deadline);
      this.#metadataFetchedAt = startedAt;
    }
    return endpointOf(this.#metadata, 'jwks_uri', this.#server);
  }
}

type Failure = Pick<AuthorizationServerUnavailable, 'code' | 'reason'>;

function failureOf(error: unknown): Failure {
  if (error instanceof AuthorizationServerUnavailable) return { code: error.code, reason: error.reason };
  if (error instanceof JwksError)
    return { code: 'keys_unusable', reason: 'its key document has no key that can verify' };
  return { code: 'keys_unreadable', reason: `its key document ${(error as Error).message}` };
}

/** Returns whether a JWK is well-formed and may verify signatures. Does not check `use` and `kty`: jwks-rsa does. */
export function mayVerify(jwk: unknown): boolean {
  if (typeof jwk !== 'object' || jwk === null) return false;
  const { kid, alg, key_ops: operations } = jwk as Readonly<Record<string, unknown>>;
  if (kid !== undefined && typeof kid !== 'string') return false;
  if (alg !== undefined && typeof alg !== 'string') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

/**
 * Returns a JWK with the older name of its algorithm. RFC 9864 names EdDSA by its curve, and not every build of jose,
 * which converts the keys, knows that name: the one that Bun loads leaves such a key out.
 */
function underOneName(jwk: object): object {
  return (jwk as { alg?: unknown }).alg === 'Ed25519' ? { ...jwk, alg: 'EdDSA' } : jwk;
}
