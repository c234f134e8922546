import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { OAuthError } from './oauth-error.js';

/** A client of the server under test. */
export interface TestClient {
  clientId: string;
  /** Default is none: a public client, which proves itself by PKCE alone. */
  clientSecret?: string | undefined;
  /** Compared exactly. */
  redirectUris: readonly string[];
}

/** What a protected resource authenticates with at the introspection endpoint. */
export interface IntrospectionCredentials {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The client that every server knows: public, with the redirect URI `https://client.example/callback`. */
const TEST_CLIENT: TestClient = { clientId: 'test-client', redirectUris: ['https://client.example/callback'] };

export class Clients {
  readonly resourceServer = { clientId: 'test-resource-server', clientSecret: randomUUID() };
  readonly #clients = new Map([[TEST_CLIENT.clientId, TEST_CLIENT]]);

  /** @throws TypeError for a client without redirect URI */
  register(client: TestClient): void {
    if (client.redirectUris.length === 0) throw new TypeError('"redirectUris" must list at least one URI');
    this.#clients.set(client.clientId, client);
  }

  /** The client of an authorization request, if it is one of ours and may be sent back to where it wants. */
  atRedirectUri(parameters: ReadonlyMap<string, string>): { clientId: string; redirectUri: string } | undefined {
    const client = this.#clients.get(parameters.get('client_id') ?? '');
    const redirectUri = parameters.get('redirect_uri') ?? '';
    return client?.redirectUris.includes(redirectUri) ? { clientId: client.clientId, redirectUri } : undefined;
  }

  /**
   * The client of a token request: authenticated by `client_secret_basic` or `client_secret_post`, or public.
   *
   * @throws OAuthError `invalid_client`
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

  /** @throws OAuthError `invalid_client` unless a protected resource authenticates by `client_secret_basic` */
  authenticateResourceServer(request: IncomingMessage): void {
    const given = basicCredentials(request);
    const { clientId, clientSecret } = this.resourceServer;
    if (given?.clientId !== clientId || given.clientSecret !== clientSecret) throw invalidClient();
  }
}

function invalidClient(): OAuthError {
  return new OAuthError('invalid_client', 'The client is not known, or has not authenticated as it must', 401);
}

/** Both parts are form-encoded before they are joined: RFC 6749 §2.3.1. */
function basicCredentials({ headers }: IncomingMessage): { clientId: string; clientSecret: string } | undefined {
  const encoded = /^basic +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [clientId = '', clientSecret = ''] = Buffer.from(encoded, 'base64').toString().split(':').map(formDecode);
  return { clientId, clientSecret };
}

function formDecode(text: string): string {
  return new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') as string;
}
