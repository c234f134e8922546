import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KoaContextWithOIDC } from 'oidc-provider';
import {
  BANK_SCOPE,
  BFF_CLIENT,
  DOCTOR_CLIENT,
  DOCTOR_REDIRECT,
  MCP_HOST_CLIENT,
  MCP_HOST_REDIRECT,
  PAGE_CLIENT,
  WALKTHROUGH_CLIENT,
  WALKTHROUGH_REDIRECT,
} from '../shared/registration.js';
import { createAuthenticationPolicy } from './authentication-policy.js';
import { ACR_VALUES, createDemoAccounts } from './demo-account.js';
import { send } from './interaction-step.js';
import { Interactions } from './interactions.js';
import { loadOidcProvider } from './load-oidc-provider.js';
import { MemoryStore } from './memory-store.js';
import { errorPage, signOutPage } from './pages.js';
import { Passkeys } from './passkeys.js';

interface AuthorizationServerOptions {
  /** Its own URL, by a name such as `localhost`: browsers make no passkeys for an address. */
  issuer: string;
  /** URL of the bank: audience of the access tokens, and where its page is. */
  bank: string;
  /** The application on a server that signs its users in here, with a secret of its own. Default is none. */
  bff?: { readonly url: string; readonly clientSecret: string };
}

interface AuthorizationServer {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /**
   * Moves the sign-ins of an account into the past, so that a demo does not wait for them to become too old. Later tokens of these sessions carry the earlier `auth_time`.
   */
  ageSessions(accountId: string, seconds: number): void;
}

const MINUTE = 60;
const HOUR = 3600;

/**
 * An authorization server in process: password, one-time code and passkey, honest `acr` and `auth_time` in access tokens of
 * RFC 9068, everything in memory.
 */
export async function createAuthorizationServer({
  issuer,
  bank,
  bff,
}: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const { default: Provider, errors, interactionPolicy } = await loadOidcProvider();
  const accounts = createDemoAccounts();
  const passkeys = new Passkeys(issuer);
  const store = new MemoryStore();

  const provider = new Provider(issuer, {
    adapter: store.adapter,
    clients: [
      {
        client_id: PAGE_CLIENT,
        redirect_uris: [`${bank}/`],
        post_logout_redirect_uris: [`${bank}/`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'none',
      },
      {
        client_id: WALKTHROUGH_CLIENT,
        redirect_uris: [WALKTHROUGH_REDIRECT],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      },
      {
        client_id: MCP_HOST_CLIENT,
        redirect_uris: [MCP_HOST_REDIRECT],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'none',
      },
      {
        client_id: DOCTOR_CLIENT,
        redirect_uris: [DOCTOR_REDIRECT],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'none',
      },
      ...(bff === undefined ? [] : [confidentialClient(bff)]),
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    // browsers may fetch tokens from where the client's page is
    clientBasedCORS: (_, origin, client) => client.redirectUris?.some((uri) => new URL(uri).origin === origin) === true,
    jwks: { keys: [createSigningKey()] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    pkce: { required: () => true },
    acrValues: ACR_VALUES,
    // a resource's scope listed here would ask for a consent of its own
    scopes: ['openid', 'offline_access'],
    findAccount: (_, accountId) =>
      accounts.has(accountId) ? { accountId, claims: () => ({ sub: accountId }) } : undefined,
    interactions: {
      policy: createAuthenticationPolicy({ interactionPolicy, errors }, accounts, passkeys),
      url: (_, { uid }) => `/interaction/${uid}`,
    },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => respond(context, signOutPage(form), [bank, bff?.url ?? ''].join(' ')),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => bank,
        // otherwise a token request that does not repeat the resource is given an opaque token
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => {
          if (resource !== bank) throw new errors.InvalidTarget();
          return { scope: BANK_SCOPE, audience: bank, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
        },
      },
    },
    // oidc-provider keeps the authentication event with the code and the refresh token; RFC 9068 wants it in the token
    extraTokenClaims: ({ oidc }, { kind }) => {
      const origin = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken;
      if (kind !== 'AccessToken' || origin === undefined) return undefined;
      return { acr: origin.acr, amr: origin.amr, auth_time: origin.authTime };
    },
    loadExistingGrant: grantWithoutConsent(bank),
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    renderError: (context, { error, error_description }) => respond(context, errorPage(error_description ?? error)),
    // access tokens outlive the five minutes of a transfer, so that their age shows as a challenge
    ttl: {
      AccessToken: 10 * MINUTE,
      AuthorizationCode: MINUTE,
      Grant: HOUR,
      IdToken: 10 * MINUTE,
      Interaction: 10 * MINUTE,
      RefreshToken: HOUR,
      Session: HOUR,
    },
  });
  provider.on('server_error', (_, error) => console.error(error));

  const interactions = new Interactions(provider, accounts, passkeys);
  const protocol = provider.callback();
  const { host } = new URL(issuer);
  return {
    handle: async (request, response) => {
      // under another name for the same address there would be other cookies, and no passkeys
      if (request.headers.host !== host) return send(response, errorPage(`it is to be called ${issuer}`), 421);
      if (await interactions.handle(request, response)) return;
      await protocol(request, response);
    },
    ageSessions: (accountId, seconds) => store.ageSessions(accountId, seconds),
  };
}

/** The clients are the bank's own, so no user is asked whether a bank may see its accounts. */
function grantWithoutConsent(resource: string) {
  return async ({ oidc: { client, provider, session } }: KoaContextWithOIDC) => {
    if (client === undefined || session === undefined) return undefined;
    const { accountId } = session;
    const grantId = session.grantIdFor(client.clientId);
    const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    if (existing !== undefined || accountId === undefined) return existing;
    const grant = new provider.Grant({ clientId: client.clientId, accountId });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(resource, BANK_SCOPE);
    await grant.save();
    return grant;
  };
}

function confidentialClient({ url, clientSecret }: NonNullable<AuthorizationServerOptions['bff']>) {
  return {
    client_id: BFF_CLIENT,
    client_secret: clientSecret,
    redirect_uris: [`${url}/callback`],
    post_logout_redirect_uris: [`${url}/`],
    response_types: ['code' as const],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'client_secret_basic' as const,
  };
}

function createSigningKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), alg: 'ES256', use: 'sig' };
}

function respond(
  context: KoaContextWithOIDC,
  { html, headers }: ReturnType<typeof errorPage>,
  formTarget?: string,
): void {
  for (const [name, value] of Object.entries(headers(formTarget))) context.set(name, value);
  context.type = 'html';
  context.body = html;
}
