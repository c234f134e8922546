import { Readable } from 'node:stream';
import type { Request } from './request.js';

/**
 * Returns whether this is a request that a server has received, for one operation. An object that only looks like one may
 * stand for a connection, and so does the request that opened a socket: both outlive the operations on them.
 */
export function isHttpRequest(request: Request): boolean {
  return isReceived(request) && !isUpgrade(request);
}

/** Returns whether a server has received this request; nobody can send an object of this class. */
export function isReceived(request: Request): boolean {
  return request instanceof Readable || request.raw instanceof Readable;
}

/** Returns whether a request opened a socket, by RFC 9110 §7.8 or over HTTP/2 by RFC 8441 §4. */
export function isUpgrade({ headers }: Request): boolean {
  return headers?.['upgrade'] !== undefined || headers?.[':protocol'] !== undefined;
}
