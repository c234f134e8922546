import { AuthorizationServerUnavailable } from './errors.js';
import { type Environment, proxyOf } from './proxy.js';

const NOT_TRUSTED =
  'its certificate is not trusted: let NODE_EXTRA_CA_CERTS name a PEM file with that certificate, or with the one of ' +
  'its authority; keep the verification on';

const FIXES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no host of this name: check its spelling',
  EAI_AGAIN: 'names cannot be resolved: check the network',
  ECONNREFUSED: 'nothing listens there: check host and port, and whether the server runs',
  ECONNRESET: 'the connection was closed: check for a proxy or firewall in between',
  UND_ERR_CONNECT_TIMEOUT: 'there is no response: check for a firewall in between',
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired: have it renewed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name: check the address',
  EPROTO: 'it does not speak TLS there: check scheme and port',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there: check scheme and port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS there: check scheme and port',
};

/** Returns the code of the network failure behind an error, such as `ECONNREFUSED`; `undefined` if a response came. */
export function networkFailure(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: unknown } };
  if (cause === undefined || cause === null) return undefined;
  // The codes of the library and of this package are about a response. The failure behind it is deeper.
  const isOfNetwork =
    typeof cause.code === 'string' &&
    !cause.code.startsWith('OAUTH_') &&
    !(cause instanceof AuthorizationServerUnavailable);
  return isOfNetwork ? (cause.code as string) : networkFailure(cause);
}

/**
 * Returns what a network failure means, and the next step.
 *
 * @param address of what cannot be reached: a proxy can be meant for it
 */
export function fixForNetwork(code: string | undefined, address: string, env: Environment): string {
  const fix = FIXES[code ?? ''] ?? 'check the address and the network';
  const proxy = proxyOf(address, env);
  if (proxy === undefined) return fix;
  if (proxy.isUsed) return `it was asked through ${proxy.variable}: check that proxy too; ${fix}`;
  return `${proxy.variable} is set, and ${proxy.reason}; if the server needs no proxy, ${fix}`;
}
