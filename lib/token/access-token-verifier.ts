import { type AuthorizationServer, INTROSPECTION_OCCASIONS } from '../authorization-servers/index.js';
import type { AuthenticationRequirements } from '../core/index.js';
import type { AuthorizationServerUnavailable } from './errors.js';
import type { Warn } from './introspection/introspection-endpoint.js';
import { Introspector } from './introspection/introspector.js';
import { Issuers } from './issuers.js';
import { checkSize, isJwt } from './jwt/jwt.js';
import { type JwtIssuer, JwtVerifier } from './jwt/jwt-verifier.js';
import type { TokenCacheStatistics } from './jwt/verified-tokens.js';
import { KeySet } from './keys/key-set.js';
import { isLightweight } from './lightweight-token.js';
import { andThen, type MaybePromise, orElse } from './maybe-promise.js';
import { Possession, type Presentation } from './proofs/possession.js';
import type { PossessionSettings } from './proofs/possession.options.js';
import { refuse, refusedBy, refuserOf } from './refuse.js';
import type { ResolvedServers } from './resolved-servers.js';
import { type Clock, checkStillValid } from './validity.js';
import type { VerifiedAccessToken } from './verified-access-token.js';

/**
 * Verifies access tokens of the configured and the resolved authorization servers: JWTs by RFC 9068 §4 and RFC 8725, and tokens by
 * introspection if a server has that option. Chooses the server of a JWT by an exact match of `iss`: nothing in a token
 * leads to a request to another address. Does not decide whether the authentication behind a token meets requirements.
 *
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 * @see [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662.html)
 */
export class AccessTokenVerifier {
  readonly #issuers: Issuers<Issuer>;
  readonly #opaque: Issuer | undefined;
  readonly #jwts: JwtVerifier;
  readonly #mayHaveToAsk: boolean;
  /** Absent if no server accepts bound tokens: their claims then refuse them. */
  readonly #possession: Possession | undefined;

  /**
   * @param resolved further servers, which the application resolves by the issuer of a token
   * @throws StepUpConfigurationError for a private key of `introspection` that cannot be read or cannot sign
   */
  constructor(
    servers: readonly AuthorizationServer[],
    private readonly clockTolerance: number,
    { warn = () => undefined, unavailable = () => undefined, tokenCacheBytes, possession }: VerifierOptions = {},
    resolved?: ResolvedServers,
  ) {
    this.#possession = possession && new Possession(possession, clockTolerance);
    this.#issuers = new Issuers(servers, (server) => issuerOf(server, { warn, unavailable }), resolved);
    this.#jwts = new JwtVerifier(this.#issuers, tokenCacheBytes);
    const opaque = servers.find(
      ({ introspection }) => introspection && INTROSPECTION_OCCASIONS[introspection.when].opaque,
    );
    this.#opaque = opaque && this.#issuers.get(opaque.issuer);
    const mayHaveToAsk = ({ introspection }: AuthorizationServer) =>
      introspection?.when === 'always' || introspection?.lightweightTokens === true;
    this.#mayHaveToAsk = resolved !== undefined || servers.some(mayHaveToAsk);
  }

