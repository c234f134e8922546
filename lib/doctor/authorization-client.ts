import type { AuthorizationServer } from '../authorization-servers/index.js';
import { type AuthorizationServerMetadata, clientSecretBasic, readBoundedBody } from '../token/index.js';
import type { LoginOptions } from './login-options.js';

// openid-client is ESM only. This package is CommonJS.
const openidClient = () => import('openid-client');
type OpenIdClient = Awaited<ReturnType<typeof openidClient>>;
type Configuration = InstanceType<OpenIdClient['Configuration']>;
type CustomFetch = NonNullable<Configuration[OpenIdClient['customFetch']]>;
type ServerMetadata = ConstructorParameters<OpenIdClient['Configuration']>[0];

/** Seconds for each request to the token endpoint. */
const REQUEST_TIMEOUT = 10;

/** A token response is much shorter. */
const MAX_BODY_BYTES = 1_048_576;

export interface SignedIn {
  readonly accessToken: string;
  /** Claims of the ID token. */
  readonly idToken: Readonly<Record<string, unknown>> & { readonly sub: string };
}

/** One authorization request: the user visits the server and returns. */
export interface AuthorizationRequest {
  readonly url: string;
  readonly state: string;
  /** What must not be shown if the server repeats it. */
  readonly secrets: readonly string[];
  /** Checks `state`, `iss`, nonce and audience, and fetches the tokens. */
  finish(callback: URL): Promise<SignedIn>;
}

/** A client of the authorization server. It uses openid-client as an application does. */
export class AuthorizationClient {
  private constructor(
    private readonly oauth: OpenIdClient,
    private readonly configuration: Configuration,
    private readonly options: LoginOptions,
  ) {}

  static async create(
    metadata: AuthorizationServerMetadata,
    options: LoginOptions,
    { allowInsecureRequests }: AuthorizationServer,
  ): Promise<AuthorizationClient> {
    const oauth = await openidClient();
    const { clientId, clientSecret } = options;
    const configuration = new oauth.Configuration(
      flat(metadata) as ServerMetadata,
      clientId,
      undefined,
      clientSecret === undefined ? oauth.None() : secretMethod(oauth, metadata)(clientSecret),
    );
    configuration.timeout = REQUEST_TIMEOUT;
    configuration[oauth.customFetch] = fetchBounded;
    // The endpoints are checked: http is accepted.
    if (allowInsecureRequests || new URL(metadata.issuer).protocol === 'http:')
      oauth.allowInsecureRequests(configuration);
    return new AuthorizationClient(oauth, configuration, options);
  }

  /** @param parameters what the request asks for, in addition to what every request needs */
  async request(redirectUri: string, parameters: Readonly<Record<string, string>>): Promise<AuthorizationRequest> {
    const { oauth, configuration } = this;
    const { resource, clientSecret } = this.options;
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
      secrets: [codeVerifier, ...(clientSecret === undefined ? [] : [clientSecret])],
      async finish(callback) {
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier };
        const tokenParameters = resource === undefined ? undefined : { resource };
        const tokens = await oauth.authorizationCodeGrant(configuration, callback, checks, tokenParameters);
        // A nonce is expected, so openid-client fails without an ID token.
        return { accessToken: tokens.access_token, idToken: tokens.claims() as SignedIn['idToken'] };
      },
    };
  }
}

/** Returns metadata without nested members. The doctor needs none, and openid-client copies them to any depth. */
function flat(metadata: AuthorizationServerMetadata): Readonly<Record<string, unknown>> {
  const isFlat = (value: unknown) => [value].flat().every((member) => typeof member !== 'object' || member === null);
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => isFlat(value)));
}

/** Reads a response of limited size, because openid-client reads any size. */
const fetchBounded: CustomFetch = async (url, options) => {
  const response = await fetch(url, options as RequestInit);
  const { status, headers } = response;
  const body = await readBoundedBody(response, MAX_BODY_BYTES);
  // RFC 9110: some statuses do not allow a body.
  return new Response(body === '' ? null : body, { status, headers });
};

/** Returns the authentication method of the client. Default is `client_secret_basic`: RFC 8414 §2. */
function secretMethod(oauth: OpenIdClient, metadata: AuthorizationServerMetadata) {
  const methods = metadata['token_endpoint_auth_methods_supported'];
  const basic = !Array.isArray(methods) || methods.includes('client_secret_basic');
  return basic ? clientSecretBasic : oauth.ClientSecretPost;
}
