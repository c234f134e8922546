import type { AuthorizationServer } from '../authorization-servers/index.js';
import { authenticationEvent, type Clock, checkBeforeSignature, checkClaims } from './access-token.js';
import { AccessTokenRefused } from './errors.js';
import { freezeClaims } from './frozen-claims.js';
import { checkSize, readJwt } from './jwt.js';
import { KeySet, type VerificationKey } from './key-set.js';
import { type MaybePromise, whenReady } from './maybe-promise.js';
import { verifySignature } from './signature.js';
import type { KeyHeader } from './verification-keys.js';
import { type VerifiedAccessToken, VerifiedTokens } from './verified-tokens.js';

/**
 * Verifies JWT access tokens of the configured authorization servers by RFC 9068 §4 and RFC 8725. The server is chosen by
 * an exact match of `iss` among the configured ones; nothing in a token leads to a request elsewhere. Whether the
 * authentication behind a token is good enough is not decided here.
 *
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 */
export class AccessTokenVerifier {
  readonly #servers: ReadonlyMap<unknown, { server: AuthorizationServer; keys: KeySet }>;
  readonly #verified = new VerifiedTokens();

  constructor(
    servers: readonly AuthorizationServer[],
    private readonly clockTolerance: number,
  ) {
    this.#servers = new Map(
      servers.map((server) => [
        server.issuer,
        {
          server,
          keys: new KeySet({
            issuer: server.issuer,
            ...(server.jwksUri !== undefined && { jwksUri: server.jwksUri }),
            ...server.keys,
          }),
        },
      ]),
    );
  }

  /**
   * Synchronous where the token's key is at hand, but for EdDSA.
   *
   * @throws AccessTokenRefused `invalid_token`
   * @throws AuthorizationServerUnavailable where the token's key is unknown and the server cannot be asked
   */
  verify(token: string): MaybePromise<VerifiedAccessToken> {
    checkSize(token);
    const clock = { now: Date.now() / 1000, clockTolerance: this.clockTolerance };
    const digest = VerifiedTokens.digest(token);
    return this.#verified.get(digest, clock) ?? this.#verifyNew(token, digest, clock);
  }

  #verifyNew(token: string, digest: string, clock: Clock): MaybePromise<VerifiedAccessToken> {
    const jwt = readJwt(token);
    const issuer = this.#servers.get(jwt.payload['iss']);
    if (issuer === undefined)
      throw new AccessTokenRefused('invalid_token', 'The issuer of the access token is not known');
    const { server, keys } = issuer;
    checkBeforeSignature(jwt, server, clock);

    const header = { alg: jwt.header['alg'] as string, kid: readKeyId(jwt.header['kid']) };
    return whenReady(keys.keyFor(header), (key) =>
      whenReady(verifySignature(token, header.alg, key.key), () => {
        checkClaims(jwt.payload, server, clock);
        const verified = Object.freeze({
          claims: freezeClaims(jwt.payload),
          event: authenticationEvent(jwt.payload, server),
          server,
        });
        this.#verified.add(digest, verified, currency(key, keys, header), clock);
        return verified;
      }),
    );
  }
}

/**
 * Tells whether a key is current: not so once it has left the key set, nor while the key set has to be read again. A
 * function made where the token is in scope would keep the token in memory for as long as it is known.
 */
function currency(key: VerificationKey, keys: KeySet, header: KeyHeader): () => boolean {
  return () => {
    try {
      const found = keys.keyFor(header);
      if (found instanceof Promise) found.catch(() => undefined);
      return found === key;
    } catch {
      return false;
    }
  };
}

function readKeyId(kid: unknown): string | undefined {
  if (kid !== undefined && typeof kid !== 'string') {
    throw new AccessTokenRefused('invalid_token', 'The key identifier of the access token is not readable');
  }
  return kid;
}
