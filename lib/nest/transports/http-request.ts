import { Readable } from 'node:stream';
import type { Request } from './request.js';

/**
 * Returns whether a server has received this request for one operation. Returns `false` for an object that only looks
 * like a request, and for the request that opened a socket: both can outlive one operation.
 */
export function isHttpRequest(request: Request): boolean {
  return isReceived(request) && !isUpgrade(request);
}

/**
 * Returns whether a server has received this request: the request of Node, or of a framework around it. Returns `false`
 * for a plain object.
 */
export function isReceived(request: Request): boolean {
  if (request instanceof Readable) return true;
  const prototype: unknown = Object.getPrototypeOf(request);
  return prototype !== null && prototype !== Object.prototype && request.raw instanceof Readable;
}

/**
 * Returns whether a request opened a socket: RFC 9110 §7.8, or RFC 8441 §4 over HTTP/2. Reads the raw headers too,
 * because other code can have replaced the parsed ones.
 */
export function isUpgrade(request: Request): boolean {
  const { raw } = request as { raw?: Request };
  return [request, raw].some(
    (message) =>
      message?.headers?.['upgrade'] !== undefined ||
      message?.headers?.[':protocol'] !== undefined ||
      (message?.rawHeaders !== undefined && namesUpgrade(message.rawHeaders)),
  );
}

function namesUpgrade(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 7 && name.toLowerCase() === 'upgrade') return true;
  }
  return false;
}
