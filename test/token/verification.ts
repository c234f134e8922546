import {
  type ServerOptions as AllServerOptions,
  checkAuthorizationServers,
  type IntrospectionOptions,
} from '../../lib/authorization-servers/index.js';
import { AccessTokenRefused, AccessTokenVerifier, AuthorizationServerUnavailable } from '../../lib/token/index.js';

export type ServerOptions = Pick<AllServerOptions, 'issuer' | 'audience'> & Partial<AllServerOptions>;

export const CLOCK_TOLERANCE = 5;

/** A verifier for servers, with options of the verifier behind them. */
export function verifierOf(...given: (ServerOptions | { tokenCacheBytes: number })[]): AccessTokenVerifier {
  const servers = given.filter((one) => 'issuer' in one);
  const { tokenCacheBytes } = given.find((one) => 'tokenCacheBytes' in one) ?? {};
  // test servers carry more than options
  const options = servers.map(({ issuer, audience, jwksUri, algorithms, profile, keys }) => ({
    issuer,
    audience,
    ...(jwksUri !== undefined && { jwksUri }),
    ...(algorithms !== undefined && { algorithms }),
    ...(profile !== undefined && { profile }),
    ...(keys !== undefined && { keys }),
  }));
  return new AccessTokenVerifier(checkAuthorizationServers(options), CLOCK_TOLERANCE, { tokenCacheBytes });
}

/** The path at which a server is introspected. */
export const INTROSPECTION = '/introspect';

/** A verifier for a server that this API introspects as the client `api`; codes and issuers of its advice, and messages. */
export function introspectingVerifierOf(
  origin: string,
  {
    introspection,
    ...options
  }: Partial<Omit<AllServerOptions, 'introspection'>> & { introspection?: Partial<IntrospectionOptions> } = {},
  advice: string[] = [],
  messages: string[] = [],
): AccessTokenVerifier {
  const servers = checkAuthorizationServers([
    {
      issuer: origin,
      audience: 'https://api.example',
      introspection: {
        endpoint: origin + INTROSPECTION,
        clientId: 'api',
        ...(introspection?.privateKey === undefined && { clientSecret: 's3cret' }),
        ...introspection,
      },
      ...options,
    },
  ]);
  return new AccessTokenVerifier(servers, CLOCK_TOLERANCE, {
    warn: (code, issuer, message) => {
      advice.push(`${code} ${issuer}`);
      messages.push(message);
    },
  });
}

/** How a token fares: `accepted`, or the error and the message with which it is refused. Anything else is a fault. */
export async function outcome(verifier: AccessTokenVerifier, token: unknown): Promise<string> {
  try {
    await verifier.verify(token as string);
    return 'accepted';
  } catch (error) {
    if (error instanceof AccessTokenRefused) return `${error.error}: ${error.message}`;
    if (error instanceof AuthorizationServerUnavailable) return 'unavailable';
    throw error;
  }
}

/** What is said where a token is refused. */
export const refusal = {
  crit: 'invalid_token: The access token has critical header parameters that are not understood',
  alg: 'invalid_token: The access token is signed with an algorithm that is not allowed',
  typUnreadable: 'invalid_token: The type of the access token is not readable',
  typ: 'invalid_token: The token is not marked as an access token (typ at+jwt)',
  kind: 'invalid_token: The claims of the token are not those of an access token',
  aud: 'invalid_token: The access token is for another audience',
  exp: 'invalid_token: The access token has expired',
  expMissing: 'invalid_token: The access token does not say when it expires',
  nbf: 'invalid_token: The access token is not valid yet',
  iss: 'invalid_token: The issuer of the access token is not known',
  cnf: 'invalid_token: The access token is bound to a key, and no proof of possession is accepted here',
  sub: 'invalid_token: The access token has no subject',
  client: 'invalid_token: The access token has no client',
  jti: 'invalid_token: The access token has no identifier',
  iat: 'invalid_token: The access token does not say when it was issued',
  iatFuture: 'invalid_token: The access token is issued in the future; check the clocks',
  kid: 'invalid_token: The key identifier of the access token is not readable',
  keyUnknown: 'invalid_token: The key of the access token is not known',
  keyUnfit: 'invalid_token: The key of the access token does not fit its algorithm',
  keysSeveral: 'invalid_token: Several keys fit the access token',
  signature: 'invalid_token: The signature of the access token is not valid',
  unsigned: 'invalid_token: The access token has no readable signature',
  long: 'invalid_token: The access token is too long',
  noText: 'invalid_token: The access token is not a string',
  withScheme: 'invalid_token: The access token begins with a scheme; send the token alone',
  noJwt: 'invalid_token: The access token is not a signed JWT',
  unreadable: 'invalid_token: The access token is not a readable JWT',
  claimName: 'invalid_token: The access token has a claim name that is not accepted',
  deep: 'invalid_token: The claims of the access token are nested too deeply',
} as const;
