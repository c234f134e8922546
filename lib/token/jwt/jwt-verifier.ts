import type { AuthorizationServer } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { authenticationEvent } from '../authentication-event.js';
import { found } from '../claim-values.js';
import { freezeClaims } from '../frozen-claims.js';
import type { KeyHeader, KeySet, VerificationKey } from '../keys/key-set.js';
import { andThen, type MaybePromise } from '../maybe-promise.js';
import { type Refuse, type Refuser, refuse } from '../refuse.js';
import { type Clock, checkValidity } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { readJwt, type UnverifiedJwt } from './jwt.js';
import { checkBeforeSignature, checkClaims } from './jwt-access-token.js';
import { JwtHeaders } from './jwt-headers.js';
import { verifySignature } from './signature.js';
import { TokenIdentity } from './token-identity.js';
import { DEFAULT_TOKEN_CACHE_BYTES, type TokenCacheStatistics, VerifiedTokens } from './verified-tokens.js';

/** An authorization server, its keys, and how its tokens are refused. */
export interface JwtIssuer {
  readonly server: AuthorizationServer;
  readonly keys: KeySet;
  readonly refuse: Refuser;
}

/** The issuers whose tokens are verified. */
interface KnownIssuers {
  readonly names: readonly string[];
  get(iss: unknown): JwtIssuer | undefined;
  /** Asks for an issuer that is not known yet. */
  resolve(iss: unknown): MaybePromise<JwtIssuer | undefined>;
  /** Returns whether the tokens of a server are still accepted. */
  isCurrent(server: AuthorizationServer): boolean;
}

/**
 * Verifies access tokens that are JWTs, and remembers those whose signature is valid. Finds the issuer by an exact
 * match of `iss`: nothing in a token leads to a request to another address.
 *
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 */
export class JwtVerifier {
  readonly #verified: VerifiedTokens;
  readonly #headers = new JwtHeaders();

  /** @param tokenCacheBytes memory for verified tokens */
  constructor(
    private readonly issuers: KnownIssuers,
    tokenCacheBytes = DEFAULT_TOKEN_CACHE_BYTES,
  ) {
    this.#verified = new VerifiedTokens(tokenCacheBytes);
  }

  /**
   * Verifies a JWT. Synchronous if the key is in memory.
   *
   * @throws AccessTokenRefused `invalid_token`
   * @throws AuthorizationServerUnavailable if the key is unknown and the server gives no usable key document
   */
  verify(token: string, clock: Clock): MaybePromise<VerifiedAccessToken> {
    const identity = new TokenIdentity(token);
    const known = this.#verified.get(identity, clock.now);
    if (known === undefined || !this.issuers.isCurrent(known.server)) return this.#verifyNew(token, identity, clock);
    checkValidity(known.claims, clock, this.issuers.get(known.server.issuer)?.refuse);
    return known;
  }

  get tokenCache(): TokenCacheStatistics {
    return this.#verified.statistics;
  }

  /** Returns what is remembered of a token, so that its signature is not verified again. Counts nothing. */
  recall(token: string, { now }: Clock): VerifiedAccessToken | undefined {
    const known = this.#verified.peek(new TokenIdentity(token), now);
    return known !== undefined && this.issuers.isCurrent(known.server) ? known : undefined;
  }

  #verifyNew(token: string, identity: TokenIdentity, clock: Clock): MaybePromise<VerifiedAccessToken> {
    const jwt = readJwt(token, this.#headers);
    const { iss } = jwt.payload;
    const known = this.issuers.get(iss);
    if (known !== undefined) return this.#verifyOf(known, jwt, identity, clock);
    return andThen(this.issuers.resolve(iss), (issuer) => {
      if (issuer === undefined) refuse('issuer_unknown', { ...found(iss), expected: this.issuers.names });
      return this.#verifyOf(issuer, jwt, identity, clock);
    });
  }

  #verifyOf(
    issuer: JwtIssuer,
    jwt: UnverifiedJwt,
    identity: TokenIdentity,
    clock: Clock,
  ): MaybePromise<VerifiedAccessToken> {
    checkBeforeSignature(jwt, issuer.server, clock, issuer.refuse);
    const header = keyHeaderOf(jwt, issuer.refuse);
    const key = issuer.keys.keyFor(header);
    return key instanceof Promise
      ? key.then((fetched) => this.#accept(jwt, identity, issuer, header, fetched, clock))
      : this.#accept(jwt, identity, issuer, header, key, clock);
  }

  #accept(
    jwt: UnverifiedJwt,
    identity: TokenIdentity,
    { server, keys, refuse: report }: JwtIssuer,
    header: KeyHeader,
    key: VerificationKey,
    clock: Clock,
  ): VerifiedAccessToken {
    verifySignature(jwt, header.alg, key, report);
    checkClaims(jwt.payload, server, clock, report);
    const claims = freezeClaims(sharing(jwt.payload, server), report);
    const verified = Object.freeze({ claims, event: authenticationEvent(claims, server), server });
    this.#verified.add(identity, verified, { keys, key, header }, clock);
    this.#headers.remember(jwt);
    return verified;
  }
}

/**
 * Returns the members of a header that name its key. A remembered header without a thumbprint serves itself, so that its
 * tokens share one object, unless the sender has given it a member of our name.
 */
export function keyHeaderOf({ header }: Pick<UnverifiedJwt, 'header'>, report: Refuse = refuse): KeyHeader {
  const kid = readKeyId(header['kid'], report);
  const thumbprint = header['x5t#S256'] ?? header['x5t'];
  const isKeyHeader = thumbprint === undefined && header['thumbprint'] === undefined && Object.isFrozen(header);
  if (isKeyHeader) return header as unknown as KeyHeader;
  return {
    alg: header['alg'] as string,
    kid,
    thumbprint: typeof thumbprint === 'string' ? thumbprint : undefined,
  };
}

/** @throws AccessTokenRefused for a `kid` that is not a string */
function readKeyId(kid: unknown, report: Refuse): string | undefined {
  if (kid !== undefined && typeof kid !== 'string') report('kid_unreadable');
  return kid as string | undefined;
}

/** Replaces texts of claims by equal ones of the options, so that tokens share their memory. */
function sharing(claims: Claims, { issuer, audience }: AuthorizationServer): Claims {
  const shared = claims as Record<string, unknown>;
  shared['iss'] = issuer;
  for (const value of audience) if (value === shared['aud']) shared['aud'] = value;
  return shared;
}
