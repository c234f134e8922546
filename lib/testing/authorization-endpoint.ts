import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AuthorizationBehavior } from './behavior.js';
import type { Clients } from './clients.js';
import { OAuthError } from './oauth-error.js';
import { members, requestedAuthentication } from './requested-authentication.js';
import { type Authentication, TestUser } from './test-user.js';

/** What a user has granted to a client. */
export interface Grant {
  readonly clientId: string;
  readonly subject: string;
  readonly scope: string;
  readonly authentication: Authentication;
}

/** A grant that a client redeems by its code. */
interface CodeGrant extends Grant {
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly nonce: string | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Seconds. */
const CODE_TTL = 60;

/** A code challenge by S256 is a SHA-256 in base64url: RFC 7636 §4.2. */
const CODE_CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/**
 * The authorization endpoint, for the code flow with PKCE. Redirects errors to the client, except if the client or its
 * redirect URI is unknown.
 *
 * @see [RFC 6749 §4.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1)
 */
export class AuthorizationEndpoint {
  readonly requests: Readonly<Record<string, string>>[] = [];
  readonly codes = new Map<string, CodeGrant>();
  subject = 'alice';
  readonly #user: TestUser;

  constructor(
    private readonly issuer: string,
    private readonly audience: string,
    acrValuesSupported: readonly string[],
    private readonly clients: Clients,
    public behavior: AuthorizationBehavior,
  ) {
    this.#user = new TestUser(acrValuesSupported);
  }

  /**
   * Responds to an authorization request.
   *
   * @throws OAuthError `invalid_request` if the client or its redirect URI is unknown
   */
  respond(parameters: ReadonlyMap<string, string>, response: ServerResponse): void {
    this.requests.push(Object.freeze(Object.fromEntries(parameters)));
    const client = this.clients.atRedirectUri(parameters);
    if (client === undefined) {
      throw new OAuthError('invalid_request', 'The client or its redirect_uri is not registered');
    }
    const result = this.#authorize(parameters, client);
    if (result === undefined) {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>');
      return;
    }
    // RFC 9207 puts `iss` into errors too.
    const location = new URL(client.redirectUri);
    const state = parameters.get('state');
    const added = { ...result, iss: this.issuer, ...(state !== undefined && { state }) };
    for (const [name, value] of Object.entries(added)) location.searchParams.set(name, value);
    response.writeHead(303, { location: location.href, 'cache-control': 'no-store' }).end();
  }

  #authorize(
    parameters: ReadonlyMap<string, string>,
    client: { clientId: string; redirectUri: string },
  ): { code: string } | OAuthError['body'] | undefined {
    try {
      this.#check(parameters);
      const authentication = this.#user.authenticate(requestedAuthentication(parameters), this.behavior);
      if (authentication === undefined) return undefined;
      const code = randomUUID();
      this.codes.set(code, {
        ...client,
        authentication,
        subject: this.subject,
        scope: members(parameters.get('scope')).join(' '),
        codeChallenge: parameters.get('code_challenge') as string,
        nonce: parameters.get('nonce'),
        expiresAt: Date.now() / 1000 + CODE_TTL,
      });
      return { code };
    } catch (error) {
      if (error instanceof OAuthError) return error.body;
      throw error;
    }
  }

  #check(parameters: ReadonlyMap<string, string>): void {
    if (parameters.get('response_type') !== 'code') {
      throw new OAuthError('unsupported_response_type', 'response_type must be code');
    }
    if (
      parameters.get('code_challenge_method') !== 'S256' ||
      !CODE_CHALLENGE.test(parameters.get('code_challenge') ?? '')
    ) {
      throw new OAuthError('invalid_request', 'PKCE is required: code_challenge with code_challenge_method S256');
    }
    if (parameters.has('request')) throw new OAuthError('request_not_supported', 'Request objects are not supported');
    if (parameters.has('request_uri'))
      throw new OAuthError('request_uri_not_supported', 'request_uri is not supported');
    if ((parameters.get('resource') ?? this.audience) !== this.audience) {
      throw new OAuthError('invalid_target', 'resource must be the audience of this server');
    }
    const asksForAuthentication = ['acr_values', 'max_age', 'claims'].some((name) => parameters.has(name));
    const hasOpenid = members(parameters.get('scope')).includes('openid');
    if (this.behavior === 'needsOpenid' && asksForAuthentication && !hasOpenid) {
      throw new OAuthError('invalid_request', 'The scope openid is needed with acr_values, max_age and claims');
    }
  }
}
