import { type AuthorizationServerMetadata, readBoundedBody } from '../token/index.js';
import type { LoginOptions } from './login-options.js';

// openid-client is ESM only, and this package is CommonJS
const openidClient = () => import('openid-client');
type OpenIdClient = Awaited<ReturnType<typeof openidClient>>;
type Configuration = InstanceType<OpenIdClient['Configuration']>;
type CustomFetch = NonNullable<Configuration[OpenIdClient['customFetch']]>;
type ServerMetadata = ConstructorParameters<OpenIdClient['Configuration']>[0];

/** Seconds for each request to the server. */
const PATIENCE = 10;

/** No token answer is nearly as long. */
const MAX_BODY_BYTES = 1_048_576;

export interface SignedIn {
  readonly accessToken: string;
  /** Claims of the ID token. */
  readonly idToken: Readonly<Record<string, unknown>> & { readonly sub: string };
}

/** One way of the user to the authorization server and back. */
export interface AuthorizationRequest {
  readonly url: string;
  readonly state: string;
  /** What nobody should be shown, should the server repeat it. */
  readonly secrets: readonly string[];
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
      flat(metadata) as ServerMetadata,
      clientId,
      undefined,
      clientSecret === undefined ? oauth.None() : secretMethod(oauth, metadata)(clientSecret),
    );
    configuration.timeout = PATIENCE;
    configuration[oauth.customFetch] = fetchBounded;
    // http is for this machine alone: the command line takes no other
    if (new URL(metadata.issuer).protocol === 'http:') oauth.allowInsecureRequests(configuration);
    return new AuthorizationClient(oauth, configuration, options);
  }

  /** @param parameters what the request asks for, beside what every request needs */
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
        const more = resource === undefined ? undefined : { resource };
        const tokens = await oauth.authorizationCodeGrant(configuration, callback, checks, more);
        // a nonce is expected, so that without an ID token there would be an error
        return { accessToken: tokens.access_token, idToken: tokens.claims() as SignedIn['idToken'] };
      },
    };
  }
}

/** Without members that nest: none of them is of use here, and openid-client copies to any depth. */
function flat(metadata: AuthorizationServerMetadata): Readonly<Record<string, unknown>> {
  const isFlat = (value: unknown) => [value].flat().every((member) => typeof member !== 'object' || member === null);
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => isFlat(value)));
}

/** Reads an answer whole, but no more of it than is reasonable, so that openid-client need not. */
const fetchBounded: CustomFetch = async (url, options) => {
  const response = await fetch(url, options as RequestInit);
  const { status, headers } = response;
  const body = await readBoundedBody(response, MAX_BODY_BYTES);
  // by RFC 9110 some have no body, and none may be given to them
  return new Response(body === '' ? null : body, { status, headers });
};

/** Absent means `client_secret_basic`: RFC 8414 §2. */
function secretMethod(oauth: OpenIdClient, metadata: AuthorizationServerMetadata) {
  const methods = metadata['token_endpoint_auth_methods_supported'];
  const basic = !Array.isArray(methods) || methods.includes('client_secret_basic');
  return basic ? oauth.ClientSecretBasic : oauth.ClientSecretPost;
}
