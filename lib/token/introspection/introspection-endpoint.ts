import type { Configuration, CustomFetch } from 'openid-client';
import type { Introspection } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { Cooldown } from '../cooldown.js';
import { AuthorizationServerUnavailable, type AuthorizationServerUnavailableCode } from '../errors.js';
import { COOLDOWN, describeFailure, FETCH_TIMEOUT, readBoundedBody, UnusableResponse } from '../fetch-json.js';
import { endpointOf, fetchMetadata } from '../metadata.js';
import { clientAuthentication, openidClient } from './client-authentication.js';

/** Claims of a token that is active, or that it is not, or that the server does not introspect tokens of its kind. */
export type IntrospectionResponse = Claims | 'inactive' | 'unsupported';

/** What an application is advised of while its tokens are verified. Stable. */
type TokenAdviceCode =
  | 'introspection_cache_unavailable'
  | 'introspection_credentials_refused'
  | 'introspection_unsupported'
  | 'introspected_sign_in_mismatch';

/** Receives advice about an issuer. The same advice can come many times. */
export type Warn = (code: TokenAdviceCode, issuer: string, message: string) => void;

const MAX_BODY_BYTES = 65_536;

/**
 * The introspection endpoint of one authorization server. Keeps no response. A request ends after five seconds, and no
 * response beyond 64 KiB is read. A server that fails for one token is asked again for the next, so that one token does not
 * keep out all the others.
 *
 * @see [RFC 7662 §2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export class IntrospectionEndpoint {
  readonly #authentication: ReturnType<typeof clientAuthentication>;
  #configuration: Promise<Configuration> | undefined;
  readonly #configurationCooldown = new Cooldown(COOLDOWN);
  #failed = false;

  /** @throws TypeError for a private key that cannot be used */
  constructor(
    private readonly issuer: string,
    private readonly settings: Introspection,
    private readonly warn: Warn,
  ) {
    this.#authentication = clientAuthentication(settings.client, `introspection of ${issuer}`);
  }

  /**
   * Asks about a token.
   *
   * @throws AuthorizationServerUnavailable if no usable response comes, the refusal of this API's credentials included
   */
  async ask(token: string): Promise<IntrospectionResponse> {
    return this.#request(await this.#configured(), token);
  }

  async #request(configuration: Configuration, token: string): Promise<IntrospectionResponse> {
    try {
      const answer = await openidClient().tokenIntrospection(configuration, token, { token_type_hint: 'access_token' });
      return answer.active ? answer : 'inactive';
    } catch (error) {
      const { error: code } = error as { error?: unknown };
      if (code === 'unsupported_token_type') return 'unsupported';
      if (code === 'invalid_client' || code === 'unauthorized_client') throw this.#refused();
      const causes = causesOf(error);
      if (hasUnreadableActive(causes)) return 'inactive';
      const known = causes.find((cause) => cause instanceof AuthorizationServerUnavailable);
      if (known !== undefined) throw known;
      // what openid-client throws may quote the response, so it goes no further
      const unusable = causes.find((cause) => cause instanceof UnusableResponse);
      throw this.#unavailable('introspection_unusable', unusable?.message ?? 'gives no usable answer', 1);
    }
  }

  /**
   * An endpoint that was discovered is looked up again when it has failed, but not more often than metadata may be; if
   * it cannot be, the last known one still serves.
   */
  #configured(): Promise<Configuration> {
    const known = this.#configuration;
    const isFinal = this.settings.endpoint !== undefined || !this.#failed || this.#configurationCooldown.isActive;
    if (known !== undefined && isFinal) return known;
    this.#configurationCooldown.start();
    this.#failed = false;
    this.#configuration = this.#configure().catch((error) => {
      this.#failed = true;
      if (known === undefined) throw error;
      return known;
    });
    return this.#configuration;
  }

  async #configure(): Promise<Configuration> {
    const endpoint = this.settings.endpoint ?? endpointOf(await fetchMetadata(this.issuer), 'introspection_endpoint');
    const openid = openidClient();
    const server = { issuer: this.issuer, introspection_endpoint: endpoint };
    const configuration = new openid.Configuration(server, this.settings.clientId, {}, await this.#authentication());
    configuration.timeout = FETCH_TIMEOUT;
    configuration[openid.customFetch] = (url, options) => this.#fetch(url, options);
    // checked before: it stays on this machine
    if (endpoint.startsWith('http:')) openid.allowInsecureRequests(configuration);
    return configuration;
  }

  /** Reads the response within its bounds, so that openid-client has only what is small and complete. */
  async #fetch(...[url, options]: Parameters<CustomFetch>): Promise<Response> {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT * 1000);
    try {
      const response = await fetch(url, { ...(options as RequestInit), signal });
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
      throw new UnusableResponse(describeFailure(error, signal), { cause: error });
    }
  }

  #refused(): AuthorizationServerUnavailable {
    this.warn(
      'introspection_credentials_refused',
      this.issuer,
      'the introspection endpoint refuses the credentials of this API; check "introspection.clientId", its secret or ' +
        'key, and that the client may introspect tokens',
    );
    return this.#unavailable('introspection_credentials_refused', 'refuses the credentials of this API', COOLDOWN);
  }

  #unavailable(
    code: AuthorizationServerUnavailableCode,
    reason: string,
    retryAfter: number,
  ): AuthorizationServerUnavailable {
    this.#failed = true;
    return new AuthorizationServerUnavailable({
      issuer: this.issuer,
      code,
      reason: `its introspection endpoint ${reason}`,
      retryAfter,
    });
  }
}

/** openid-client takes a response without a boolean `active` for none at all; here it says nothing for the token. */
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
