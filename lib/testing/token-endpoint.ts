import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AuthorizationEndpoint, Grant } from './authorization-endpoint.js';
import type { Clients } from './clients.js';
import type { TestAccessTokenOptions } from './issued-tokens.js';
import { OAuthError } from './oauth-error.js';
import { members } from './requested-authentication.js';

/** Seconds until access tokens and ID tokens expire. */
const TOKEN_TTL = 300;

/** An extension grant by which a process gets any token: RFC 6749 §4.5. */
const TOKEN_GRANT = 'urn:nestjs-step-up:token';

/** Signs the tokens of the endpoint. */
interface TokenSigner {
  accessToken(options: TestAccessTokenOptions): Promise<string>;
  idToken(claims: Readonly<Record<string, unknown>>): Promise<string>;
}

/**
 * The token endpoint, for codes and refresh tokens, each for a single use. A refreshed token has the authentication of
 * the one before, so that a refresh never meets a step-up challenge.
 *
 * @see [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.3)
 * @see [RFC 9068 §2.2.1](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2.1)
 */
export class TokenEndpoint {
  readonly #refreshTokens = new Map<string, Grant>();

  constructor(
    private readonly issuer: string,
    private readonly clients: Clients,
    private readonly authorization: AuthorizationEndpoint,
    private readonly signer: TokenSigner,
    private readonly issuesTokens: boolean,
  ) {}

  /**
   * Responds to a token request.
   *
   * @throws OAuthError if it is to be refused
   */
  async respond(request: IncomingMessage, parameters: ReadonlyMap<string, string>): Promise<object> {
    if (this.issuesTokens && parameters.get('grant_type') === TOKEN_GRANT) return this.#issueAny(request, parameters);
    const clientId = this.clients.authenticate(request, parameters);
    switch (parameters.get('grant_type')) {
      case 'authorization_code': {
        const { nonce, ...grant } = this.#redeemCode(clientId, parameters);
        return this.#issue(grant, grant.scope, nonce);
      }
      case 'refresh_token': {
        const grant = this.#redeemRefreshToken(clientId, parameters);
        return this.#issue(grant, narrowed(grant.scope, parameters.get('scope')));
      }
      default:
        throw new OAuthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token');
    }
  }

  /** Browsers send `Origin` with every POST: a page of another site cannot get a token. */
  async #issueAny({ headers }: IncomingMessage, parameters: ReadonlyMap<string, string>): Promise<object> {
    if (headers.origin !== undefined) throw new OAuthError('unauthorized_client', 'This grant is not for browsers');
    const expiresIn = seconds(parameters, 'expires_in') ?? TOKEN_TTL;
    const authTime = parameters.get('auth_time') === 'none' ? null : seconds(parameters, 'auth_time');
    const [acr, subject, scope] = ['acr', 'sub', 'scope'].map((name) => parameters.get(name));
    const { latest: clientId } = this.clients;
    const accessToken = await this.signer.accessToken({ acr, authTime, subject, clientId, scope, expiresIn });
    return { access_token: accessToken, token_type: 'Bearer', expires_in: expiresIn };
  }

  #redeemCode(clientId: string, parameters: ReadonlyMap<string, string>): Grant & { nonce: string | undefined } {
    const code = parameters.get('code') ?? '';
    const grant = this.authorization.codes.get(code);
    this.authorization.codes.delete(code);
    if (grant === undefined || grant.clientId !== clientId || grant.expiresAt <= Date.now() / 1000) {
      throw new OAuthError('invalid_grant', 'The code is unknown, used, expired, or of another client');
    }
    if (grant.redirectUri !== parameters.get('redirect_uri')) {
      throw new OAuthError('invalid_grant', 'redirect_uri is not that of the authorization request');
    }
    const verifier = parameters.get('code_verifier') ?? '';
    if (createHash('sha256').update(verifier).digest('base64url') !== grant.codeChallenge) {
      throw new OAuthError('invalid_grant', 'code_verifier does not belong to the code_challenge');
    }
    return grant;
  }

  #redeemRefreshToken(clientId: string, parameters: ReadonlyMap<string, string>): Grant {
    const refreshToken = parameters.get('refresh_token') ?? '';
    const grant = this.#refreshTokens.get(refreshToken);
    if (grant === undefined || grant.clientId !== clientId) {
      throw new OAuthError('invalid_grant', 'The refresh token is unknown, used, or of another client');
    }
    this.#refreshTokens.delete(refreshToken);
    return grant;
  }

  async #issue(grant: Grant, scope: string, nonce?: string): Promise<object> {
    const { clientId, subject, authentication } = grant;
    const { acr, authTime = null } = authentication;
    const refreshToken = randomUUID();
    this.#refreshTokens.set(refreshToken, grant);
    return {
      access_token: await this.signer.accessToken({
        acr,
        authTime,
        subject,
        clientId,
        scope,
        expiresIn: TOKEN_TTL,
      }),
      token_type: 'Bearer',
      expires_in: TOKEN_TTL,
      refresh_token: refreshToken,
      scope,
      ...(members(scope).includes('openid') && { id_token: await this.#idToken(grant, nonce) }),
    };
  }

  #idToken(
    { clientId, subject, authentication: { acr, authTime } }: Grant,
    nonce: string | undefined,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return this.signer.idToken({
      iss: this.issuer,
      sub: subject,
      aud: clientId,
      iat: now,
      exp: now + TOKEN_TTL,
      nonce,
      acr,
      auth_time: authTime,
    });
  }
}

/**
 * Returns the scope of a refreshed token.
 *
 * @throws OAuthError `invalid_scope` if a refresh requests more than was granted: RFC 6749 §6
 */
function narrowed(granted: string, requested: string | undefined): string {
  if (requested === undefined) return granted;
  if (!members(requested).every((scope) => members(granted).includes(scope))) {
    throw new OAuthError('invalid_scope', 'A refresh cannot request more than was granted');
  }
  return requested;
}

function seconds(parameters: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw new OAuthError('invalid_request', `${name} must be an integer of seconds`);
  return Number(text);
}
