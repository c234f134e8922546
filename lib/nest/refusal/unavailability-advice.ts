import type { AuthorizationServer } from '../../authorization-servers/index.js';
import {
  type AuthorizationServerUnavailable,
  type AuthorizationServerUnavailableCode,
  fixForNetwork,
  networkFailure,
  TimedOut,
} from '../../token/index.js';
import { type Advice, adviceSubject, RESOLVED_SERVERS } from '../advice/advice.js';
import { kindOf } from '../advice/thrown.js';

/** Failures of the network that an address of another network has: containers reach a server at one of their own. */
const OF_ADDRESSES: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const OF_DOCUMENTS: ReadonlySet<AuthorizationServerUnavailableCode> = new Set([
  'metadata_unreadable',
  'keys_unreadable',
]);
const OTHER_ADDRESS =
  'if the server has another address here than for its clients, give "metadataUri" or "jwksUri" (docs/networks.md)';

export const EXAMINE = '"npx nestjs-step-up doctor" tells more';

const UNAVAILABILITIES: Readonly<Record<AuthorizationServerUnavailableCode, string | undefined>> = {
  metadata_unreadable: `make it readable from here, or give "jwksUri" and "metadataAudit": 'off'; ${EXAMINE}`,
  // The reason has the fix.
  metadata_issuer_mismatch: undefined,
  endpoint_missing:
    'give its address in the options: "jwksUri", or "introspection.endpoint"; for http in a network that you trust, set ' +
    '"allowInsecureRequests" too',
  keys_unreadable: `make it readable from here: check address, network and certificate; ${EXAMINE}`,
  keys_unusable: 'have the server publish a key for one of "authorizationServers[].algorithms"',
  introspection_overloaded: 'limit requests for each client in front of the API: each new opaque token is a question',
  replay_cache_unavailable: 'check the store behind "dpop.replayCache": until it works, bound tokens get 503',
  introspection_credentials_refused: 'check "introspection.clientId", its secret or key, and "clientAuthentication"',
  resolver_failed: 'let it return undefined for an unknown issuer, and throw for nothing but an outage of its own',
  resolver_overloaded:
    'let it answer from memory or from an index, without a request to the issuer that it is asked for',
  // The reason has the fix.
  resolved_server_invalid: undefined,
  introspection_unusable: `check "introspection.endpoint", and whether the server runs; ${EXAMINE}`,
};

/** Returns advice on an authorization server that cannot be reached. */
export function adviceOnUnavailable(
  unavailable: AuthorizationServerUnavailable,
  servers: readonly AuthorizationServer[],
): Advice {
  const { code, issuer, reason, cause } = unavailable;
  if (issuer === undefined) {
    if (code !== 'resolver_failed')
      return { code, subject: RESOLVED_SERVERS, message: reason, fix: UNAVAILABILITIES[code] };
    return cause instanceof TimedOut
      ? { code, subject: RESOLVED_SERVERS, message: reason, fix: UNAVAILABILITIES.resolver_overloaded }
      : { code, subject: RESOLVED_SERVERS, message: `${reason} (${kindOf(cause)})`, fix: UNAVAILABILITIES[code] };
  }
  const failure = networkFailure(unavailable);
  const fix =
    failure === undefined
      ? UNAVAILABILITIES[code]
      : [
          fixForNetwork(failure, issuer, process.env),
          ...(OF_ADDRESSES.has(failure) && OF_DOCUMENTS.has(code) ? [OTHER_ADDRESS] : []),
          EXAMINE,
        ].join('; ');
  return { code, ...adviceSubject(issuer, servers, reason), fix };
}
