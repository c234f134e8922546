import { type AuthorizationServer, isOfMachine } from '../../authorization-servers/index.js';
import type { AuthenticationEvent } from '../../core/index.js';

type Claims = Readonly<Record<string, unknown>>;

/** A client that acts for itself: there is no user who could authenticate again. */
export function isMachine(
  { acr, acrs, authTime, subject, clientId }: AuthenticationEvent,
  claims: Claims,
  server: AuthorizationServer | undefined,
): boolean {
  if (server !== undefined && isOfMachine(claims, server.profile)) return true;
  if (acr !== undefined || acrs !== undefined || authTime !== undefined || subject === undefined) return false;
  return [clientId, claims['azp'], claims['cid']].includes(subject);
}

/**
 * Somebody who acts for the user, by a token whose server is not configured to let them: it was the user who authenticated.
 *
 * @see [RFC 8693 §4.1](https://www.rfc-editor.org/rfc/rfc8693.html#section-4.1)
 */
export function isRefusedDelegation(claims: Claims, server: AuthorizationServer | undefined): boolean {
  return claims['act'] !== undefined && server?.delegation !== 'accept';
}
