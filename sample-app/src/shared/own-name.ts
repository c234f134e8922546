import type { RequestHandler } from 'express';

/**
 * Sends browsers that call a server by another name, such as `localhost`, to its own URL. Under another name there are
 * other cookies, and the authorization server sends nobody back to it.
 */
export function underOwnName(url: string): RequestHandler {
  const { host } = new URL(url);
  return ({ method, headers, originalUrl }, response, next) => {
    if (headers.host === host || (method !== 'GET' && method !== 'HEAD')) return next();
    response.set('cache-control', 'no-store').redirect(url + originalUrl);
  };
}
