import type { AuthorizationServer } from '../authorization-servers/index.js';
import { acceptOpaque, addFacts } from './introspection/introspected-token.js';
import { IntrospectedTokens } from './introspection/introspected-tokens.js';
import type { Warn } from './introspection/introspection-endpoint.js';
import { checkSize, isJwt } from './jwt/jwt.js';
import { type JwtIssuer, JwtVerifier } from './jwt/jwt-verifier.js';
import { KeySet } from './keys/key-set.js';
import type { Clock } from './lifetime.js';
import { andThen, type MaybePromise } from './maybe-promise.js';
import { refuse } from './refuse.js';
import type { VerifiedAccessToken } from './verified-access-token.js';

/**
 * Verifies access tokens of the configured authorization servers: JWTs by RFC 9068 §4 and RFC 8725, and by introspection
 * where a server is configured so. The server of a JWT is chosen by an exact match of `iss` among the configured ones;
 * nothing in a token leads to a request elsewhere. Whether the authentication behind a token is good enough is not decided
 * here.
 *
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 * @see [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662.html)
 */
export class AccessTokenVerifier {
  readonly #servers: ReadonlyMap<string, Issuer>;
  readonly #opaque: Issuer | undefined;
  readonly #jwts: JwtVerifier;

  /** @throws TypeError for a private key of `introspection` that cannot be used */
  constructor(
    servers: readonly AuthorizationServer[],
    private readonly clockTolerance: number,
    private readonly warn: Warn = () => undefined,
  ) {
    const issuers = servers.map((server) => issuerOf(server, warn));
    this.#servers = new Map(issuers.map((issuer) => [issuer.server.issuer, issuer]));
    this.#jwts = new JwtVerifier(this.#servers);
    this.#opaque = issuers.find(
      ({ server }) => (server.introspection?.when ?? 'auth-time-missing') !== 'auth-time-missing',
    );
  }

  /**
   * Synchronous where the token's key is at hand, but for EdDSA and where the server is asked.
   *
   * @throws AccessTokenRefused `invalid_token`
   * @throws AuthorizationServerUnavailable where the token's key is unknown, or the token itself has to be asked about, and
   * the server cannot be asked
   */
  verify(token: string): MaybePromise<VerifiedAccessToken> {
    checkSize(token);
    if (this.#opaque !== undefined && !isJwt(token)) return this.#verifyOpaque(token, this.#opaque);
    const verified = this.#jwts.verify(token, this.#clock());
    return this.#opaque?.server.introspection?.when === 'always'
      ? andThen(verified, (known) => (known.server === this.#opaque?.server ? this.#withFacts(token, known) : known))
      : verified;
  }

  /**
   * Asks the authorization server for the `auth_time` that a JWT lacks, where it is configured so.
   *
   * @throws AccessTokenRefused `invalid_token` where the server knows the token as inactive, or as another one
   * @throws AuthorizationServerUnavailable where the server gives no usable answer
   */
  withAuthTime(token: string, verified: VerifiedAccessToken): MaybePromise<VerifiedAccessToken> {
    return lacksAuthTime(verified) ? this.#withFacts(token, verified) : verified;
  }

  async #verifyOpaque(token: string, { server, introspected }: Issuer): Promise<VerifiedAccessToken> {
    const claims = OPAQUE.test(token) ? await introspected?.lookUp(token) : undefined;
    if (typeof claims !== 'object') refuse('token_inactive');
    return acceptOpaque(claims, server, this.#clock());
  }

  async #withFacts(token: string, verified: VerifiedAccessToken): Promise<VerifiedAccessToken> {
    const { issuer } = verified.server;
    const claims = await this.#servers.get(issuer)?.introspected?.lookUp(token);
    if (claims === 'inactive') refuse('token_inactive');
    if (typeof claims !== 'object') {
      const message = 'the server does not introspect JWTs, so that it cannot add what they lack';
      this.warn('introspection_unsupported', issuer, `${message}; have auth_time put into access tokens`);
      return verified;
    }
    const { completed, isOfAnotherSignIn } = addFacts(verified, claims);
    if (isOfAnotherSignIn) {
      const message =
        'introspection tells of another sign-in than that of the token, perhaps of the session as it is now';
      this.warn('introspection_of_session', issuer, `${message}; have acr and auth_time put into access tokens`);
    }
    return completed;
  }

  #clock(): Clock {
    return { now: Date.now() / 1000, clockTolerance: this.clockTolerance };
  }
}

/** Whether the authorization server is to be asked for an `auth_time` that a token does not carry. */
export function lacksAuthTime({ event, server }: VerifiedAccessToken): boolean {
  return event.authTime === undefined && server.introspection?.when === 'auth-time-missing';
}

/** What is needed of an authorization server to verify its tokens. */
interface Issuer extends JwtIssuer {
  readonly introspected: IntrospectedTokens | undefined;
}

/** The characters of a token by RFC 6750 §2.1, as no others can be sent on. */
const OPAQUE = /^[A-Za-z0-9\-._~+/]+=*$/;

function issuerOf(server: AuthorizationServer, warn: Warn): Issuer {
  const { issuer, jwksUri, introspection } = server;
  return {
    server,
    keys: new KeySet({ issuer, ...(jwksUri !== undefined && { jwksUri }), ...server.keys }),
    introspected: introspection && new IntrospectedTokens(issuer, introspection, warn),
  };
}
