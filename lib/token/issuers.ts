import type { AuthorizationServer } from '../authorization-servers/index.js';
import { andThen, type MaybePromise } from './maybe-promise.js';
import type { ResolvedServers } from './resolved-servers.js';

/**
 * The issuers whose tokens are verified: those of the configured servers, and those that are resolved at run time.
 * Keeps what the verification needs of each, as long as its server is known.
 */
export class Issuers<Issuer extends { readonly server: AuthorizationServer }> {
  readonly #configured: ReadonlyMap<unknown, Issuer>;
  readonly #ofResolved = new WeakMap<AuthorizationServer, Issuer>();
  readonly #resolved: ResolvedServers | undefined;
  /** The configured issuers. */
  readonly names: readonly string[];

  /** @param create throws a StepUpConfigurationError for a server that cannot be used */
  constructor(
    servers: readonly AuthorizationServer[],
    create: (server: AuthorizationServer) => Issuer,
    resolved: ResolvedServers | undefined,
  ) {
    this.#configured = new Map(servers.map((server) => [server.issuer, create(server)]));
    this.#resolved = resolved;
    this.names = Object.freeze(servers.map(({ issuer }) => issuer));
    resolved?.onAccept((server) => void this.#ofResolved.set(server, create(server)));
  }

  /** Returns a configured issuer, or one that is resolved already. Asks the application in no case. */
  get(iss: unknown): Issuer | undefined {
    return this.#configured.get(iss) ?? this.#of(this.#resolved?.find(iss));
  }

  /**
   * Returns the issuer that the application resolves, if it is neither configured nor known.
   *
   * @throws AuthorizationServerUnavailable if the application gives no usable answer
   */
  resolve(iss: unknown): MaybePromise<Issuer | undefined> {
    return andThen(this.#resolved?.resolve(iss), (server) => this.#of(server));
  }

  /** Returns whether a server is configured, or is still what the application resolves its issuer to. */
  isCurrent(server: AuthorizationServer): boolean {
    return this.#resolved === undefined || this.get(server.issuer)?.server === server;
  }

  /**
   * Returns the issuer of a server that has verified a token. Also if the server has meanwhile been forgotten, or has to
   * be resolved again: what it asks of its tokens holds until the end of a verification.
   */
  of(server: AuthorizationServer): Issuer | undefined {
    return this.#ofResolved.get(server) ?? this.#configured.get(server.issuer);
  }

  #of(server: AuthorizationServer | undefined): Issuer | undefined {
    return server && this.#ofResolved.get(server);
  }
}
