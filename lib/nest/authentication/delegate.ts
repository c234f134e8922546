import type { AuthorizationServer } from '../../authorization-servers/index.js';

/**
 * Returns whether a delegate acts for the user by this token, and its server is not configured to accept delegates. The
 * delegate has not authenticated: the user has.
 *
 * @see [RFC 8693 §4.1](https://www.rfc-editor.org/rfc/rfc8693.html#section-4.1)
 */
export function isRefusedDelegation(
  claims: Readonly<Record<string, unknown>>,
  server: AuthorizationServer | undefined,
): boolean {
  return claims['act'] !== undefined && server?.delegation !== 'accept';
}
