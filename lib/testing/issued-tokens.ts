import { randomUUID } from 'node:crypto';
import type { SigningKey } from './signing-key.js';

type Claims = Readonly<Record<string, unknown>>;

export interface TestAccessTokenOptions {
  /** Default is none. A value of another type is a matter of `claims`. */
  acr?: string | number | undefined;
  /** `auth_time`, in seconds since the epoch. `null` leaves it out. Default is now. */
  authTime?: number | null | undefined;
  /** Default is `'alice'`. */
  subject?: string | undefined;
  /** Default is `'test-client'`. */
  clientId?: string | undefined;
  /** Default is `'openid'`. */
  scope?: string | undefined;
  /** Seconds from now. Default is `300`. */
  expiresIn?: number | undefined;
  /**
   * Further claims, of any type. They replace those of the other options, also those that the server adds itself, such as
   * `iss`. `undefined` leaves a claim out.
   */
  claims?: Record<string, unknown> | undefined;
  /** Further header members; `undefined` leaves one out. Opaque tokens have none. */
  header?: Record<string, unknown> | undefined;
}

/** The access tokens of one server, which it remembers for introspection. */
export class IssuedTokens {
  readonly #claims = new Map<string, Claims>();

  constructor(
    private readonly issuer: string,
    private readonly audience: string,
  ) {}

  /** A JWT by RFC 9068. */
  async signed(options: TestAccessTokenOptions, key: SigningKey): Promise<string> {
    const claims = this.#claimsOf(options);
    const token = await key.sign(claims, { typ: 'at+jwt', ...options.header });
    this.#claims.set(token, claims);
    return token;
  }

  /** A token of which nobody can tell anything without asking the server. */
  opaque(options: TestAccessTokenOptions): string {
    const token = randomUUID();
    this.#claims.set(token, this.#claimsOf(options));
    return token;
  }

  /** @throws TypeError for a token that is not, or no longer, one of this server's: a test would prove nothing */
  revoke(token: string): void {
    if (!this.#claims.delete(token)) {
      throw new TypeError('revoke() needs an access token that this server has issued and not yet revoked');
    }
  }

  /**
   * What the server knows of a token: all its claims, or that it is not active, with no reason why.
   *
   * @see [RFC 7662 §2.2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2)
   */
  introspect(token: string): Claims & { active?: unknown } {
    const claims = this.#claims.get(token);
    const now = Date.now() / 1000;
    if (claims === undefined || (claims['exp'] as number) <= now || (claims['nbf'] as number) > now) {
      return { active: false };
    }
    return { active: true, token_type: 'Bearer', ...claims };
  }

  #claimsOf(options: TestAccessTokenOptions): Claims {
    const now = Math.floor(Date.now() / 1000);
    const { acr, authTime = now, subject = 'alice', clientId = 'test-client', scope = 'openid' } = options;
    return {
      iss: this.issuer,
      aud: this.audience,
      sub: subject,
      client_id: clientId,
      scope,
      jti: randomUUID(),
      iat: now,
      exp: now + (options.expiresIn ?? 300),
      acr,
      ...(authTime !== null && { auth_time: authTime }),
      ...options.claims,
    };
  }
}
