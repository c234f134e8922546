import { isLoopback } from '../core/index.js';
import { AuthorizationServerUnavailable, type AuthorizationServerUnavailableCode } from './errors.js';
import { COOLDOWN, FETCH_TIMEOUT, fetchJson } from './fetch-json.js';

/** Metadata of an authorization server. Only `issuer` is checked: the other members are as received. */
export interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly [member: string]: unknown;
}

/** The options of an authorization server that say where its metadata is, and which addresses it may name. */
export interface MetadataSource {
  readonly issuer: string;
  /** Address of the document. Default is what Discovery and RFC 8414 make of the issuer. */
  readonly metadataUri?: string | undefined;
  /** Whether http is accepted beyond loopback. Default is `false`. */
  readonly allowInsecureRequests?: boolean;
}

/**
 * Fetches the metadata of an authorization server: from `metadataUri` alone if it is given, otherwise from the address
 * of OpenID Connect Discovery first, then from that of RFC 8414. Keeps nothing: every call sends a request.
 *
 * @param signal aborts both requests. Default is a timeout of `5` seconds for both together.
 * @throws AuthorizationServerUnavailable if neither address has a JSON object, or if the document names another issuer
 * @see [OpenID Connect Discovery 1.0 §4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig)
 * @see [RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414.html#section-3)
 */
export async function fetchMetadata(
  source: MetadataSource,
  signal: AbortSignal = AbortSignal.timeout(FETCH_TIMEOUT * 1000),
): Promise<AuthorizationServerMetadata> {
  const { issuer } = source;
  const document = await fetchDocument(source, signal);
  if (document['issuer'] !== issuer) {
    const reason = `its metadata names ${describeIssuer(document['issuer'])}; configure exactly that one`;
    throw unavailable(issuer, 'metadata_issuer_mismatch', reason);
  }
  return document as AuthorizationServerMetadata;
}

/**
 * Returns the URL of an endpoint in metadata, such as `jwks_uri`. Accepts http on loopback only if the issuer or the
 * document is on loopback too: another server has no reason to name an address there.
 *
 * @throws AuthorizationServerUnavailable if it is missing, is neither https nor http that is accepted, or carries
 * credentials
 */
export function endpointOf(metadata: AuthorizationServerMetadata, name: string, source: MetadataSource): string {
  const endpoint = metadata[name];
  if (!isEndpoint(endpoint, source)) {
    const accepted = source.allowInsecureRequests === true ? 'usable' : 'https';
    const exception = source.allowInsecureRequests === true ? '' : ' (http is accepted on loopback only)';
    throw unavailable(source.issuer, 'endpoint_missing', `its metadata has no ${accepted} "${name}"${exception}`);
  }
  return endpoint;
}

/** Returns the possible addresses of the metadata of a server, in the order of the requests. */
export function metadataAddresses({ issuer, metadataUri }: MetadataSource): readonly string[] {
  if (metadataUri !== undefined) return [metadataUri];
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

async function fetchDocument(source: MetadataSource, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const reasons: string[] = [];
  let cause: unknown;
  for (const address of metadataAddresses(source)) {
    try {
      return await fetchJson(address, signal);
    } catch (failure) {
      cause = failure;
      reasons.push(
        `${source.metadataUri === undefined ? new URL(address).pathname : 'the document of "metadataUri"'} ${(failure as Error).message}`,
      );
      if (signal.aborted) break;
    }
  }
  throw unavailable(source.issuer, 'metadata_unreadable', `its metadata cannot be read: ${reasons.join('; ')}`, cause);
}

function unavailable(
  issuer: string,
  code: AuthorizationServerUnavailableCode,
  reason: string,
  cause?: unknown,
): AuthorizationServerUnavailable {
  return new AuthorizationServerUnavailable({ issuer, code, reason, retryAfter: COOLDOWN, cause });
}

function isEndpoint(
  value: unknown,
  { issuer, metadataUri = issuer, allowInsecureRequests = false }: MetadataSource,
): value is string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') return false;
  if (url.protocol !== 'http:') return url.protocol === 'https:';
  return allowInsecureRequests || (isLoopback(url) && [issuer, metadataUri].some((one) => isLoopback(new URL(one))));
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
