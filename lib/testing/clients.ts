import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { OAuthError } from './oauth-error.js';

/** A client of a test authorization server. */
export interface TestClient {
  clientId: string;
  /** Default is none: a public client, which authenticates by PKCE only. */
  clientSecret?: string | undefined;
  /** At least one. Compared exactly. */
  redirectUris: readonly string[];
}

/** Endpoint and credentials by which a protected resource introspects tokens. */
export interface IntrospectionCredentials {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The client of every test server: public, with the redirect URI `https://client.example/callback`. */
const TEST_CLIENT: TestClient = { clientId: 'test-client', redirectUris: ['https://client.example/callback'] };

export class Clients {
  readonly resourceServer: Omit<IntrospectionCredentials, 'endpoint'>;
  readonly #clients = new Map([[TEST_CLIENT.clientId, TEST_CLIENT]]);

  constructor(introspectionSecret: string = randomUUID()) {
    this.resourceServer = { clientId: 'test-resource-server', clientSecret: introspectionSecret };
  }

  /**
   * Registers a client. Replaces one with the same id.
   *
   * @throws TypeError for a client without redirect URI
   */
  register(client: TestClient): void {
    if (!Array.isArray(client?.redirectUris) || client.redirectUris.length === 0)
      throw new TypeError('"redirectUris" must list at least one URI');
    this.#clients.set(client.clientId, client);
  }

  /** Id of the client that was registered last. */
  get latest(): string {
    return [...this.#clients.keys()].at(-1) as string;
  }

  /** Returns the client of an authorization request; `undefined` if it or its redirect URI is not registered. */
  atRedirectUri(parameters: ReadonlyMap<string, string>): { clientId: string; redirectUri: string } | undefined {
    const client = this.#clients.get(parameters.get('client_id') ?? '');
    const redirectUri = parameters.get('redirect_uri') ?? '';
    return client?.redirectUris.includes(redirectUri) ? { clientId: client.clientId, redirectUri } : undefined;
  }

  /**
   * Authenticates the client of a token request by `client_secret_basic` or `client_secret_post`. A public client needs
   * only its id. Returns the id.
   *
   * @throws OAuthError `invalid_client` for an unknown client or a wrong secret
   * @see [RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3)
   */
  authenticate(request: IncomingMessage, parameters: ReadonlyMap<string, string>): string {
    const { clientId, clientSecret } = basicCredentials(request) ?? {
      clientId: parameters.get('client_id') ?? '',
      clientSecret: parameters.get('client_secret'),
    };
    const client = this.#clients.get(clientId);
    if (client === undefined || client.clientSecret !== clientSecret) throw invalidClient();
    return client.clientId;
  }

  /**
   * Authenticates the protected resource of an introspection request by `client_secret_basic`.
   *
   * @throws OAuthError `invalid_client` for other credentials
   */
  authenticateResourceServer(request: IncomingMessage): void {
    const presented = basicCredentials(request);
    const { clientId, clientSecret } = this.resourceServer;
    if (presented?.clientId !== clientId || presented.clientSecret !== clientSecret) throw invalidClient();
  }
}

function invalidClient(): OAuthError {
  return new OAuthError('invalid_client', 'The client is unknown, or its authentication is wrong', 401);
}

/** Decodes Basic credentials. Both parts are form-encoded before they are joined: RFC 6749 §2.3.1. */
function basicCredentials({ headers }: IncomingMessage): { clientId: string; clientSecret: string } | undefined {
  const encoded = /^basic +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [clientId = '', clientSecret = ''] = Buffer.from(encoded, 'base64').toString().split(':').map(formDecode);
  return { clientId, clientSecret };
}

function formDecode(text: string): string {
  return new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') as string;
}
