import type { Configuration, CustomFetch } from 'openid-client';
import type { Introspection } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { Cooldown, secondsSince } from '../cooldown.js';
import { AuthorizationServerUnavailable, type AuthorizationServerUnavailableCode } from '../errors.js';
import {
  COOLDOWN,
  describeFailure,
  FETCH_TIMEOUT,
  isClosedConnection,
  readBoundedBody,
  UnusableResponse,
} from '../fetch-json.js';
import { endpointOf, fetchMetadata, type MetadataSource } from '../metadata.js';
import { RetryDelay } from '../retry-delay.js';
import { clientAuthentication, openidClient } from './client-authentication.js';

/**
 * The claims of an active token, or `inactive`, or `unsupported` if the server does not introspect tokens of its kind.
 */
export type IntrospectionResponse = Claims | 'inactive' | 'unsupported';

/** Codes of advice about the verification of tokens. Stable. */
export type TokenAdviceCode =
  | 'introspection_cache_unavailable'
  | 'introspection_credentials_refused'
  | 'introspection_unsupported'
  | 'introspected_sign_in_mismatch';

/** Receives advice about an issuer. Can be called with the same advice many times. */
export type Warn = (code: TokenAdviceCode, issuer: string, message: string) => void;

const MAX_BODY_BYTES = 65_536;

/** The connection was closed before a response came. */
class ConnectionClosed extends UnusableResponse {}

