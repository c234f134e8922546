import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthorizationBehavior } from './behavior.js';
import type { Clients } from './clients.js';
import { OAuthError } from './oauth-error.js';
import { members, type RequestedAuthentication, requestedAuthentication } from './requested-authentication.js';
import type { Page, SignedIn, SignIn } from './sign-in.js';
import { SIGN_IN_PAGE_HEADERS } from './sign-in-page.js';
import { TestUser } from './test-user.js';
import type { Authentication } from './user-session.js';

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
  readonly user: TestUser;

  constructor(
    private readonly issuer: string,
    private readonly audience: string,
    acrValuesSupported: readonly string[],
    private readonly clients: Clients,
    public behavior: AuthorizationBehavior,
    /** Absent if the user authenticates without a page. */
    private readonly signIn: SignIn | undefined,
  ) {
    this.user = new TestUser(acrValuesSupported);
  }

  /**
   * Responds to an authorization request.
   *
   * @throws OAuthError `invalid_request` if the client or its redirect URI is unknown
   */
  respond(request: IncomingMessage, parameters: ReadonlyMap<string, string>, response: ServerResponse): void {
    this.requests.push(Object.freeze(Object.fromEntries(parameters)));
    this.#respond(parameters, response, (requested) => {
      if (this.signIn !== undefined) return this.signIn.authenticate(request, parameters, requested, this.behavior);
      return this.user.authenticate(requested, this.behavior) ?? { html: '<!doctype html><title>Sign in</title>' };
    });
  }

  /**
   * Responds to the form of the sign-in page.
   *
   * @throws OAuthError `invalid_request` if the client or its redirect URI is unknown, or if there is no page
   */
  respondToForm(request: IncomingMessage, form: ReadonlyMap<string, string>, response: ServerResponse): void {
    const { signIn } = this;
    if (signIn === undefined) throw new OAuthError('invalid_request', 'This server has no sign-in page');
    const parameters = new Map(new URLSearchParams(form.get('request') ?? ''));
    this.#respond(parameters, response, (requested) =>
      signIn.submit(form, request, parameters, requested, this.behavior),
    );
  }

  #respond(
    parameters: ReadonlyMap<string, string>,
    response: ServerResponse,
    authenticate: (requested: RequestedAuthentication) => Page | SignedIn,
  ): void {
    const client = this.clients.atRedirectUri(parameters);
    if (client === undefined) {
      throw new OAuthError('invalid_request', 'The client or its redirect_uri is not registered');
    }
    const result = this.#authorize(parameters, client, authenticate);
    if ('html' in result) {
      response.writeHead(200, SIGN_IN_PAGE_HEADERS).end(result.html);
      return;
    }
    const { cookie, ...answer } = result;
    // RFC 9207 puts `iss` into errors too.
    const location = new URL(client.redirectUri);
    const state = parameters.get('state');
    const added = { ...answer, iss: this.issuer, ...(state !== undefined && { state }) };
    for (const [name, value] of Object.entries(added)) location.searchParams.set(name, value);
    const headers = { location: location.href, 'cache-control': 'no-store' };
    response.writeHead(303, cookie === undefined ? headers : { ...headers, 'set-cookie': cookie }).end();
  }

  #authorize(
    parameters: ReadonlyMap<string, string>,
    client: { clientId: string; redirectUri: string },
    authenticate: (requested: RequestedAuthentication) => Page | SignedIn,
  ): Page | ({ cookie?: string } & ({ code: string } | OAuthError['body'])) {
    try {
      this.#check(parameters);
      const result = authenticate(requestedAuthentication(parameters));
      if ('html' in result) return result;
      const { subject, authentication, cookie } = result;
      const code = randomUUID();
      this.codes.set(code, {
        ...client,
        authentication,
        subject,
        scope: members(parameters.get('scope')).join(' '),
        codeChallenge: parameters.get('code_challenge') as string,
        nonce: parameters.get('nonce'),
        expiresAt: Date.now() / 1000 + CODE_TTL,
      });
      return { code, ...(cookie !== undefined && { cookie }) };
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
