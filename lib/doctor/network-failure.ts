const NOT_TRUSTED =
  'its certificate is not trusted, so let NODE_EXTRA_CA_CERTS name a PEM file with that certificate, or with the one of ' +
  'its authority, and do not switch the verification off';

const ADVICE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no host of this name, so check its spelling',
  EAI_AGAIN: 'names cannot be looked up at the moment, so check the network',
  ECONNREFUSED: 'nothing listens there, so check host and port, and whether the server runs',
  ECONNRESET: 'the connection was broken off, so check whether a proxy or firewall is in between',
  UND_ERR_CONNECT_TIMEOUT: 'nobody answers there, so check whether a firewall is in between',
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired, so have it renewed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name, so check the address',
  EPROTO: 'it does not speak TLS there, so check scheme and port',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there, so check scheme and port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS there, so check scheme and port',
};

/** The code of the network failure behind an error, such as `ECONNREFUSED`; `undefined` where the server answered. */
export function networkFailure(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: unknown } };
  if (cause === undefined || cause === null) return undefined;
  // what a library has to say of an answer is no failure of the network
  const isOfNetwork = typeof cause.code === 'string' && !cause.code.startsWith('OAUTH_');
  return isOfNetwork ? (cause.code as string) : networkFailure(cause);
}

/** What a network failure means, and what to do about it. */
export function adviceFor(code: string | undefined): string {
  return ADVICE[code ?? ''] ?? 'check the address and the network';
}
