import type { DiagnosticSeverity } from '../core/index.js';
import { type AuthorizationServerMetadata, fetchJson, metadataAddresses, Unreachable } from '../token/index.js';
import { type DoctorCode, type DoctorDiagnostic, DoctorError } from './doctor-diagnostic.js';
import { adviceFor, networkFailure } from './network-failure.js';
import { printable, quoted } from './quoted.js';

export interface FoundMetadata {
  readonly address: string;
  readonly metadata: AuthorizationServerMetadata;
}

/**
 * Reads the metadata of an authorization server, wherever it is.
 *
 * @throws DoctorError where it cannot be read, or is that of another issuer
 */
export async function readMetadata(issuer: string, signal: AbortSignal): Promise<FoundMetadata> {
  const reasons: string[] = [];
  for (const address of metadataAddresses(issuer)) {
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
          `${printable(issuer)} ${message}: ${adviceFor(networkFailure(error))}`,
        );
      }
      reasons.push(`${printable(new URL(address).pathname)} ${message}`);
    }
  }
  throw new DoctorError(
    'metadata_unreadable',
    `${printable(issuer)} has no readable metadata (${reasons.join('; ')}): ` +
      'check that this is the issuer, with its whole path, and not the address of a sign-in page or an admin console',
  );
}

function checkIssuer(issuer: string, named: unknown): void {
  if (named === issuer) return;
  throw new DoctorError(
    'issuer_mismatch',
    typeof named === 'string'
      ? `The metadata of ${printable(issuer)} names the issuer ${quoted(named)}: tokens will carry that one, so give it exactly`
      : `The metadata of ${printable(issuer)} names no issuer: check that this is an authorization server`,
  );
}

/** What the metadata says about step-up, apart from keys and acr values. */
export function metadataDiagnostics({ address, metadata }: FoundMetadata): DoctorDiagnostic[] {
  const diagnostics: DoctorDiagnostic[] = [];
  const add = (severity: DiagnosticSeverity, code: DoctorCode, message: string, fix?: string) =>
    diagnostics.push({ subject: 'metadata', code, severity, message, ...(fix !== undefined && { fix }) });

  add('ok', 'metadata_read', `read at ${printable(address)}; it names exactly this issuer`);
  if (new URL(metadata.issuer).protocol === 'http:') {
    add('note', 'https_missing', 'http, which is accepted on this machine alone', 'Use https everywhere else.');
  }
  if (metadata['claims_parameter_supported'] === true) {
    add(
      'ok',
      'claims_parameter_supported',
      'an acr can be asked for as an essential claim, which the server has to satisfy or refuse',
    );
  } else {
    add(
      'note',
      'claims_parameter_unsupported',
      'the claims parameter is not offered: acr_values are all there is, a hint to many servers',
    );
  }
  const introspection = metadata['introspection_endpoint'];
  if (typeof introspection === 'string') {
    add('ok', 'introspection_published', `tokens that say too little can be asked about at ${quoted(introspection)}`);
  } else {
    add(
      'note',
      'introspection_missing',
      'no introspection_endpoint: access tokens have to carry acr and auth_time themselves',
    );
  }
  if (metadata['authorization_response_iss_parameter_supported'] === true) {
    add('ok', 'response_iss_supported', 'authorization responses name their issuer (RFC 9207)');
  } else {
    add(
      'note',
      'response_iss_unsupported',
      'authorization responses do not name their issuer: of use to clients of several servers',
    );
  }
  const methods = metadata['code_challenge_methods_supported'];
  if (!Array.isArray(methods)) {
    add(
      'note',
      'pkce_unpublished',
      'code_challenge_methods_supported is not published: whether PKCE is known cannot be told',
    );
  } else if (methods.includes('S256')) {
    add('ok', 'pkce_supported', 'PKCE with S256');
  } else {
    add(
      'warning',
      'pkce_s256_missing',
      'PKCE is offered, but not with S256',
      'Allow S256 at the server: clients need it.',
    );
  }
  const scopes = metadata['scopes_supported'];
  if (!Array.isArray(scopes)) {
    add('note', 'openid_unpublished', 'scopes_supported is not published: whether openid is known cannot be told');
  } else if (scopes.includes('openid')) {
    add('ok', 'openid_supported', 'scope openid, which many servers need beside acr_values and max_age');
  } else {
    add(
      'warning',
      'openid_missing',
      'scopes_supported lacks openid: acr_values and max_age are parameters of OpenID Connect',
      'Enable OpenID Connect at the server, for this realm or tenant.',
    );
  }
  return diagnostics;
}
