import { hash } from 'node:crypto';
import type { Introspection } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { BoundedMap } from '../bounded-map.js';
import { Cooldown } from '../cooldown.js';
import { AuthorizationServerUnavailable } from '../errors.js';
import { withTimeout } from '../with-timeout.js';
import { IntrospectionEndpoint, type IntrospectionResponse, type Warn } from './introspection-endpoint.js';
import { Semaphore } from './semaphore.js';

/** A readable response as it is kept. */
interface Kept {
  readonly claims: Claims;
  /** Seconds since the epoch. */
  readonly at: number;
}

/** Whose token it is: one that was verified, or found active before, or anybody's. */
export type Standing = 'known' | 'stranger';

const MAX_ENTRIES = 1000;
/** Seconds for which a shared cache may think, and for which one that has failed is left alone. */
const CACHE_TIMEOUT = 0.5;
const CACHE_COOLDOWN = 5;
/** Seconds for which a look-up waits for its turn. */
const QUEUE_TIMEOUT = 1;

/**
 * What an authorization server has said of tokens. Only that a token is active is kept, with its claims, for `cacheFor`
 * seconds and never beyond `exp`; no verdict is. It is kept in memory, the oldest of a thousand going first, and in the
 * shared cache if there is one. Look-ups of one token at the same time are one look-up.
 *
 * Known tokens and those of strangers have separate bounds: a hundred look-ups each at a time, and a thousand more that
 * wait, for a second at most. So nobody can delay the users of an API by tokens made up. A shared cache that fails or is
 * slow is passed over: the server is asked instead. So it is for known tokens while strangers fill their bound.
 *
 * @see [RFC 7662 §4](https://www.rfc-editor.org/rfc/rfc7662.html#section-4)
 */
export class IntrospectedTokens {
  readonly #endpoint: IntrospectionEndpoint;
  readonly #memory = new BoundedMap<string, Kept>(MAX_ENTRIES);
  readonly #pending = new Map<string, Promise<IntrospectionResponse>>();
  readonly #cacheCooldown = new Cooldown(CACHE_COOLDOWN);
  readonly #turns: Readonly<Record<Standing, Semaphore>> = { known: newSemaphore(), stranger: newSemaphore() };

  /** @throws TypeError for a private key that cannot be used */
  constructor(
    private readonly issuer: string,
    private readonly settings: Introspection,
    private readonly warn: Warn,
  ) {
    this.#endpoint = new IntrospectionEndpoint(issuer, settings, warn);
  }

  /**
   * The claims of a token that is active.
   *
   * @throws AuthorizationServerUnavailable as {@link IntrospectionEndpoint.ask} does, and if too many wait already
   */
  async lookUp(token: string, standing: Standing): Promise<IntrospectionResponse> {
    const key = this.#keyOf(token);
    const kept = this.#memory.get(key);
    if (kept !== undefined && isFresh(kept, this.settings.cacheFor)) return kept.claims;
    const pendingKey = `${standing} ${key}`;
    const pending = this.#pending.get(pendingKey);
    if (pending !== undefined) return pending;
    const response = this.#inTurn(standing, () => this.#lookUp(key, token, standing)).finally(() =>
      this.#pending.delete(pendingKey),
    );
    this.#pending.set(pendingKey, response);
    return response;
  }

  async #inTurn<T>(standing: Standing, work: () => Promise<T>): Promise<T> {
    const semaphore = this.#turns[standing];
    if (!(await semaphore.acquire())) {
      throw new AuthorizationServerUnavailable({
        issuer: this.issuer,
        code: 'introspection_overloaded',
        reason: 'its introspection endpoint has too many questions under way',
        retryAfter: QUEUE_TIMEOUT,
      });
    }
    try {
      return await work();
    } finally {
      semaphore.release();
    }
  }

  async #lookUp(key: string, token: string, standing: Standing): Promise<IntrospectionResponse> {
    const { cacheFor } = this.settings;
    const shared = await this.#lookUpShared(key, standing);
    if (shared !== undefined) {
      this.#memory.set(key, shared);
      return shared.claims;
    }
    const at = Date.now() / 1000;
    const claims = await this.#endpoint.ask(token);
    if (typeof claims === 'string') return claims;
    // Redis takes whole milliseconds
    const ttl = Math.floor(Math.min(cacheFor, secondsLeft(claims, at)) * 1000);
    if (ttl > 0) {
      const kept: Kept = { claims, at };
      this.#memory.set(key, kept);
      // not awaited: the look-ups of strangers may be before it
      void this.#unlessItFails(async () => this.settings.cache?.set(key, kept, ttl));
    }
    return claims;
  }

  async #lookUpShared(key: string, standing: Standing): Promise<Kept | undefined> {
    const { cache, cacheFor } = this.settings;
    const isCrowded = standing === 'known' && this.#turns.stranger.isFull;
    if (cache === undefined || cacheFor === 0 || isCrowded) return undefined;
    const found = await this.#unlessItFails(async () => cache.get(key));
    return isKept(found) && isFresh(found, cacheFor) ? found : undefined;
  }

  /** A digest of the token, as the cache is no place for tokens; another client may be told other things of it. */
  #keyOf(token: string): string {
    const digest = hash('sha256', JSON.stringify([this.issuer, this.settings.clientId, token]), 'base64url');
    return `nestjs-step-up:introspection:${digest}`;
  }

  async #unlessItFails<T>(operation: () => Promise<T>): Promise<T | undefined> {
    if (this.#cacheCooldown.isActive) return undefined;
    try {
      return await withTimeout(CACHE_TIMEOUT, operation());
    } catch {
      this.#cacheCooldown.start();
      this.warn(
        'introspection_cache_unavailable',
        this.issuer,
        'the cache for introspection fails; the server is asked instead',
      );
      return undefined;
    }
  }
}

function newSemaphore(): Semaphore {
  return new Semaphore({ concurrency: 100, maxQueue: 1000, queueTimeout: QUEUE_TIMEOUT });
}

/** Anything may stand in a shared cache. */
function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false;
  const { claims, at } = value as Partial<Kept>;
  return typeof claims === 'object' && claims?.['active'] === true && typeof at === 'number';
}

/** Not so a response from the future: better asked once too often than trusted too long. */
function isFresh({ claims, at }: Kept, cacheFor: number): boolean {
  const now = Date.now() / 1000;
  return now >= at && now - at < cacheFor && secondsLeft(claims, now) > 0;
}

function secondsLeft({ exp }: Claims, now: number): number {
  return typeof exp === 'number' ? exp - now : Number.POSITIVE_INFINITY;
}
