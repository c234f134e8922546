import { randomUUID } from 'node:crypto';
import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { MCP_HOST_CLIENT, MCP_HOST_REDIRECT } from '../../shared/registration.js';
import type { Browser } from '../browser.js';
import { type Asked, type User, visit } from '../user.js';

/** What the official SDK asks of a host: it keeps the tokens, and sends the user to the authorization server. */
export class HostProvider implements OAuthClientProvider {
  readonly redirectUrl = MCP_HOST_REDIRECT;
  readonly clientMetadata: OAuthClientMetadata = {
    redirect_uris: [MCP_HOST_REDIRECT],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'none',
  };
  #tokens: StoredOAuthTokens | undefined;
  #verifier = '';
  #state = '';
  #discovery: ReturnType<NonNullable<OAuthClientProvider['discoveryState']>>;
  #callback: URLSearchParams | undefined;

  /** What the user had to give in each sign-in. */
  readonly asked: Asked[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly user: User,
  ) {}

  clientInformation(): StoredOAuthClientInformation {
    return { client_id: MCP_HOST_CLIENT };
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens;
  }

  state(): string {
    this.#state = randomUUID();
    return this.#state;
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    const { callback, asked } = await visit(this.browser, url, this.user);
    this.#callback = callback.searchParams;
    this.asked.push(asked);
  }

  /** Returns what the authorization server has sent back with the user, once. */
  takeCallback(): URLSearchParams {
    const callback = this.#callback;
    if (callback === undefined) throw new Error('nobody was sent to the authorization server');
    // the SDK leaves this to the host
    if (callback.get('state') !== this.#state) throw new Error('the answer is to another authorization request');
    this.#callback = undefined;
    return callback;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveDiscoveryState(state: Parameters<NonNullable<OAuthClientProvider['saveDiscoveryState']>>[0]): void {
    this.#discovery = state;
  }

  discoveryState() {
    return this.#discovery;
  }
}
