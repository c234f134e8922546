import type { AuthorizationServerMetadata } from '../token/index.js';
import type { LoginOptions } from './command-line.js';

// openid-client is ESM only, and this package is CommonJS
const openidClient = () => import('openid-client');
type OpenIdClient = Awaited<ReturnType<typeof openidClient>>;
type Configuration = InstanceType<OpenIdClient['Configuration']>;
type ServerMetadata = ConstructorParameters<OpenIdClient['Configuration']>[0];

/** Seconds for each request to the server. */
const PATIENCE = 10;

export interface SignedIn {
  readonly accessToken: string;
  /** Claims of the ID token. */
  readonly idToken: Readonly<Record<string, unknown>> & { readonly sub: string };
}

/** One way of the user to the authorization server and back. */
export interface AuthorizationRequest {
  readonly url: string;
  readonly state: string;
  /** Fetches the tokens, after `state`, `iss`, nonce and audience were found right. */
  finish(callback: URL): Promise<SignedIn>;
}

/** A client of the authorization server, which does by openid-client what an application would do. */
export class AuthorizationClient {
  private constructor(
    private readonly oauth: OpenIdClient,
    private readonly configuration: Configuration,
    private readonly options: LoginOptions,
  ) {}

  static async create(metadata: AuthorizationServerMetadata, options: LoginOptions): Promise<AuthorizationClient> {
    const oauth = await openidClient();
    const { clientId, clientSecret } = options;
    const configuration = new oauth.Configuration(
      metadata as ServerMetadata,
      clientId,
      undefined,
      clientSecret === undefined ? oauth.None() : secretMethod(oauth, metadata)(clientSecret),
    );
    configuration.timeout = PATIENCE;
    // http is for this machine alone: the command line takes no other
    if (new URL(metadata.issuer).protocol === 'http:') oauth.allowInsecureRequests(configuration);
    return new AuthorizationClient(oauth, configuration, options);
  }

  /** @param parameters what the request asks for, beside what every request needs */
  async request(redirectUri: string, parameters: Readonly<Record<string, string>>): Promise<AuthorizationRequest> {
    const { oauth, configuration } = this;
    const { resource } = this.options;
    const state = oauth.randomState();
    const nonce = oauth.randomNonce();
    const codeVerifier = oauth.randomPKCECodeVerifier();
    const url = oauth.buildAuthorizationUrl(configuration, {
      ...parameters,
      redirect_uri: redirectUri,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
    return {
      url: url.href,
      state,
      async finish(callback) {
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier };
        const more = resource === undefined ? undefined : { resource };
        const tokens = await oauth.authorizationCodeGrant(configuration, callback, checks, more);
        // a nonce is expected, so that without an ID token there would be an error
        return { accessToken: tokens.access_token, idToken: tokens.claims() as SignedIn['idToken'] };
      },
    };
  }
}

/** Absent means `client_secret_basic`: RFC 8414 §2. */
function secretMethod(oauth: OpenIdClient, metadata: AuthorizationServerMetadata) {
  const methods = metadata['token_endpoint_auth_methods_supported'];
  const basic = !Array.isArray(methods) || methods.includes('client_secret_basic');
  return basic ? oauth.ClientSecretBasic : oauth.ClientSecretPost;
}
