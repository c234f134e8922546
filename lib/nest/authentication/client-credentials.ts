import {
  type AuthorizationServer,
  isClientCredentialsToken as hasClientCredentialsClaims,
} from '../../authorization-servers/index.js';
import type { AuthenticationEvent } from '../../core/index.js';

/**
 * Returns whether a token was issued to a client for itself. Such a token has no user who could step up.
 *
 * @see [RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.4)
 */
export function isClientCredentialsToken(
  { acr, acrs, authTime, subject, clientId }: AuthenticationEvent,
  claims: Readonly<Record<string, unknown>>,
  server: AuthorizationServer | undefined,
): boolean {
  if (server !== undefined && hasClientCredentialsClaims(claims, server.profile)) return true;
  if (acr !== undefined || acrs !== undefined || authTime !== undefined || subject === undefined) return false;
  return [clientId, claims['azp'], claims['cid']].includes(subject);
}
