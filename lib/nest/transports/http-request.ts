import { Readable } from 'node:stream';
import type { Request } from './request.js';

/**
 * Returns whether this is a request that a server has received, for one operation. An object that only looks like one may
 * stand for a connection, and so does the request that opened a socket: both outlive the operations on them.
 */
export function isHttpRequest(request: Request): boolean {
  return isReceived(request) && !isUpgrade(request);
}

/**
 * Returns whether a server has received this request: Node's own, or that of a framework around it. A plain object is none,
 * whatever it carries.
 */
export function isReceived(request: Request): boolean {
  if (request instanceof Readable) return true;
  const prototype: unknown = Object.getPrototypeOf(request);
  return prototype !== null && prototype !== Object.prototype && request.raw instanceof Readable;
}

/**
 * Returns whether a request opened a socket, by RFC 9110 §7.8 or over HTTP/2 by RFC 8441 §4. Looks at what was received, as
 * others may have put headers of their own on top.
 */
function isUpgrade(request: Request): boolean {
  const { raw } = request as { raw?: Request };
  return [request, raw].some(
    (message) =>
      message?.headers?.['upgrade'] !== undefined ||
      message?.headers?.[':protocol'] !== undefined ||
      message?.rawHeaders?.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'upgrade') === true,
  );
}
