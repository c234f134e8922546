import { isDeepStrictEqual } from 'node:util';
import type { AuthorizationServer } from '../authorization-servers/index.js';
import { StepUpConfigurationError } from '../core/index.js';
import { BoundedMap } from './bounded-map.js';
import { secondsSince } from './cooldown.js';
import { AuthorizationServerUnavailable } from './errors.js';
import { COOLDOWN, FETCH_TIMEOUT } from './fetch-json.js';
import type { MaybePromise } from './maybe-promise.js';
import { Semaphore } from './semaphore.js';
import { TimedOut, withTimeout } from './with-timeout.js';

interface ResolvedServersOptions {
  /** Asks the application for the server of an issuer. It can return anything, and throw. */
  resolve: (issuer: string) => unknown;
  /**
   * Checks what the application has returned.
   *
   * @param known the servers that are kept
   * @throws StepUpConfigurationError for what is no server of this issuer, or does not go with those
   */
  check: (answer: unknown, issuer: string, known: Iterable<AuthorizationServer>) => AuthorizationServer;
  /** Is told of a failure in the background, which no request waits for. */
  failed: (failure: AuthorizationServerUnavailable) => void;
}

interface Entry {
  readonly server: AuthorizationServer;
  /** Milliseconds since the epoch. */
  askedAt: number;
  /** Time of the last failure since then, in milliseconds since the epoch. */
  failedAt: number;
  /** Whether a question about it has been pending for longer than a request waits. */
  isSlow: boolean;
  /** Whether it was used since it could last have been forgotten. */
  isUsed: boolean;
}

interface Refusal {
  readonly at: number;
  /** Why the application was not understood; `undefined` if it has no server for the issuer. */
  readonly failure: AuthorizationServerUnavailable | undefined;
}

/** Servers that are kept. Beyond them, one that is not in use is forgotten. */
const MAX_SERVERS = 5000;
/** Unknown issuers that are remembered. */
const MAX_REFUSALS = 10_000;
/** Characters. A longer issuer is unknown. */
const MAX_ISSUER_LENGTH = 2048;
/** Questions to the application at the same time, and those that wait for their turn. */
const CONCURRENCY = { concurrency: 100, maxQueue: 1000, queueTimeout: 1 };
/** Seconds after which the application is asked again about a server that is in use. */
const REFRESH_AFTER = 600;
/** Seconds beyond that during which a server stays in use if the application cannot answer. */
const STALE_FOR = 3600;
/** Seconds for which a request waits for the answer about a server that it may also use without one. */
const PATIENCE = 0.5;
/** Seconds after a failure during which the application is not asked about the same issuer. */
const FAILURE_COOLDOWN = 1;

/**
 * The authorization servers that an application resolves by issuer at run time. Asks for an issuer once, and keeps the
 * answer: a server for 10 minutes, and in an outage of the application for an hour more; that there is none for 10
 * seconds; a failure for 1 second. From half of the 10 minutes on, a use asks again in the background. After them it waits
 * for 0.5 seconds, and then uses the last answer until the application has given another one or failed.
 *
 * Keeps at most 5,000 servers and 10,000 unknown issuers. Asks about 100 issuers at a time, for at most 5 seconds each.
 * A look-up costs the same whatever their number: only an answer of the application is compared with all of them.
 */
export class ResolvedServers {
  readonly #entries = new Map<unknown, Entry>();
  readonly #refusals = new BoundedMap<string, Refusal>(MAX_REFUSALS);
  readonly #pending = new Map<string, Promise<AuthorizationServer | undefined>>();
  readonly #semaphore = new Semaphore(CONCURRENCY);
  readonly #listeners: ((server: AuthorizationServer) => void)[] = [];

  constructor(private readonly options: ResolvedServersOptions) {}

  /** Number of servers that are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /** Adds a listener for each new or changed server. One that throws a StepUpConfigurationError refuses the server. */
  onAccept(listener: (server: AuthorizationServer) => void): void {
    this.#listeners.push(listener);
  }

  /** Returns a server that is known and recent enough. Waits for nothing. */
  find(issuer: unknown): AuthorizationServer | undefined {
    const entry = this.#entries.get(issuer);
    if (entry === undefined) return undefined;
    entry.isUsed = true;
    const age = secondsSince(entry.askedAt);
    if (age < REFRESH_AFTER / 2) return entry.server;
    const mayAsk = secondsSince(entry.failedAt) >= FAILURE_COOLDOWN;
    if (age >= REFRESH_AFTER) return isUsable(entry) && (entry.isSlow || !mayAsk) ? entry.server : undefined;
    if (mayAsk) this.#ask(issuer as string).catch((failure) => this.options.failed(failure));
    return entry.server;
  }

  /**
   * Returns the server of an issuer; `undefined` if the application has none.
   *
   * @throws AuthorizationServerUnavailable if the application throws, does not answer in time, or returns what is no
   * server of this issuer
   */
  resolve(issuer: unknown): MaybePromise<AuthorizationServer | undefined> {
    if (!isIssuer(issuer)) return undefined;
    const known = this.find(issuer);
    if (known !== undefined) return known;
    const refusal = this.#refusals.get(issuer);
    if (refusal !== undefined && secondsSince(refusal.at) < cooldownOf(refusal)) {
      if (refusal.failure !== undefined) throw refusal.failure;
      return undefined;
    }
    const entry = this.#entries.get(issuer);
    const answer = this.#ask(issuer);
    return entry !== undefined && isUsable(entry) ? this.#soon(answer, entry) : answer;
  }

