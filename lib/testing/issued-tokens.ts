import { randomUUID } from 'node:crypto';
import { checkMembers } from '../core/index.js';
import type { SigningKey } from './signing-key.js';

type Claims = Readonly<Record<string, unknown>>;

/** What an access token of the test server says. */
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
  /** Seconds until `exp`. A negative number makes an expired token. Default is `300`. */
  expiresIn?: number | undefined;
  /**
   * Further claims, of any type. They replace those of the other options, also those that the server adds itself, such
   * as `iss`. `undefined` leaves a claim out.
   */
  claims?: Record<string, unknown> | undefined;
  /** Further header members. `undefined` leaves one out. Ignored for opaque tokens. */
  header?: Record<string, unknown> | undefined;
}

/** Issues the access tokens of one server, and remembers them for introspection. */
export class IssuedTokens {
  readonly #claims = new Map<string, Claims>();

  constructor(
    private readonly issuer: string,
    private readonly audience: string,
  ) {}

  /** Signs a JWT by RFC 9068. */
  async signed(options: TestAccessTokenOptions, key: SigningKey): Promise<string> {
    const claims = this.#claimsOf(options);
    const token = key.sign(claims, { typ: 'at+jwt', ...options.header });
    this.#claims.set(token, claims);
    return token;
  }

  /** Issues a token that only introspection can read. */
  opaque(options: TestAccessTokenOptions): string {
    const token = randomUUID();
    this.#claims.set(token, this.#claimsOf(options));
    return token;
  }

  /**
   * Makes introspection call a token inactive.
   *
   * @throws TypeError for a token that this server has not issued or has revoked before: a test with it would prove
   * nothing
   */
  revoke(token: string): void {
    if (!this.#claims.delete(token)) {
      throw new TypeError('revoke() needs an access token that this server has issued and not yet revoked');
    }
  }

  /**
   * Returns the introspection response about a token: all its claims if it is active, otherwise `active: false` without
   * a reason.
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
    checkTokenOptions(options);
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

const MEMBERS = [
  'acr',
  'authTime',
  'subject',
  'clientId',
  'scope',
  'expiresIn',
  'claims',
  'header',
] satisfies (keyof TestAccessTokenOptions)[];

/** Checks the names of options: with a misspelt one, a test would judge another token than it says. */
function checkTokenOptions(options: TestAccessTokenOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError("An access token needs an object of options, such as { acr: 'urn:example:mfa' }");
  }
  checkMembers(options, MEMBERS, (member) => `An access token has no option "${member}"`);
}
