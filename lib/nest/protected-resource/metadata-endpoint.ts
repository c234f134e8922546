import type { HttpServer } from '@nestjs/common';
import type { PossessionSettings } from '../../token/index.js';
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
  possession: PossessionSettings | undefined,
): void {
  const document = {
    ...members,
    ...(issuers.length > 0 && { authorization_servers: issuers }),
    ...boundTokensOf(possession),
  };
  adapter.get(path, (_request: unknown, response: unknown) => {
    adapter.setHeader?.(response, 'Access-Control-Allow-Origin', '*');
    adapter.setHeader?.(response, 'Cache-Control', `public, max-age=${MAX_AGE}`);
    return adapter.reply(response, document, 200);
  });
}

/** Returns what the document says of tokens that are bound to a key. Nothing if they are refused. */
function boundTokensOf(possession: PossessionSettings | undefined): Readonly<Record<string, unknown>> {
  const { dpop, certificateDigest, acceptsBearer } = possession ?? {};
  return {
    ...(certificateDigest !== undefined && { tls_client_certificate_bound_access_tokens: true }),
    ...(dpop !== undefined && { dpop_signing_alg_values_supported: [...dpop.algorithms] }),
    ...(acceptsBearer === false && { dpop_bound_access_tokens_required: true }),
  };
}
