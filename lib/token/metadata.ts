import { isLoopback } from '../core/index.js';
import { AuthorizationServerUnavailable, type AuthorizationServerUnavailableCode } from './errors.js';
import { COOLDOWN, FETCH_TIMEOUT, fetchJson } from './fetch-json.js';

/** Metadata of an authorization server. Only `issuer` is checked: the other members are as received. */
export interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly [member: string]: unknown;
}

/**
 * Fetches the metadata of an authorization server: from the address of OpenID Connect Discovery first, then from that
 * of RFC 8414. Keeps nothing: every call sends a request.
 *
 * @param signal aborts both requests. Default is a timeout of `5` seconds for both together.
 * @throws AuthorizationServerUnavailable if neither address has a JSON object, or if the document names another issuer
 * @see [OpenID Connect Discovery 1.0 §4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig)
 * @see [RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414.html#section-3)
 */
export async function fetchMetadata(
  issuer: string,
  signal: AbortSignal = AbortSignal.timeout(FETCH_TIMEOUT * 1000),
): Promise<AuthorizationServerMetadata> {
  const document = await fetchDocument(issuer, signal);
  if (document['issuer'] !== issuer) {
    const reason = `its metadata names ${describeIssuer(document['issuer'])}; configure exactly that one`;
    throw unavailable(issuer, 'metadata_issuer_mismatch', reason);
  }
  return document as AuthorizationServerMetadata;
}

/**
 * Returns the URL of an endpoint in metadata, such as `jwks_uri`. Accepts http on loopback only if the issuer is on
 * loopback too: another server has no reason to name an address there.
 *
 * @throws AuthorizationServerUnavailable if it is missing, is not https, or carries credentials
 */
export function endpointOf(metadata: AuthorizationServerMetadata, name: string): string {
  const endpoint = metadata[name];
  if (!isEndpoint(endpoint, isLoopback(new URL(metadata.issuer)))) {
    const reason = `its metadata has no https "${name}" (http is accepted on loopback only)`;
    throw unavailable(metadata.issuer, 'endpoint_missing', reason);
  }
  return endpoint;
}

/** Returns the possible addresses of an issuer's metadata, in the order of the requests. */
export function metadataAddresses(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

async function fetchDocument(issuer: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const reasons: string[] = [];
  let cause: unknown;
  for (const address of metadataAddresses(issuer)) {
    try {
      return await fetchJson(address, signal);
    } catch (failure) {
      cause = failure;
      reasons.push(`${new URL(address).pathname} ${(failure as Error).message}`);
      if (signal.aborted) break;
    }
  }
  throw unavailable(issuer, 'metadata_unreadable', `its metadata cannot be read: ${reasons.join('; ')}`, cause);
}

function unavailable(
  issuer: string,
  code: AuthorizationServerUnavailableCode,
  reason: string,
  cause?: unknown,
): AuthorizationServerUnavailable {
  return new AuthorizationServerUnavailable({ issuer, code, reason, retryAfter: COOLDOWN, cause });
}

function isEndpoint(value: unknown, mayBeOnLoopback: boolean): value is string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (mayBeOnLoopback && url.protocol === 'http:' && isLoopback(url));
}

/** Describes an issuer for logs. Shortens and escapes it, since the document comes from the network. */
function describeIssuer(issuer: unknown): string {
  if (typeof issuer !== 'string') return 'no issuer';
  const shortened = issuer.length > 100 ? `${issuer.slice(0, 100)}...` : issuer;
  const quoted = JSON.stringify(shortened).replace(
    /[^\x20-\x7E]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `the issuer ${quoted}`;
}
