import { hash } from 'node:crypto';
import type { AuthorizationServer, Introspection } from '../../authorization-servers/index.js';
import { BoundedMap } from '../bounded-map.js';
import { AccessTokenRefused } from '../errors.js';
import { refuse } from '../refuse.js';
import type { Clock } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { acceptOpaque, addFacts, factsAbout, isOfAnotherSignIn, withoutSignIn } from './introspected-token.js';
import { IntrospectedTokens, type Standing } from './introspected-tokens.js';
import type { IntrospectionResponse, Warn } from './introspection-endpoint.js';
import { isLaterThan, isSameSignIn, type SignIn } from './sign-in.js';

/** The characters of a token by RFC 6750 §2.1, as no others can be sent on. */
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const MAX_KNOWN_TOKENS = 10_000;

interface KnownToken {
  /** What the first response said. */
  readonly first: SignIn;
  /** `stranger` after it has been refused. */
  readonly standing: Standing;
}

/**
 * Judges tokens by what one authorization server says of them. Work for tokens that were verified, or accepted before,
 * does not wait for that of strangers. A token has one sign-in: once a server tells of another, or of one that came after
 * the token, its response raises nothing.
 *
 * @see [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662.html)
 */
export class Introspector {
  readonly #tokens: IntrospectedTokens;
  /** Tokens that were accepted, by digest. */
  readonly #known = new BoundedMap<string, KnownToken>(MAX_KNOWN_TOKENS);

  /** @throws TypeError for a private key that cannot be used */
  constructor(
    private readonly server: AuthorizationServer,
    introspection: Introspection,
    private readonly warn: Warn,
  ) {
    this.#tokens = new IntrospectedTokens(server.issuer, introspection, warn);
  }

  /**
   * Verifies an opaque token.
   *
   * @param clock read once the response is there
   * @throws AccessTokenRefused `invalid_token`
   * @throws AuthorizationServerUnavailable if no usable response comes
   */
  async verifyOpaque(token: string, clock: () => Clock): Promise<VerifiedAccessToken> {
    if (!B64TOKEN.test(token)) refuse('token_inactive');
    const digest = digestOf(token);
    const response = await this.#tokens.lookUp(token, this.#known.get(digest)?.standing ?? 'stranger');
    try {
      const verified = this.#accept(response, clock());
      const isOther = this.#hasChanged(digest, verified.event) || isLaterThan(verified.event, verified.claims['iat']);
      if (!isOther) return verified;
      this.#warnOfSession();
      return withoutSignIn(verified);
    } catch (error) {
      const known = this.#known.get(digest);
      if (known !== undefined && error instanceof AccessTokenRefused) {
        this.#known.set(digest, { ...known, standing: 'stranger' });
      }
      throw error;
    }
  }

  #accept(response: IntrospectionResponse, clock: Clock): VerifiedAccessToken {
    if (typeof response !== 'object') refuse('token_inactive');
    return acceptOpaque(response, this.server, clock);
  }

  /**
   * Adds to a verified JWT what it does not say of the authentication.
   *
   * @throws AccessTokenRefused `invalid_token` if the server knows the token as inactive, or as another one
   * @throws AuthorizationServerUnavailable if no usable response comes
   */
  async complete(token: string, verified: VerifiedAccessToken): Promise<VerifiedAccessToken> {
    const { issuer } = this.server;
    const response = await this.#tokens.lookUp(token, 'known');
    if (response === 'inactive') refuse('token_inactive');
    if (response === 'unsupported') {
      const message = 'the server does not introspect JWTs, so that it cannot add what they lack';
      this.warn('introspection_unsupported', issuer, `${message}; have auth_time put into access tokens`);
      return verified;
    }
    const facts = factsAbout(verified, response);
    const isOther = this.#hasChanged(digestOf(token), facts) || isOfAnotherSignIn(facts, verified);
    if (isOther) this.#warnOfSession();
    return addFacts(verified, isOther ? {} : facts, response);
  }

  /** Returns whether this response about a token tells of another sign-in than the first one, which it remembers. */
  #hasChanged(digest: string, signIn: SignIn): boolean {
    const { acr, acrs, authTime } = signIn;
    const { first } = this.#known.get(digest) ?? { first: { acr, acrs, authTime } };
    this.#known.set(digest, { first, standing: 'known' });
    return !isSameSignIn(signIn, first);
  }

  #warnOfSession(): void {
    const message =
      'introspection tells of another sign-in than that of the token, perhaps of the session as it is now';
    this.warn(
      'introspected_sign_in_mismatch',
      this.server.issuer,
      `${message}; have acr and auth_time put into access tokens`,
    );
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
