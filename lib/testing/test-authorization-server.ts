import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkMembers } from '../core/index.js';
import { AuthorizationEndpoint } from './authorization-endpoint.js';
import { type AuthorizationBehavior, checkBehavior } from './behavior.js';
import { Clients, type IntrospectionCredentials, type TestClient } from './clients.js';
import { parametersOf, pathOf, sendJson } from './http-message.js';
import { IssuedTokens, type TestAccessTokenOptions } from './issued-tokens.js';
import { metadata } from './metadata.js';
import { OAuthError } from './oauth-error.js';
import { checkUsers, SignIn, type TestUserAccount } from './sign-in.js';
import { type SigningAlgorithm, SigningKey } from './signing-key.js';
import { TokenEndpoint } from './token-endpoint.js';

export type { TestAccessTokenOptions, TestUserAccount };

/** Options of {@link createTestAuthorizationServer}. */
export interface TestAuthorizationServerOptions {
  /** Signature algorithm of the tokens. Default is `'ES256'`. */
  algorithm?: SigningAlgorithm | undefined;
  /** `aud` of the access tokens. Default is `'https://api.example'`. */
  audience?: string | undefined;
  /**
   * The `acr` strings of the user, strongest first. A sign-in without requirements has the last. Default is
   * `['urn:example:phr', 'urn:example:mfa', 'urn:example:pwd']`.
   */
  acrValuesSupported?: readonly string[] | undefined;
  /** How the server responds to authorization requests. Default is `'honors'`. */
  behavior?: AuthorizationBehavior | undefined;
  /**
   * The users of a sign-in page, which authorization requests then show. Default is none: one user, who authenticates
   * without a page.
   */
  users?: readonly TestUserAccount[] | undefined;
  /** The secret by which an API introspects tokens. Default is a random one. */
  introspectionSecret?: string | undefined;
  /**
   * Whether the token endpoint issues any access token that a process of this machine asks for, by the grant type
   * `urn:nestjs-step-up:token` with `acr`, `auth_time`, `sub`, `scope` and `expires_in`. The tokens are of the client that
   * was registered last. Refuses browsers. Default is `false`.
   */
  issuesTokens?: boolean | undefined;
  /** Port on 127.0.0.1, for an issuer that is known before the server is there. Default is a free one. */
  port?: number | undefined;
}

