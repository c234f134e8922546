import { hash } from 'node:crypto';
import type { Introspection, IntrospectionCache } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { BoundedMap } from '../bounded-map.js';
import { Cooldown } from '../cooldown.js';
import { withTimeout } from '../with-timeout.js';
import { IntrospectionEndpoint, type IntrospectionResponse, type Warn } from './introspection-endpoint.js';

/** A readable answer as it is kept. */
interface Kept {
  readonly claims: Claims;
  /** Seconds since the epoch. */
  readonly at: number;
}

const MAX_ENTRIES = 1000;
/** Seconds for which a shared cache may think, and for which one that has failed is left alone. */
const CACHE_TIMEOUT = 0.5;
const CACHE_COOLDOWN = 5;

/**
 * What an authorization server has said of tokens. Only that a token is active is remembered, with its claims, for
 * `cacheFor` seconds and never beyond `exp`; no verdict is. Questions about one token at the same time are one question. A
 * shared cache that fails or is slow is passed over: the server is asked instead.
 *
 * @see [RFC 7662 §4](https://www.rfc-editor.org/rfc/rfc7662.html#section-4)
 */
export class IntrospectedTokens {
  readonly #endpoint: IntrospectionEndpoint;
  readonly #cache: IntrospectionCache;
  readonly #underWay = new Map<string, Promise<IntrospectionResponse>>();
  readonly #cacheCooldown = new Cooldown(CACHE_COOLDOWN);

  /** @throws TypeError for a private key that cannot be used */
  constructor(
    private readonly issuer: string,
    private readonly settings: Introspection,
    private readonly warn: Warn,
  ) {
    this.#endpoint = new IntrospectionEndpoint(issuer, settings, warn);
    this.#cache = settings.cache ?? new MemoryCache();
  }

  /**
   * The claims of a token that is active.
   *
   * @throws AuthorizationServerUnavailable as {@link IntrospectionEndpoint.ask} does
   */
  lookUp(token: string): Promise<IntrospectionResponse> {
    const key = this.#keyOf(token);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const answer = this.#lookUp(key, token).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, answer);
    return answer;
  }

  async #lookUp(key: string, token: string): Promise<IntrospectionResponse> {
    const { cacheFor } = this.settings;
    const known = cacheFor === 0 ? undefined : await this.#unlessItFails(() => this.#cache.get(key));
    if (isKept(known) && isFresh(known, cacheFor)) return known.claims;

    const at = Date.now() / 1000;
    const claims = await this.#endpoint.ask(token);
    if (typeof claims === 'string') return claims;
    // Redis takes whole milliseconds
    const lifetime = Math.floor(Math.min(cacheFor, secondsLeft(claims, at)) * 1000);
    if (lifetime > 0) {
      const kept: Kept = { claims, at };
      await this.#unlessItFails(() => this.#cache.set(key, kept, lifetime));
    }
    return claims;
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
      this.warn('introspection_cache', this.issuer, 'the cache for introspection fails; the server is asked instead');
      return undefined;
    }
  }
}

/** The default cache: the oldest answers go first beyond a thousand. */
class MemoryCache implements IntrospectionCache {
  readonly #entries = new BoundedMap<string, unknown>(MAX_ENTRIES);

  async get(key: string): Promise<unknown> {
    return this.#entries.get(key);
  }

  async set(key: string, value: unknown): Promise<void> {
    this.#entries.set(key, value);
  }
}

/** Anything may stand in a shared cache. */
function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false;
  const { claims, at } = value as Partial<Kept>;
  return typeof claims === 'object' && claims?.['active'] === true && typeof at === 'number';
}

/** Not so an answer from the future: better asked once too often than trusted too long. */
function isFresh({ claims, at }: Kept, cacheFor: number): boolean {
  const now = Date.now() / 1000;
  return now >= at && now - at < cacheFor && secondsLeft(claims, now) > 0;
}

function secondsLeft({ exp }: Claims, now: number): number {
  return typeof exp === 'number' ? exp - now : Number.POSITIVE_INFINITY;
}
