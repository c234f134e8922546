import { isLoopback, StepUpConfigurationError, show } from '../../core/index.js';
import type { IncomingRequest } from '../bearer-token.js';

/** Scheme, authority and path of an http URL, without query and fragment. */
const URL_PARTS = /^(https?:\/\/[^/?#@]+)((?:\/[^?#]*)?)(?:[?#]|$)/i;
/** Printable ASCII without space and backslash, which is a slash to some parsers. */
const URL_CHARACTERS = /^[\x21-\x5B\x5D-\x7E]+$/;
const ENCODED = /%[0-9A-Fa-f]{2}/g;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
/** `UNRESERVED` without the tilde, which several clients encode. */
const ENCODED_NAME = /%(?:2[DE]|3\d|[46][1-9A-F]|[57][\dA]|5F)/i;
const DOT_SEGMENT = /\/\.\.?(?:\/|$)/;

/**
 * The URL under which clients know the application. Compares `htu` of proofs with the URL of a request by it, since the
 * Host header and forwarded headers are the words of the sender.
 *
 * @see [RFC 9449 §4.3](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.3)
 */
export class PublicUrl {
  /** Scheme and authority, normalized. */
  readonly origin: string;
  readonly #path: string;

  /** @throws StepUpConfigurationError for what is not an https URL (http on loopback) without query and fragment */
  constructor(value: unknown) {
    const url = typeof value === 'string' && URL_CHARACTERS.test(value) ? normalized(value) : undefined;
    const isSecure = url !== undefined && (url.origin.startsWith('https:') || isLoopback(new URL(url.origin)));
    if (url === undefined || !isSecure || /[?#]/.test(value as string)) {
      const shown = typeof value === 'string' && value.includes('@') ? 'one with an "@"' : show(value);
      throw new StepUpConfigurationError(
        `"publicUrl" must be the https URL of this application as its clients know it (http is accepted on loopback ` +
          `only), without query and fragment, not ${shown}`,
      );
    }
    this.origin = url.origin;
    this.#path = url.path.replace(/\/$/, '');
  }

  /**
   * Returns whether an `htu` is the URL of a request. Query and fragment do not count. A request whose path has dot
   * segments, or an encoded letter, digit, hyphen, dot or underscore, has no such URL: clients do not send them.
   */
  isOf(htu: string, request: IncomingRequest): boolean {
    const claimed = normalized(htu);
    const path = pathOf(request);
    if (claimed === undefined || path === undefined || claimed.origin !== this.origin) return false;
    // Some router takes these for other names, so that a proof for the URL of one handler would do for another.
    if (ENCODED_NAME.test(path) || DOT_SEGMENT.test(path)) return false;
    // A proxy that removes a path leaves a slash of it.
    return claimed.path === normalizedPath(this.#path + path) || (path === '/' && claimed.path === this.#path);
  }
}

/** Returns the origin of an URL in `htu`; `undefined` if it is not one. */
export function originOf(htu: string): string | undefined {
  return normalized(htu)?.origin;
}

/** Normalizes by RFC 3986 §6.2.2 and §6.2.3. */
function normalized(url: string): { readonly origin: string; readonly path: string } | undefined {
  const [, origin, path] = (URL_CHARACTERS.test(url) && URL_PARTS.exec(url)) || [];
  if (origin === undefined || path === undefined || !URL.canParse(origin)) return undefined;
  return { origin: new URL(origin).origin, path: normalizedPath(path) };
}

/** Decodes unreserved characters, writes other encoded octets in upper case, and removes dot segments. */
function normalizedPath(path: string): string {
  return new URL(`http://path${decodedPath(path)}`).pathname;
}

function decodedPath(path: string): string {
  return path.replace(ENCODED, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return UNRESERVED.test(character) ? character : octet.toUpperCase();
  });
}

/**
 * Returns the path of a request as the client has sent it. A request target can be a whole URL: RFC 9112 §3.2.2. Its host
 * does not count, but what is no URL has no path.
 */
function pathOf({ originalUrl, url = '' }: IncomingRequest): string | undefined {
  const target = originalUrl ?? url;
  if (!URL_CHARACTERS.test(target)) return undefined;
  if (target.startsWith('/')) return target.split(/[?#]/, 1)[0];
  const [, , path] = URL_PARTS.exec(target) ?? [];
  return URL.canParse(target) ? path : undefined;
}
