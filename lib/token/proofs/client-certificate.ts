import { hash, X509Certificate } from 'node:crypto';
import { checkMembers, StepUpConfigurationError } from '../../core/index.js';
import { type IncomingRequest, isRepeated } from '../bearer-token.js';
import { refuse } from '../refuse.js';

/**
 * The header in which a proxy that ends TLS hands on the client certificate. The proxy has to remove the header from
 * requests of clients, or any client can name a certificate that it does not have.
 */
export interface ClientCertificateOptions {
  /** Its name, such as `Client-Cert`. */
  header: string;
  /**
   * `'rfc9440'`: a byte sequence, as RFC 9440 has it. `'url-encoded-pem'`: as nginx (`$ssl_client_escaped_cert`) and AWS
   * write it. `'base64-der'`: as HAProxy writes it. `'xfcc'`: `x-forwarded-client-cert` of Envoy, with one element.
   */
  form: ClientCertificateForm;
}

export type ClientCertificateForm = keyof typeof READERS;

/** Returns the SHA-256 digest of a certificate in each form; `undefined` for a value that is not in this form. */
const READERS = {
  rfc9440: (value: string) => digestOf(/^:([A-Za-z0-9+/]+={0,2}):$/.exec(value)?.[1], 'base64'),
  'url-encoded-pem': (value: string) => digestOf(decoded(value), 'pem'),
  'base64-der': (value: string) => digestOf(/^[A-Za-z0-9+/]+={0,2}$/.exec(value)?.[0], 'base64'),
  xfcc: digestOfElement,
} as const;

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Returns the digest of the certificate of a request in the form of `x5t#S256`; `undefined` without one. */
export type CertificateDigest = (request: IncomingRequest) => string | undefined;

/**
 * Checks the option, and returns how the client certificate of a request is found: in the header of a proxy, or without
 * the option at the TLS connection.
 *
 * @throws StepUpConfigurationError that names the option
 */
export function checkClientCertificate(options: ClientCertificateOptions | undefined): CertificateDigest {
  if (options === undefined) return digestOfConnection;
  if (typeof options !== 'object' || options === null) {
    throw new StepUpConfigurationError('"clientCertificate" must be an object with "header" and "form"');
  }
  const { header, form } = options;
  checkMembers(options, ['header', 'form'], (member) => `"clientCertificate" has the unknown option "${member}"`);
  if (typeof header !== 'string' || !HEADER_NAME.test(header)) {
    throw new StepUpConfigurationError(
      '"clientCertificate.header" must be the name of a header, such as \'Client-Cert\'',
    );
  }
  if (typeof form !== 'string' || !Object.hasOwn(READERS, form)) {
    throw new StepUpConfigurationError(
      `"clientCertificate.form" must be one of '${Object.keys(READERS).join("', '")}'`,
    );
  }
  const name = header.toLowerCase();
  const read = READERS[form];
  return (request) => {
    const value = request.headers?.[name];
    if (value === undefined || value === '') return undefined;
    const digest = typeof value === 'string' && !isRepeated(name, request) ? read(value) : undefined;
    return digest ?? refuse('certificate_unreadable');
  };
}

/** Node has checked during the handshake that the client has the private key, also of a certificate of no authority. */
function digestOfConnection({ socket, raw }: IncomingRequest): string | undefined {
  const connection = (socket ?? raw?.socket) as
    | { getPeerX509Certificate?: () => X509Certificate | undefined }
    | undefined;
  const certificate = connection?.getPeerX509Certificate?.();
  return certificate && hash('sha256', certificate.raw, 'base64url');
}

function digestOf(text: string | undefined, form: 'base64' | 'pem'): string | undefined {
  if (text === undefined) return undefined;
  try {
    const certificate = new X509Certificate(form === 'pem' ? text : Buffer.from(text, form));
    return hash('sha256', certificate.raw, 'base64url');
  } catch {
    return undefined;
  }
}

function decoded(value: string): string | undefined {
  try {
    const pem = decodeURIComponent(value);
    // A chain would leave open whose certificate counts.
    return pem.split('-----BEGIN CERTIFICATE-----').length === 2 ? pem : undefined;
  } catch {
    return undefined;
  }
}

/** An element of XFCC: pairs that are separated by semicolons, with values in quotes where they need them. */
const PAIR = /([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^",;]*)(;|$)/y;

/**
 * Reads `Hash`, or `Cert` without it, of the only element of XFCC. Several elements come from a proxy that keeps what
 * clients send.
 */
function digestOfElement(value: string): string | undefined {
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < value.length) {
    const [, name, given] = PAIR.exec(value) ?? [];
    if (name === undefined || given === undefined) return undefined;
    const key = name.toLowerCase();
    if (pairs.has(key) && (key === 'hash' || key === 'cert')) return undefined;
    pairs.set(key, given.startsWith('"') ? given.slice(1, -1) : given);
  }
  const digest = pairs.get('hash');
  if (digest === undefined) return digestOf(decoded(pairs.get('cert') ?? ''), 'pem');
  return /^[0-9a-f]{64}$/i.test(digest) ? Buffer.from(digest, 'hex').toString('base64url') : undefined;
}
