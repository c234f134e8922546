import type { AuthorizationServer } from '../authorization-servers/index.js';
import type { Claims } from '../core/index.js';

/**
 * Returns whether a JWT leaves to introspection what RFC 9068 §2.2 requires of it, and its server may do so. Such a token is
 * provisional: it counts only with what the server says of it.
 *
 * @see [RFC 9068 §2.2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2)
 */
export function isLightweight(claims: Claims, server: Pick<AuthorizationServer, 'introspection' | 'profile'>): boolean {
  return server.introspection?.lightweightTokens === true && isWithoutOwner(claims, server);
}

/** Returns whether a JWT does not say whose it is, or for which API. */
export function isWithoutOwner({ sub, aud }: Claims, { profile }: Pick<AuthorizationServer, 'profile'>): boolean {
  return sub === undefined || (aud === undefined && profile.audienceIn === 'aud');
}
