import { hash } from 'node:crypto';
import type { AuthorizationServer, Introspection } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { BoundedMap } from '../bounded-map.js';
import { AccessTokenRefused, AuthorizationServerUnavailable } from '../errors.js';
import { refuse } from '../refuse.js';
import type { Clock } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { acceptOpaque, addFacts, factsAbout, isOfAnotherSignIn, withoutSignIn } from './introspected-token.js';
import { IntrospectedTokens, type Standing } from './introspected-tokens.js';
import type { IntrospectionResponse, Warn } from './introspection-endpoint.js';
import { checkLightweight, identified } from './lightweight-tokens.js';
import { isLaterThan, isSameSignIn, type SignIn } from './sign-in.js';

/** `b64token` of RFC 6750 §2.1. Tokens with other characters are not sent on. */
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const MAX_KNOWN_TOKENS = 10_000;

interface KnownToken {
  /** The sign-in in the first response. */
  readonly first: SignIn;
  /** `stranger` after a refusal. */
  readonly standing: Standing;
}

/**
 * Verifies and completes tokens by introspection at one authorization server. Tokens that were verified or accepted
 * before do not wait for those of strangers. A token has one sign-in: a response with another one, or with one that
 * came after the token, adds nothing to its authentication.
 *
 * @see [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662.html)
 */
export class Introspector {
  readonly #tokens: IntrospectedTokens;
  /** Tokens that were accepted, by digest. */
  readonly #known = new BoundedMap<string, KnownToken>(MAX_KNOWN_TOKENS);

  /** @throws StepUpConfigurationError for a private key that cannot be read or cannot sign */
  constructor(
    private readonly server: AuthorizationServer,
    introspection: Introspection,
    private readonly warn: Warn,
  ) {
    this.#tokens = new IntrospectedTokens(server, introspection, warn);
  }

  /**
   * Verifies an opaque token.
   *
   * @param clock called after the response has come
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

  /** Returns whether the server need not be asked about a token, as its response is remembered. */
  knows(token: string): boolean {
    return this.#tokens.knows(token);
  }

  #accept(response: IntrospectionResponse, clock: Clock): VerifiedAccessToken {
    if (typeof response !== 'object') refuse('token_inactive');
    return acceptOpaque(response, this.server, clock);
  }

  /**
   * Adds the authentication that a verified JWT lacks. Does not replace its claims.
   *
   * @throws AccessTokenRefused `invalid_token` if the response is about an inactive or another token
   * @throws AuthorizationServerUnavailable if no usable response comes
   */
  async complete(token: string, verified: VerifiedAccessToken): Promise<VerifiedAccessToken> {
    const response = await this.#lookUpJwt(token);
    return response === 'unsupported' ? verified : this.#add(token, verified, response);
  }

  /**
   * Completes a verified lightweight JWT, which counts for nothing without what the response says: whose it is, and for
   * which API.
   *
   * @param clock called after the response has come
   * @throws AccessTokenRefused `invalid_token` if the response is about an inactive token, or says too little of this one or
   * anything else than it
   * @throws AuthorizationServerUnavailable if no usable response comes
   */
  async identify(token: string, verified: VerifiedAccessToken, clock: () => Clock): Promise<VerifiedAccessToken> {
    const response = await this.#lookUpJwt(token);
    if (response === 'unsupported') {
      throw new AuthorizationServerUnavailable({
        issuer: this.server.issuer,
        code: 'introspection_unusable',
        reason: 'its introspection endpoint does not introspect JWTs',
        retryAfter: 1,
      });
    }
    checkLightweight(verified, response, clock());
    return this.#add(token, identified(verified, response), response);
  }

  async #lookUpJwt(token: string): Promise<Claims | 'unsupported'> {
    const response = await this.#tokens.lookUp(token, 'known');
    if (response === 'inactive') refuse('token_inactive');
    if (response === 'unsupported') {
      const message = 'the server does not introspect JWTs, so that it cannot add what they lack';
      this.warn('introspection_unsupported', this.server.issuer, `${message}; let it put auth_time into access tokens`);
    }
    return response;
  }

  #add(token: string, verified: VerifiedAccessToken, response: Claims): VerifiedAccessToken {
    const facts = factsAbout(verified, response);
    const isOther = this.#hasChanged(digestOf(signedPartOf(token)), facts) || isOfAnotherSignIn(facts, verified);
    if (isOther) this.#warnOfSession();
    return addFacts(verified, isOther ? {} : facts, response);
  }

  /** Returns whether a response has another sign-in than the first one about the token, which it remembers. */
  #hasChanged(digest: string, signIn: SignIn): boolean {
    const { acr, acrs, acrTimes, authTime } = signIn;
    const { first } = this.#known.get(digest) ?? { first: { acr, acrs, acrTimes, authTime } };
    this.#known.set(digest, { first, standing: 'known' });
    return !isSameSignIn(signIn, first);
  }

  #warnOfSession(): void {
    const message = 'introspection describes another sign-in than that of the token, perhaps the current session';
    this.warn(
      'introspected_sign_in_mismatch',
      this.server.issuer,
      `${message}; let the server put acr and auth_time into access tokens`,
    );
  }
}

/** Returns what the signature of a JWT covers. The signature itself can be written in several ways, by anybody. */
function signedPartOf(jwt: string): string {
  return jwt.slice(0, jwt.lastIndexOf('.') + 1);
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