/** An authorization server for tests: with keys and HTTP, but without a user who has to sign in. */
export interface TestAuthorizationServer {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** Value for `authorizationServers[].introspection`. */
  readonly introspection: IntrospectionCredentials;
  /** How the server responds to authorization requests. Can be changed at any time. */
  behavior: AuthorizationBehavior;
  /** `sub` of the user in authorization requests. Default is `'alice'`. */
  subject: string;
  /** The parameters of the authorization requests so far. */
  readonly authorizationRequests: readonly Readonly<Record<string, string>>[];
  /** Number of requests to the key document. */
  readonly keyRequests: number;
  /** Number of requests to the introspection endpoint. */
  readonly introspectionRequests: number;
  /**
   * Signs an access token by RFC 9068, with `auth_time` now.
   *
   * @throws TypeError for an unknown option
   */
  accessToken(options?: TestAccessTokenOptions): Promise<string>;
  /**
   * Issues an access token that only introspection can read.
   *
   * @throws TypeError for an unknown option
   */
  opaqueToken(options?: TestAccessTokenOptions): string;
  /**
   * Makes introspection call an access token inactive.
   *
   * @throws TypeError for a token that this server has not issued, or has revoked before
   */
  revoke(token: string): void;
  /**
   * Registers a client next to the public `test-client` with the redirect URI `https://client.example/callback`.
   *
   * @throws TypeError for a client without redirect URI
   */
  registerClient(client: TestClient): void;
  /** Replaces the signing key. The former one leaves the key set. */
  rotateKey(): void;
  /** With `true`, responds to every request with 500. */
  setUnavailable(unavailable: boolean): void;
  /** Closes the server and all its connections. */
  close(): Promise<void>;
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const MEMBERS = [
  'algorithm',
  'audience',
  'acrValuesSupported',
  'behavior',
  'users',
  'introspectionSecret',
  'issuesTokens',
  'port',
] satisfies (keyof TestAuthorizationServerOptions)[];

const ACR_VALUES = ['urn:example:phr', 'urn:example:mfa', 'urn:example:pwd'];

/**
 * Starts an authorization server on a loopback port: discovery, keys, introspection, and the code flow with PKCE.
 * Get a token from {@link TestAuthorizationServer.accessToken}, or by an authorization request. The server has one
 * user, who responds without delay as `behavior` says, and one session; with `users` it shows a sign-in page instead.
 *
 * @example
 * ```ts
 * const server = await createTestAuthorizationServer();
 * const token = await server.accessToken({ acr: 'urn:example:mfa' });
 * await server.close();
 * ```
 * @throws TypeError for an unknown option or `behavior`, an empty `acrValuesSupported`, and an invalid `port` or `users`
 * @throws Error if the port is taken
 */
export async function createTestAuthorizationServer(
  options: TestAuthorizationServerOptions = {},
): Promise<TestAuthorizationServer> {
  checkMembers(options, MEMBERS, (member) => `createTestAuthorizationServer() has no option "${member}"`);
  const {
    algorithm = 'ES256',
    audience = 'https://api.example',
    acrValuesSupported = ACR_VALUES,
    behavior = 'honors',
    port = 0,
    users,
    introspectionSecret,
    issuesTokens = false,
  } = options;
  if (acrValuesSupported.length === 0) throw new TypeError('"acrValuesSupported" must list at least one string');
  checkBehavior(behavior);
  const signIn = users && new SignIn(checkUsers(users), acrValuesSupported);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError('"port" must be an integer from 0 to 65535');
  }
  let key = new SigningKey(algorithm);
  let keyRequests = 0;
  let introspectionRequests = 0;
  let unavailable = false;

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => refuse(response, error));
  });
  await listen(server, port);
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const clients = new Clients(introspectionSecret);
  const tokens = new IssuedTokens(issuer, audience);
  const authorization = new AuthorizationEndpoint(issuer, audience, acrValuesSupported, clients, behavior, signIn);
  const signer = {
    accessToken: (options: TestAccessTokenOptions) => tokens.signed(options, key),
    idToken: async (claims: Readonly<Record<string, unknown>>) => key.sign(claims, { typ: 'JWT' }),
  };
  const tokenEndpoint = new TokenEndpoint(issuer, clients, authorization, signer, issuesTokens);

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = `${request.method} ${pathOf(request)}`;
    if (operation === 'GET /jwks') keyRequests += 1;
    if (operation === 'POST /introspect') introspectionRequests += 1;
    if (unavailable) throw new Error('unavailable');
    switch (operation) {
      case 'GET /jwks':
        return sendJson(response, { keys: [key.jwk] });
      case 'GET /.well-known/openid-configuration':
      case 'GET /.well-known/oauth-authorization-server':
        return sendJson(response, metadata(issuer, algorithm, acrValuesSupported));
      case 'GET /authorize':
      case 'POST /authorize':
        return authorization.respond(request, await parametersOf(request), response);
      case 'POST /sign-in':
        return authorization.respondToForm(request, await parametersOf(request), response);
      case 'POST /token':
        return sendJson(response, await tokenEndpoint.respond(request, await parametersOf(request)));
      case 'POST /introspect': {
        clients.authenticateResourceServer(request);
        return sendJson(response, tokens.introspect((await parametersOf(request)).get('token') ?? ''));
      }
      default:
        response.writeHead(404).end();
    }
  }

  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  return {
    issuer,
    audience,
    jwksUri: `${issuer}/jwks`,
    introspection: { endpoint: `${issuer}/introspect`, ...clients.resourceServer },
    get behavior() {
      return authorization.behavior;
    },
    set behavior(value) {
      authorization.behavior = checkBehavior(value);
    },
    get subject() {
      return authorization.user.subject;
    },
    set subject(value) {
      authorization.user.subject = value;
    },
    get authorizationRequests() {
      return authorization.requests;
    },
    get keyRequests() {
      return keyRequests;
    },
    get introspectionRequests() {
      return introspectionRequests;
    },
    accessToken: (options = {}) => tokens.signed(options, key),
    opaqueToken: (options = {}) => tokens.opaque(options),
    revoke: (token) => tokens.revoke(token),
    registerClient: (client) => clients.register(client),
    rotateKey() {
      key = new SigningKey(algorithm);
    },
    setUnavailable(value) {
      unavailable = value;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const advice = `Port ${port} is taken by another server; close it, or leave "port" out for a free one`;
      reject(error.code === 'EADDRINUSE' ? new Error(advice, { cause: error }) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

function refuse(response: ServerResponse, error: unknown): void {
  if (error instanceof OAuthError) sendJson(response, error.body, error.status);
  else response.writeHead(500).end();
}
