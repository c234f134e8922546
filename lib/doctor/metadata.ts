import { type DiagnosticSeverity, isLoopback } from '../core/index.js';
import {
  type AuthorizationServerMetadata,
  type Environment,
  fetchJson,
  fixForNetwork,
  type MetadataSource,
  metadataAddresses,
  networkFailure,
  proxyOf,
  Unreachable,
} from '../token/index.js';
import { type DoctorCode, type DoctorDiagnostic, DoctorError } from './doctor-diagnostic.js';
import { printable, quoted } from './quoted.js';

export interface FoundMetadata {
  readonly address: string;
  readonly metadata: AuthorizationServerMetadata;
}

/**
 * Reads the metadata of an authorization server: at the address of OpenID Connect Discovery, then at that of RFC 8414.
 *
 * @throws DoctorError if it cannot be read, or has another issuer
 */
export async function readMetadata(
  source: MetadataSource,
  env: Environment,
  signal: AbortSignal,
): Promise<FoundMetadata> {
  const { issuer } = source;
  const reasons: string[] = [];
  for (const address of metadataAddresses(source)) {
    try {
      const metadata = await fetchJson(address, signal);
      checkIssuer(issuer, metadata['issuer']);
      return { address, metadata: metadata as AuthorizationServerMetadata };
    } catch (error) {
      if (error instanceof DoctorError) throw error;
      const { message } = error as Error;
      if (error instanceof Unreachable) {
        throw new DoctorError(
          'server_unreachable',
          `${printable(source.metadataUri ?? issuer)} ${message}: ${fixForNetwork(networkFailure(error), address, env)}`,
        );
      }
      reasons.push(`${printable(new URL(address).pathname)} ${message}`);
    }
  }
  throw new DoctorError(
    'metadata_unreadable',
    `${printable(issuer)} has no readable metadata (${reasons.join('; ')}): ` +
      'check that this is the issuer with its whole path, not the address of a sign-in page or an admin console',
  );
}

function checkIssuer(issuer: string, named: unknown): void {
  if (named === issuer) return;
  throw new DoctorError(
    'issuer_mismatch',
    typeof named === 'string'
      ? `The metadata of ${printable(issuer)} names the issuer ${quoted(named)}: give exactly that one, because tokens have it`
      : `The metadata of ${printable(issuer)} names no issuer: check that this is an authorization server`,
  );
}

/** Diagnoses what the metadata says about step-up. Leaves out keys and acr values. */
export function metadataDiagnostics({ address, metadata }: FoundMetadata, env: Environment): DoctorDiagnostic[] {
  const diagnostics: DoctorDiagnostic[] = [];
  const add = (severity: DiagnosticSeverity, code: DoctorCode, message: string, fix?: string) =>
    diagnostics.push({ subject: 'metadata', code, severity, message, ...(fix !== undefined && { fix }) });

  add('ok', 'metadata_read', `read at ${printable(address)}; its issuer is exactly this one`);
  const insecure = [metadata.issuer, address].map((one) => new URL(one)).filter(({ protocol }) => protocol === 'http:');
  if (insecure.some((one) => !isLoopback(one))) {
    const message = 'http beyond loopback, which "allowInsecureRequests" accepts';
    add(
      'note',
      'https_missing',
      message,
      'Use it only in a network that you trust: it can replace keys, and forge tokens.',
    );
  } else if (insecure.length > 0) {
    add('note', 'https_missing', 'http is accepted on loopback only', 'Use https everywhere else.');
  }
  const proxy = proxyOf(address, env);
  if (proxy !== undefined && !proxy.isUsed && !isLoopback(new URL(address))) {
    add(
      'note',
      'proxy_unused',
      `${proxy.variable} is set, and was not used: requests went to the server directly`,
      `${capitalized(proxy.reason)}.`,
    );
  }
  if (metadata['claims_parameter_supported'] === true) {
    add(
      'ok',
      'claims_parameter_supported',
      'clients can request acr as an essential claim, which the server has to satisfy or refuse',
    );
  } else {
    add(
      'note',
      'claims_parameter_unsupported',
      'the claims parameter is not supported: clients have acr_values alone, a hint to many servers',
    );
  }
  const introspection = metadata['introspection_endpoint'];
  if (typeof introspection === 'string') {
    add('ok', 'introspection_published', `introspection at ${quoted(introspection)} can add claims that tokens lack`);
  } else {
    add('note', 'introspection_missing', 'no introspection_endpoint: access tokens must have acr and auth_time');
  }
  if (metadata['authorization_response_iss_parameter_supported'] === true) {
    add('ok', 'response_iss_supported', 'authorization responses have iss (RFC 9207)');
  } else {
    add(
      'note',
      'response_iss_unsupported',
      'authorization responses have no iss, which clients of several servers need (RFC 9207)',
    );
  }
  const methods = metadata['code_challenge_methods_supported'];
  if (!Array.isArray(methods)) {
    add('note', 'pkce_unpublished', 'code_challenge_methods_supported is not published: PKCE can still be supported');
  } else if (methods.includes('S256')) {
    add('ok', 'pkce_supported', 'PKCE with S256');
  } else {
    add(
      'warning',
      'pkce_s256_missing',
      'PKCE is supported, but not with S256',
      'Allow S256 at the server: clients need it.',
    );
  }
  const scopes = metadata['scopes_supported'];
  if (!Array.isArray(scopes)) {
    add('note', 'openid_unpublished', 'scopes_supported is not published: openid can still be supported');
  } else if (scopes.includes('openid')) {
    add('ok', 'openid_supported', 'scope openid, which many servers need with acr_values and max_age');
  } else {
    add(
      'warning',
      'openid_missing',
      'scopes_supported has no openid: acr_values and max_age are parameters of OpenID Connect',
      'Enable OpenID Connect at the server, for this realm or tenant.',
    );
  }
  return diagnostics;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
