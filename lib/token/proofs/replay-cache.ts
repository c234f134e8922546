import { randomUUID } from 'node:crypto';
import { Cooldown } from '../cooldown.js';
import { AuthorizationServerUnavailable } from '../errors.js';
import { withTimeout } from '../with-timeout.js';
import { type ProofIdentity, proofDigest, UsedProofs } from './used-proofs.js';

/**
 * A cache of used proofs for several instances of an application. A `Keyv` fits: it has `get` and `set`. Between their
 * calls another instance can accept the same proof. `setIfAbsent` closes that gap. Code that can delete from the cache
 * can have a proof accepted again.
 */
export type ReplayCache =
  | {
      get(key: string): Promise<unknown>;
      /** @param ttl milliseconds */
      set(key: string, value: unknown, ttl: number): Promise<unknown>;
    }
  | {
      /**
       * Sets a key that is not set, in one step, such as `SET key 1 NX PX ttl` of Redis. Returns whether it was not set.
       *
       * @param ttl milliseconds
       */
      setIfAbsent(key: string, ttl: number): Promise<boolean>;
    };

/** Seconds. */
const TIMEOUT = 0.5;
/** Seconds after a failure during which the cache is not asked. */
const COOLDOWN = 1;

/** Accepts each proof once: by the memory of this instance, and by the cache that instances share if there is one. */
export class Replays {
  readonly #used: UsedProofs;
  readonly #cooldown = new Cooldown(COOLDOWN);

  /** @param ttl seconds after its first use during which a proof could be accepted again */
  constructor(
    private readonly ttl: number,
    private readonly cache: ReplayCache | undefined,
  ) {
    this.#used = new UsedProofs(ttl);
  }

  /**
   * Records the use of a proof. Returns whether it was not used before. Synchronous without a shared cache.
   *
   * @param now seconds since the epoch
   * @param issuer of the access token, for errors
   * @throws AuthorizationServerUnavailable if the shared cache fails or takes longer than 0.5 seconds: without it nobody
   * knows whether another instance has accepted the proof
   */
  use(proof: ProofIdentity, now: number, issuer: string): boolean | Promise<boolean> {
    // The memory first: it decides between two requests of one moment.
    if (!this.#used.use(proof, now)) return false;
    return this.cache === undefined ? true : this.#useShared(proofDigest(proof), this.cache, issuer);
  }

  async #useShared(digest: string, cache: ReplayCache, issuer: string): Promise<boolean> {
    const key = `nestjs-step-up:proof:${digest}`;
    const ttl = Math.ceil(this.ttl) * 1000;
    if (this.#cooldown.isActive) throw unavailable(issuer, this.#cooldown.retryAfter);
    try {
      return await withTimeout(
        TIMEOUT,
        hasOneStep(cache) ? setIfAbsent(cache, key, ttl) : setIfMissing(cache, key, ttl),
      );
    } catch (error) {
      this.#cooldown.start();
      throw unavailable(issuer, COOLDOWN, error);
    }
  }
}

type OneStepCache = Extract<ReplayCache, { setIfAbsent: unknown }>;

function hasOneStep(cache: ReplayCache): cache is OneStepCache {
  return typeof (cache as Partial<OneStepCache>).setIfAbsent === 'function';
}

async function setIfAbsent(cache: OneStepCache, key: string, ttl: number): Promise<boolean> {
  // Only `true` says that the key was not set: an OK of Redis would be a mistake of the application.
  return (await cache.setIfAbsent(key, ttl)) === true;
}

/**
 * Reads back what it has stored: a Keyv reports no failure of its store, and of two instances that store at the same
 * moment the last one wins.
 */
async function setIfMissing(cache: Extract<ReplayCache, { get: unknown }>, key: string, ttl: number): Promise<boolean> {
  if (isPresent(await cache.get(key))) return false;
  const own = randomUUID();
  await cache.set(key, own, ttl);
  const stored = await cache.get(key);
  if (!isPresent(stored)) throw new Error('the cache has not stored the proof');
  return stored === own;
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function unavailable(issuer: string, retryAfter: number, cause?: unknown): AuthorizationServerUnavailable {
  const reason = 'the cache of used proofs fails, so that no proof for its tokens can be accepted';
  return new AuthorizationServerUnavailable({ issuer, code: 'replay_cache_unavailable', reason, retryAfter, cause });
}