  /**
   * Verifies a token, and that its sender has the keys that it is bound to. Synchronous if the key is in memory, except
   * for tokens that need introspection, and for proofs that a shared cache has to know.
   *
   * @param presentation how it was sent. Default is without a request: a bound token is refused
   * @throws AccessTokenRefused `invalid_token`, or `invalid_dpop_proof` and `use_dpop_nonce` for the proof of its key
   * @throws AuthorizationServerUnavailable if the key is unknown, or the token needs introspection, and the server
   * gives no usable response, or if the shared cache of used proofs fails
   */
  verify(token: string, presentation: Presentation = WITHOUT_REQUEST): MaybePromise<VerifiedAccessToken> {
    const verified = this.#stillValid(this.#verify(token));
    const possession = this.#possession;
    if (possession === undefined) return verified;
    return andThen(verified, (known) => {
      const { issuer } = known.server;
      const prove = () => possession.verify(known, token, presentation, this.#clock());
      return andThen(orElse(prove, refusedBy(issuer)), () => known);
    });
  }

  /** Returns the nonce for the next DPoP proof of a client; `undefined` if none is required. */
  nonce(): string | undefined {
    return this.#possession?.nonce(this.#clock().now);
  }

  #verify(token: string): MaybePromise<VerifiedAccessToken> {
    checkSize(token);
    if (this.#opaque?.introspector !== undefined && !isJwt(token)) {
      const { introspector, server } = this.#opaque;
      return orElse(() => introspector.verifyOpaque(token, () => this.#clock()), refusedBy(server.issuer));
    }
    const verified = this.#jwts.verify(token, this.#clock());
    return this.#mayHaveToAsk ? andThen(verified, (known) => this.#askIfItHasTo(token, known)) : verified;
  }

  /**
   * Returns whether {@link verify} needs neither a signature check nor a server, as it remembers the token. Reads no claim.
   *
   * @throws AccessTokenRefused `invalid_token` as {@link verify} does for what is not a token
   */
  knows(token: string): boolean {
    checkSize(token);
    const introspector = this.#opaque?.introspector;
    if (introspector !== undefined && !isJwt(token)) return introspector.knows(token);
    const known = this.#jwts.recall(token, this.#clock());
    if (known === undefined) return false;
    if (!isAlwaysAsked(known) && !isLightweight(known.claims, known.server)) return true;
    return this.#issuers.of(known.server)?.introspector?.knows(token) === true;
  }

  /** What is remembered of verified JWTs. */
  get tokenCache(): TokenCacheStatistics {
    return this.#jwts.tokenCache;
  }

  /**
   * Adds the `acr` and `auth_time` that the requirements need and a JWT lacks, by introspection if `introspection.when`
   * says so. Otherwise returns the token unchanged.
   *
   * @throws AccessTokenRefused `invalid_token` if the response is about an inactive or another token, or if the token has
   * meanwhile expired
   * @throws AuthorizationServerUnavailable if the server gives no usable response
   */
  complete(
    token: string,
    verified: VerifiedAccessToken,
    requirements: AuthenticationRequirements,
  ): MaybePromise<VerifiedAccessToken> {
    return lacksRequired(verified, requirements) ? this.#stillValid(this.#complete(token, verified)) : verified;
  }

  /** Checks `exp` again if something was waited for: a key, the application, or introspection. */
  #stillValid(verified: MaybePromise<VerifiedAccessToken>): MaybePromise<VerifiedAccessToken> {
    if (!(verified instanceof Promise)) return verified;
    return verified.then((known) => {
      checkStillValid(known.claims, this.#clock(), this.#issuers.of(known.server)?.refuse);
      return known;
    });
  }

  #complete(token: string, verified: VerifiedAccessToken): MaybePromise<VerifiedAccessToken> {
    const { server } = verified;
    const introspector = this.#issuers.of(server)?.introspector;
    if (introspector === undefined) return verified;
    return orElse(() => introspector.complete(token, verified), refusedBy(server.issuer));
  }

  /** @throws AccessTokenRefused also for a lightweight token of which the server says too little */
  #askIfItHasTo(token: string, verified: VerifiedAccessToken): MaybePromise<VerifiedAccessToken> {
    const { claims, server } = verified;
    if (!isLightweight(claims, server)) return isAlwaysAsked(verified) ? this.#complete(token, verified) : verified;
    const introspector = this.#issuers.of(server)?.introspector;
    if (introspector === undefined) refuse('token_inactive');
    return orElse(() => introspector.identify(token, verified, () => this.#clock()), refusedBy(server.issuer));
  }

  #clock(): Clock {
    return { now: Date.now() / 1000, clockTolerance: this.clockTolerance };
  }
}

/**
 * Returns whether a token needs introspection: because `acrValues` are required and it has no `acr`, or because
 * `maxAge` is required and it has no `auth_time`. Each counts only if `introspection.when` says so.
 */
export function lacksRequired(
  { event, server: { introspection } }: VerifiedAccessToken,
  { acrValues, maxAge }: AuthenticationRequirements,
): boolean {
  if (introspection === undefined) return false;
  const { acrMissing, authTimeMissing } = INTROSPECTION_OCCASIONS[introspection.when];
  const lacksAcr = acrValues !== undefined && event.acr === undefined && event.acrs === undefined;
  const { authTime, acrTimes, amr } = event;
  // Without methods the times of contexts are not known, and auth_time does not stand in for them.
  const lacksMethods = acrValues !== undefined && acrTimes !== undefined && amr === undefined;
  const isUndated = authTime === undefined && (acrTimes === undefined || amr === undefined);
  const lacksTime = maxAge !== undefined && (lacksMethods || isUndated);
  return (acrMissing && lacksAcr) || (authTimeMissing && lacksTime);
}

function isAlwaysAsked({ server }: VerifiedAccessToken): boolean {
  return server.introspection?.when === 'always';
}

const WITHOUT_REQUEST: Presentation = { scheme: 'Bearer', request: undefined };

export interface VerifierOptions {
  /** Bytes of memory for JWTs that were verified. Default is `8_388_608`. */
  tokenCacheBytes?: number | undefined;
  /** How bound tokens are accepted. Default is that every bound token is refused. */
  possession?: PossessionSettings | undefined;
  /** Is told what responses of introspection endpoints show. */
  warn?: Warn;
  /** Is told each time that a server's keys cannot be fetched. */
  unavailable?: (failure: AuthorizationServerUnavailable) => void;
}

/** What is needed of an authorization server to verify its tokens. */
interface Issuer extends JwtIssuer {
  readonly introspector: Introspector | undefined;
}

function issuerOf(
  server: AuthorizationServer,
  { warn, unavailable }: Required<Pick<VerifierOptions, 'warn' | 'unavailable'>>,
): Issuer {
  const { introspection } = server;
  return {
    server,
    keys: new KeySet({ ...server, ...server.keys, failed: unavailable }),
    refuse: refuserOf(server.issuer),
    introspector: introspection && new Introspector(server, introspection, warn),
  };
}
