import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { AuthorizationServer } from '../authorization-servers/index.js';
import type { Environment } from '../token/index.js';
import {
  type AuthorizationServerMetadata,
  AuthorizationServerUnavailable,
  algorithmsOf,
  endpointOf,
  fetchJson,
  fixForNetwork,
  MAX_KEYS,
  mayVerify,
  networkFailure,
} from '../token/index.js';
import type { DoctorCode, DoctorDiagnostic } from './doctor-diagnostic.js';
import { quoted, shown } from './quoted.js';

/** Diagnoses whether the keys of the server can be read, and which of them can verify an access token. */
export async function keyDiagnostics(
  metadata: AuthorizationServerMetadata,
  server: AuthorizationServer,
  env: Environment,
  signal: AbortSignal,
): Promise<DoctorDiagnostic[]> {
  const { algorithms: accepted, jwksUri } = server;
  let address: string;
  try {
    address = jwksUri ?? endpointOf(metadata, 'jwks_uri', server);
  } catch (error) {
    if (!(error instanceof AuthorizationServerUnavailable)) throw error;
    const fix = 'Publish the keys, or configure "jwksUri" (--jwks-uri). No token can be verified without keys.';
    return [unreadable(error.reason.replace(/^its/, 'the'), fix)];
  }
  let keys: unknown;
  try {
    keys = (await fetchJson(address, signal))['keys'];
  } catch (error) {
    const message = `${shown(address)} ${(error as Error).message}`;
    return [unreadable(message, `No token can be verified: ${fixForNetwork(networkFailure(error), address, env)}.`)];
  }
  if (!Array.isArray(keys)) {
    return [unreadable(`${shown(address)} has no list of keys`, 'It must be a JWK Set: RFC 7517 §5.')];
  }
  const readable = keys.filter(mayVerify);
  const diagnostics = judge(readable.slice(0, MAX_KEYS).filter(isForSignatures), accepted, address);
  return readable.length > MAX_KEYS ? [...diagnostics, tooMany(readable.length)] : diagnostics;
}

function judge(keys: readonly JsonWebKey[], accepted: ReadonlySet<string>, address: string): DoctorDiagnostic[] {
  const diagnostics: DoctorDiagnostic[] = [];
  const usable = new Set<string>();
  let usableKeys = 0;
  for (const key of keys) {
    const possible = possibleAlgorithms(key);
    const usableHere = possible.filter((algorithm) => accepted.has(algorithm));
    for (const algorithm of usableHere) usable.add(algorithm);
    if (usableHere.length > 0) usableKeys += 1;
    else diagnostics.push(unusable(key, possible, accepted));
  }
  if (usableKeys === 0) {
    const fix = `Sign access tokens with one of ${[...accepted].join(', ')}. RSA keys need 2048 to 8192 bits.`;
    return [error('keys_unusable', `no key at ${shown(address)} can verify an access token`, fix), ...diagnostics];
  }
  const message = `${count(usableKeys, 'key')} for ${[...usable].join(', ')} at ${shown(address)}`;
  return [{ subject: 'metadata', code: 'keys_usable', severity: 'ok', message }, ...diagnostics];
}

function unusable(key: JsonWebKey, possible: readonly string[], accepted: ReadonlySet<string>): DoctorDiagnostic {
  const kid = key['kid'] === undefined ? 'without "kid"' : quoted(key['kid']);
  return {
    subject: 'metadata',
    code: 'key_unused',
    severity: 'note',
    ...(possible.length > 0
      ? {
          message: `the key ${kid} is for ${possible.join(', ')}, which is not accepted by default`,
          fix:
            `If access tokens are signed with it, configure algorithms: ` +
            `['${[...accepted, possible[0]].join("', '")}'].`,
        }
      : { message: `the key ${kid} is too short or too long, or of a kind that cannot verify access tokens` }),
  };
}

function possibleAlgorithms(key: JsonWebKey): readonly string[] {
  try {
    const algorithms = algorithmsOf(createPublicKey({ key, format: 'jwk' }));
    return key['alg'] === undefined ? algorithms : algorithms.filter((algorithm) => algorithm === key['alg']);
  } catch {
    return [];
  }
}

function isForSignatures({ use }: JsonWebKey): boolean {
  return use === undefined || use === 'sig';
}

function tooMany(number: number): DoctorDiagnostic {
  const message = `there are ${number} keys; the doctor and your API read the first ${MAX_KEYS}`;
  const fix = 'Have the server publish only the keys it signs with.';
  return { subject: 'metadata', code: 'keys_too_many', severity: 'warning', message, fix };
}

function unreadable(message: string, fix: string): DoctorDiagnostic {
  return error('keys_unreadable', message, fix);
}

function error(code: DoctorCode, message: string, fix: string): DoctorDiagnostic {
  return { subject: 'metadata', code, severity: 'error', message, fix };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
