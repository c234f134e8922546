import type { HttpServer } from '@nestjs/common';
import type { ProtectedResource } from './protected-resource.js';

/** Seconds for which a client may keep the document. */
const MAX_AGE = 300;

/**
 * Serves the metadata of the API without a token, for every origin, under no prefix and no version: clients find the
 * document by its path. Has to be called before the application adds its own routes, so that none of them hides it.
 *
 * @see [RFC 9728 §3](https://www.rfc-editor.org/rfc/rfc9728.html#section-3)
 */
export function serveMetadata(
  adapter: HttpServer,
  { path, members }: ProtectedResource,
  issuers: readonly string[],
): void {
  const document = { ...members, ...(issuers.length > 0 && { authorization_servers: issuers }) };
  adapter.get(path, (_request: unknown, response: unknown) => {
    adapter.setHeader?.(response, 'Access-Control-Allow-Origin', '*');
    adapter.setHeader?.(response, 'Cache-Control', `public, max-age=${MAX_AGE}`);
    return adapter.reply(response, document, 200);
  });
}
