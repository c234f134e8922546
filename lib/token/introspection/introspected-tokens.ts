import { hash } from 'node:crypto';
import type { Introspection } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { Cooldown } from '../cooldown.js';
import { AuthorizationServerUnavailable } from '../errors.js';
import type { MetadataSource } from '../metadata.js';
import { Semaphore } from '../semaphore.js';
import { withTimeout } from '../with-timeout.js';
import { IntrospectionEndpoint, type IntrospectionResponse, type Warn } from './introspection-endpoint.js';
import { type Kept, KeptResponses } from './kept-responses.js';

/** `known`: the token was verified or found active before. `stranger`: any other. */
export type Standing = 'known' | 'stranger';

/** Seconds. */
const CACHE_TIMEOUT = 0.5;
/** Seconds after a failure of the shared cache during which it is not asked. */
const CACHE_COOLDOWN = 5;
/** Seconds for which a look-up waits for others. */
const QUEUE_TIMEOUT = 1;

/**
 * Looks up tokens by introspection, and keeps the claims of active tokens for `cacheFor` seconds, never beyond `exp`.
 * Keeps no verdict and no inactive token. Keeps up to 1,000 responses in memory, or 16 MiB of them, and every one in the
 * shared cache if there is one. Look-ups of one token at the same time send one request.
 *
 * Known tokens and those of strangers have separate limits: 100 look-ups each at a time, and 1,000 more that wait for
 * at most 1 second. So invented tokens do not delay the users of an API. If the shared cache fails or takes longer than
 * 0.5 seconds, the server is asked instead. The same holds for known tokens while strangers use up their limit.
 *
 * @see [RFC 7662 §4](https://www.rfc-editor.org/rfc/rfc7662.html#section-4)
 */
export class IntrospectedTokens {
  readonly #endpoint: IntrospectionEndpoint;
  readonly #memory = new KeptResponses();
  readonly #pending = new Map<string, Promise<IntrospectionResponse>>();
  readonly #cacheCooldown = new Cooldown(CACHE_COOLDOWN);
  readonly #semaphores: Readonly<Record<Standing, Semaphore>> = { known: newSemaphore(), stranger: newSemaphore() };

  /** @throws StepUpConfigurationError for a private key that cannot be read or cannot sign */
  constructor(
    private readonly server: MetadataSource,
    private readonly settings: Introspection,
    private readonly warn: Warn,
  ) {
    this.#endpoint = new IntrospectionEndpoint(server, settings, warn);
  }

  /**
   * Returns the response about a token, from memory, the shared cache or the server.
   *
   * @throws AuthorizationServerUnavailable as {@link IntrospectionEndpoint.ask} does, and if too many look-ups wait
   */
  async lookUp(token: string, standing: Standing): Promise<IntrospectionResponse> {
    const key = this.#keyOf(token);
    const kept = this.#recall(key);
    if (kept !== undefined) return kept.claims;
    const pendingKey = `${standing} ${key}`;
    const pending = this.#pending.get(pendingKey);
    if (pending !== undefined) return pending;
    const response = this.#withinLimit(standing, () => this.#lookUp(key, token, standing)).finally(() =>
      this.#pending.delete(pendingKey),
    );
    this.#pending.set(pendingKey, response);
    return response;
  }

  /** Returns whether the response about a token is kept in memory, so that a look-up asks neither server nor cache. */
  knows(token: string): boolean {
    return this.#recall(this.#keyOf(token)) !== undefined;
  }

  #recall(key: string): Kept | undefined {
    const kept = this.#memory.get(key);
    return kept !== undefined && isFresh(kept, this.settings.cacheFor) ? kept : undefined;
  }

  async #withinLimit<T>(standing: Standing, work: () => Promise<T>): Promise<T> {
    const semaphore = this.#semaphores[standing];
    if (!(await semaphore.acquire())) {
      throw new AuthorizationServerUnavailable({
        issuer: this.server.issuer,
        code: 'introspection_overloaded',
        reason: 'its introspection endpoint has too many pending requests',
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
    // Redis accepts whole milliseconds only.
    const ttl = Math.floor(Math.min(cacheFor, secondsLeft(claims, at)) * 1000);
    if (ttl > 0) {
      const kept: Kept = { claims, at };
      this.#memory.set(key, kept);
      // Not awaited: look-ups of strangers may be queued before it.
      void this.#unlessItFails(async () => this.settings.cache?.set(key, kept, ttl));
    }
    return claims;
  }

  async #lookUpShared(key: string, standing: Standing): Promise<Kept | undefined> {
    const { cache, cacheFor } = this.settings;
    const isCrowded = standing === 'known' && this.#semaphores.stranger.isFull;
    if (cache === undefined || cacheFor === 0 || isCrowded) return undefined;
    const found = await this.#unlessItFails(async () => cache.get(key));
    return isKept(found) && isFresh(found, cacheFor) ? found : undefined;
  }

  /**
   * Contains a digest, since the cache must not hold tokens, and the client, since a server may tell each client other
   * claims.
   */
  #keyOf(token: string): string {
    const digest = hash('sha256', JSON.stringify([this.server.issuer, this.settings.clientId, token]), 'base64url');
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
        this.server.issuer,
        'the cache for introspection fails; the server is asked instead',
      );
      return undefined;
    }
  }
}

function newSemaphore(): Semaphore {
  return new Semaphore({ concurrency: 100, maxQueue: 1000, queueTimeout: QUEUE_TIMEOUT });
}

/** Returns whether a value of the shared cache is a response. The cache may contain anything. */
function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false;
  const { claims, at } = value as Partial<Kept>;
  return claims?.['active'] === true && typeof at === 'number';
}

/** Returns whether a response may still be used. One from the future may not: the clock was set back. */
function isFresh({ claims, at }: Kept, cacheFor: number): boolean {
  const now = Date.now() / 1000;
  return now >= at && now - at < cacheFor && secondsLeft(claims, now) > 0;
}

function secondsLeft({ exp }: Claims, now: number): number {
  return typeof exp === 'number' ? exp - now : Number.POSITIVE_INFINITY;
}