/**
 * The introspection endpoint of one authorization server. Keeps no response. A request has a timeout of 5 seconds, as
 * has the second one after a closed connection, and a response at most 65,536 bytes. Has no cooldown after a failure, so
 * that one token does not lock out all others.
 *
 * @see [RFC 7662 §2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export class IntrospectionEndpoint {
  readonly #authentication: ReturnType<typeof clientAuthentication>;
  #configuration: Promise<Configuration> | undefined;
  readonly #configurationCooldown = new Cooldown(COOLDOWN);
  #failed = false;
  #hasEndpoint = false;
  readonly #retryDelay = new RetryDelay();
  #undiscoveredAt = Number.NEGATIVE_INFINITY;

  /** @throws StepUpConfigurationError for a private key that cannot be read or cannot sign */
  constructor(
    private readonly server: MetadataSource,
    private readonly settings: Introspection,
    private readonly warn: Warn,
  ) {
    this.#authentication = clientAuthentication(settings.client, `introspection of ${server.issuer}`);
  }

  /**
   * Introspects a token.
   *
   * @throws AuthorizationServerUnavailable if no usable response comes, or the server refuses the credentials of this
   * API
   */
  async ask(token: string): Promise<IntrospectionResponse> {
    return this.#request(await this.#configured(), token);
  }

  /**
   * Sends a request, and another one if the connection was closed: a question about a token changes nothing. The second
   * has an assertion of its own, since the server can have read the first.
   */
  async #request(configuration: Configuration, token: string, isSecond = false): Promise<IntrospectionResponse> {
    try {
      const hint = { token_type_hint: 'access_token' };
      const response = await openidClient().tokenIntrospection(configuration, token, hint);
      return response.active ? response : 'inactive';
    } catch (error) {
      const { error: code } = error as { error?: unknown };
      if (code === 'unsupported_token_type') return 'unsupported';
      if (code === 'invalid_client' || code === 'unauthorized_client') throw this.#refused();
      const causes = causesOf(error);
      if (hasUnreadableActive(causes)) return 'inactive';
      const known = causes.find((cause) => cause instanceof AuthorizationServerUnavailable);
      if (known !== undefined) throw known;
      // Errors of openid-client may quote the response, so they are not passed on.
      const unusable = causes.find((cause) => cause instanceof UnusableResponse);
      if (unusable instanceof ConnectionClosed && !isSecond) return this.#request(configuration, token, true);
      throw this.#unavailable('introspection_unusable', unusable?.message ?? 'gives no usable response', 1);
    }
  }

  /**
   * Returns the configured endpoint. Discovers it again after a failure, at most every 10 seconds. If that fails too,
   * the last known endpoint stays in use. Until one is known, it tries again after 1 second at most.
   */
  #configured(): Promise<Configuration> {
    const known = this.#configuration;
    if (known !== undefined && (!this.#failed || this.#isPaused)) return known;
    this.#configurationCooldown.start();
    this.#failed = false;
    this.#configuration = this.#configure().then(
      (configuration) => {
        this.#hasEndpoint = true;
        return configuration;
      },
      (error) => {
        this.#failed = true;
        if (known !== undefined && this.#hasEndpoint) return known;
        this.#undiscoveredAt = Date.now();
        this.#retryDelay.noteFailure();
        throw soon(error);
      },
    );
    return this.#configuration;
  }

  get #isPaused(): boolean {
    if (this.#hasEndpoint) return this.#configurationCooldown.isActive;
    return secondsSince(this.#undiscoveredAt) < this.#retryDelay.seconds;
  }

  async #configure(): Promise<Configuration> {
    const endpoint = this.settings.endpoint ?? (await this.#discover());
    const openid = openidClient();
    const server = { issuer: this.server.issuer, introspection_endpoint: endpoint };
    const configuration = new openid.Configuration(server, this.settings.clientId, {}, await this.#authentication());
    configuration.timeout = FETCH_TIMEOUT;
    configuration[openid.customFetch] = (url, options) => this.#fetch(url, options);
    // Options and metadata are checked: http is accepted.
    if (endpoint.startsWith('http:')) openid.allowInsecureRequests(configuration);
    return configuration;
  }

  async #discover(): Promise<string> {
    return endpointOf(await fetchMetadata(this.server), 'introspection_endpoint', this.server);
  }

  /** Sends a request with a timeout and reads a bounded response, before openid-client sees it. */
  async #fetch(...[url, options]: Parameters<CustomFetch>): Promise<Response> {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT * 1000);
    try {
      const response = await fetch(url, { ...(options as RequestInit), signal }).catch((error: unknown) => {
        throw isClosedConnection(error) ? new ConnectionClosed(describeFailure(error, signal)) : error;
      });
      const { status } = response;
      if (status === 401 || status === 403) {
        await response.body?.cancel();
        throw this.#refused();
      }
      if (status !== 200 && status !== 400) {
        await response.body?.cancel();
        throw new UnusableResponse(`is answered with status ${status}`);
      }
      const body = await readBoundedBody(response, MAX_BODY_BYTES);
      return new Response(body, { status, headers: { 'content-type': 'application/json' } });
    } catch (error) {
      if (error instanceof UnusableResponse || error instanceof AuthorizationServerUnavailable) throw error;
      throw new UnusableResponse(describeFailure(error, signal));
    }
  }

  #refused(): AuthorizationServerUnavailable {
    this.warn(
      'introspection_credentials_refused',
      this.server.issuer,
      'the introspection endpoint refuses the credentials of this API; check "introspection.clientId", its secret or ' +
        `key, and that the client may introspect tokens${this.#otherMethod}`,
    );
    return this.#unavailable('introspection_credentials_refused', 'refuses the credentials of this API', COOLDOWN);
  }

  /** Completes the advice on refused credentials. A server may take one of the two ways to send a secret alone. */
  get #otherMethod(): string {
    const { method } = this.settings.client;
    if (method === 'private_key_jwt') return '';
    const other = method === 'client_secret_basic' ? 'client_secret_post' : 'client_secret_basic';
    return `; if they are right, set "introspection.clientAuthentication" to '${other}'`;
  }

  #unavailable(
    code: AuthorizationServerUnavailableCode,
    reason: string,
    retryAfter: number,
  ): AuthorizationServerUnavailable {
    this.#failed = true;
    return new AuthorizationServerUnavailable({
      issuer: this.server.issuer,
      code,
      reason: `its introspection endpoint ${reason}`,
      retryAfter,
    });
  }
}

/** Returns a failure of discovery with the time of the next attempt, which is sooner than if an endpoint is known. */
function soon(error: unknown): unknown {
  if (!(error instanceof AuthorizationServerUnavailable)) return error;
  const { issuer, code, reason, cause } = error;
  return new AuthorizationServerUnavailable({ issuer, code, reason, retryAfter: 1, cause });
}

/**
 * Returns whether a response has no boolean `active`. For openid-client that is an error. Here the token is inactive.
 */
function hasUnreadableActive(causes: readonly Cause[]): boolean {
  return causes.some(({ code, cause }) => {
    const body = code === 'OAUTH_INVALID_RESPONSE' && (cause as { body?: unknown } | undefined)?.body;
    return typeof body === 'object' && body !== null && !Array.isArray(body);
  });
}

interface Cause extends Error {
  readonly code?: unknown;
  readonly cause?: unknown;
}

function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  for (let cause = error; typeof cause === 'object' && cause !== null; cause = (cause as Cause).cause) {
    causes.push(cause as Cause);
  }
  return causes;
}