  /** Returns an answer if it comes soon. Otherwise returns the last one, as do all who ask until it comes. */
  async #soon(
    answer: Promise<AuthorizationServer | undefined>,
    entry: Entry,
  ): Promise<AuthorizationServer | undefined> {
    try {
      return await withTimeout(PATIENCE, answer);
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error;
      entry.isSlow = true;
      return entry.server;
    }
  }

  /** Asks once, however many wait for the answer. */
  #ask(issuer: string): Promise<AuthorizationServer | undefined> {
    const pending = this.#pending.get(issuer);
    if (pending !== undefined) return pending;
    const answer = this.#answerFor(issuer).finally(() => {
      this.#pending.delete(issuer);
      const entry = this.#entries.get(issuer);
      if (entry !== undefined) entry.isSlow = false;
    });
    this.#pending.set(issuer, answer);
    return answer;
  }

  async #answerFor(issuer: string): Promise<AuthorizationServer | undefined> {
    try {
      const askedAt = Date.now();
      const answer = await this.#answer(issuer);
      return answer === undefined || answer === null
        ? this.#forget(issuer, askedAt)
        : this.#keep(issuer, answer, askedAt);
    } catch (failure) {
      return this.#orStale(issuer, failure as AuthorizationServerUnavailable);
    }
  }

  async #answer(issuer: string): Promise<unknown> {
    if (!(await this.#semaphore.acquire())) {
      throw failureOf('resolver_overloaded', '"resolveAuthorizationServer" is asked for too many issuers at once');
    }
    try {
      return await withTimeout(
        FETCH_TIMEOUT,
        Promise.resolve().then(() => this.options.resolve(issuer)),
      );
    } catch (cause) {
      const what = cause instanceof TimedOut ? `has not answered within ${FETCH_TIMEOUT} seconds` : 'has thrown';
      throw failureOf('resolver_failed', `"resolveAuthorizationServer" ${what}`, cause);
    } finally {
      this.#semaphore.release();
    }
  }

  #forget(issuer: string, at: number): undefined {
    this.#entries.delete(issuer);
    this.#refusals.set(issuer, { at, failure: undefined });
  }

  /** Keeps the object of a server that has not changed: keys and translations belong to it. */
  #keep(issuer: string, answer: unknown, askedAt: number): AuthorizationServer {
    const former = this.#entries.get(issuer)?.server;
    let server: AuthorizationServer;
    try {
      server = this.options.check(answer, issuer, this.#servers());
      if (former !== undefined && isSame(server, former)) server = former;
      else for (const listener of this.#listeners) listener(server);
    } catch (error) {
      if (error instanceof StepUpConfigurationError) throw failureOf('resolved_server_invalid', error.message, error);
      const what = 'has returned options that throw as they are read';
      throw failureOf('resolver_failed', `"resolveAuthorizationServer" ${what}`, error);
    }
    this.#entries.delete(issuer);
    if (this.#entries.size >= MAX_SERVERS) this.#makeRoom();
    this.#entries.set(issuer, { server, askedAt, failedAt: Number.NEGATIVE_INFINITY, isSlow: false, isUsed: false });
    this.#refusals.delete(issuer);
    return server;
  }

  *#servers(): Iterable<AuthorizationServer> {
    for (const { server } of this.#entries.values()) yield server;
  }

  /** Returns the last server if it may still be used. */
  #orStale(issuer: string, failure: AuthorizationServerUnavailable): AuthorizationServer {
    const entry = this.#entries.get(issuer);
    if (entry === undefined || !isUsable(entry)) {
      this.#entries.delete(issuer);
      if (failure.code !== 'resolver_overloaded') this.#refusals.set(issuer, { at: Date.now(), failure });
      throw failure;
    }
    entry.failedAt = Date.now();
    this.options.failed(failure);
    return entry.server;
  }

  /** Forgets the first server that was not used since it could last have been forgotten. */
  #makeRoom(): void {
    for (const [issuer, entry] of this.#entries) {
      this.#entries.delete(issuer);
      if (!entry.isUsed) return;
      entry.isUsed = false;
      this.#entries.set(issuer, entry);
    }
  }
}

/** An http URL in the characters of RFC 3986, without query and fragment. Others could move the cursor of a log. */
const ISSUER = /^https?:\/\/[!"$->@-~]+$/;

function isIssuer(issuer: unknown): issuer is string {
  return (
    typeof issuer === 'string' && issuer.length <= MAX_ISSUER_LENGTH && ISSUER.test(issuer) && URL.canParse(issuer)
  );
}

/** Returns whether a server may be used if the application cannot answer. */
function isUsable({ askedAt }: Entry): boolean {
  return secondsSince(askedAt) < REFRESH_AFTER + STALE_FOR;
}

function cooldownOf({ failure }: Refusal): number {
  return failure === undefined ? COOLDOWN : FAILURE_COOLDOWN;
}

/** Equal vocabularies are one object, so that their order, which is no public member, is compared too. */
function isSame(one: AuthorizationServer, other: AuthorizationServer): boolean {
  return one.vocabulary === other.vocabulary && isDeepStrictEqual(one, other);
}

function failureOf(
  code: 'resolver_failed' | 'resolver_overloaded' | 'resolved_server_invalid',
  reason: string,
  cause?: unknown,
): AuthorizationServerUnavailable {
  return new AuthorizationServerUnavailable({ code, reason, retryAfter: FAILURE_COOLDOWN, cause });
}
