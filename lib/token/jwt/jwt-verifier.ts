import type { AuthorizationServer } from '../../authorization-servers/index.js';
import { authenticationEvent } from '../authentication-event.js';
import { found } from '../claim-values.js';
import { freezeClaims } from '../frozen-claims.js';
import type { KeyHeader, KeySet, VerificationKey } from '../keys/key-set.js';
import { andThen, type MaybePromise } from '../maybe-promise.js';
import { type Refuse, type Refuser, refuse } from '../refuse.js';
import type { Clock } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { readJwt, type UnverifiedJwt } from './jwt.js';
import { checkBeforeSignature, checkClaims } from './jwt-access-token.js';
import { verifySignature } from './signature.js';
import { VerifiedTokens } from './verified-tokens.js';

/** An authorization server, its keys, and how its tokens are refused. */
export interface JwtIssuer {
  readonly server: AuthorizationServer;
  readonly keys: KeySet;
  readonly refuse: Refuser;
}

/**
 * Verifies access tokens that are JWTs, and remembers those whose signature is valid. Finds the issuer by an exact
 * match of `iss`: nothing in a token leads to a request to another address.
 *
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 */
export class JwtVerifier {
  readonly #verified = new VerifiedTokens();
  readonly #names: readonly string[];

  constructor(private readonly issuers: ReadonlyMap<string, JwtIssuer>) {
    this.#names = Object.freeze([...issuers.keys()]);
  }

  /**
   * Verifies a JWT. Synchronous if the key is in memory.
   *
   * @throws AccessTokenRefused `invalid_token`
   * @throws AuthorizationServerUnavailable if the key is unknown and the server gives no usable key document
   */
  verify(token: string, clock: Clock): MaybePromise<VerifiedAccessToken> {
    const digest = VerifiedTokens.digest(token);
    return this.#verified.get(digest, clock) ?? this.#verifyNew(token, digest, clock);
  }

  /** Returns what is remembered of a token: its signature is not verified again, but its time may be over. */
  recall(token: string, clock: Clock): VerifiedAccessToken | undefined {
    return this.#verified.find(VerifiedTokens.digest(token), clock);
  }

  #verifyNew(token: string, digest: string, clock: Clock): MaybePromise<VerifiedAccessToken> {
    const jwt = readJwt(token);
    const { iss } = jwt.payload;
    const issuer = this.issuers.get(iss as string);
    if (issuer === undefined) refuse('issuer_unknown', { ...found(iss), expected: this.#names });
    checkBeforeSignature(jwt, issuer.server, clock, issuer.refuse);
    const header = { alg: jwt.header['alg'] as string, kid: readKeyId(jwt.header['kid'], issuer.refuse) };
    return andThen(issuer.keys.keyFor(header), (key) => {
      const verified = accept(jwt, header.alg, key, issuer, clock);
      this.#verified.add(digest, verified, keyCheck(key, issuer.keys, header), clock);
      return verified;
    });
  }
}

/** Verifies the signature of a JWT, checks its claims, and freezes them. */
function accept(
  jwt: UnverifiedJwt,
  algorithm: string,
  key: VerificationKey,
  { server, refuse: report }: JwtIssuer,
  clock: Clock,
): VerifiedAccessToken {
  verifySignature(jwt, algorithm, key, report);
  checkClaims(jwt.payload, server, clock, report);
  const claims = freezeClaims(jwt.payload, report);
  return Object.freeze({ claims, event: authenticationEvent(claims, server), server });
}

/** Separate, since a closure next to the token would keep the token in memory as long as its entry. */
function keyCheck(key: VerificationKey, keys: KeySet, header: KeyHeader): () => boolean {
  return () => isCurrentKey(key, keys, header);
}

/**
 * Returns whether a key is current. It is not if it has left the key set, or while the key set has to be fetched again.
 */
function isCurrentKey(key: VerificationKey, keys: KeySet, header: KeyHeader): boolean {
  try {
    const found = keys.keyFor(header);
    if (found instanceof Promise) found.catch(() => undefined);
    return found === key;
  } catch {
    return false;
  }
}

/** @throws AccessTokenRefused for a `kid` that is not a string */
export function readKeyId(kid: unknown, report: Refuse = refuse): string | undefined {
  if (kid !== undefined && typeof kid !== 'string') report('kid_unreadable');
  return kid as string | undefined;
}
