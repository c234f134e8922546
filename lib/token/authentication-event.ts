import { type AuthorizationServer, isClientCredentialsToken, readClaim } from '../authorization-servers/index.js';
import type { AuthenticationEvent, Claims } from '../core/index.js';
import { isTextList } from './claim-values.js';

/**
 * Returns the authentication event that the claims of a token describe. Ignores an `acr` of another type than the
 * profile says. Does not check `auth_time`: `assess` does. A client credentials token has no authentication, whatever
 * its `acr` says.
 *
 * @see [RFC 9068 §2.2.1](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2.1)
 */
export function authenticationEvent(
  claims: Claims,
  { issuer, profile }: Pick<AuthorizationServer, 'issuer' | 'profile'>,
): AuthenticationEvent {
  const clientId = readClaim(claims, profile.claims.clientId);
  const scope = readClaim(claims, profile.claims.scope);
  return Object.freeze({
    issuer,
    ...authenticationOf(claims, profile),
    ...(typeof claims['sub'] === 'string' && { subject: claims['sub'] }),
    ...(typeof clientId === 'string' && { clientId }),
    ...(typeof scope === 'string' ? { scope } : isTextList(scope) ? { scope: scope.join(' ') } : undefined),
  });
}

/**
 * Returns how and when the user authenticated: the part of {@link authenticationEvent} that is not about issuer,
 * subject, client and scope. Empty for a client credentials token.
 */
export function authenticationOf(
  claims: Claims,
  profile: AuthorizationServer['profile'],
): Pick<AuthenticationEvent, 'acr' | 'acrs' | 'authTime' | 'amr'> {
  if (isClientCredentialsToken(claims, profile)) return {};
  const authTime = readClaim(claims, profile.claims.authTime);
  const amr = readClaim(claims, profile.claims.amr);
  return {
    ...acrOf(readClaim(claims, profile.claims.acr), profile.acrType),
    ...(authTime !== undefined && authTime !== null && { authTime: authTime as number }),
    ...(isTextList(amr) && { amr: Object.freeze([...amr]) }),
  };
}

function acrOf(
  acr: unknown,
  type: AuthorizationServer['profile']['acrType'],
): Pick<AuthenticationEvent, 'acr' | 'acrs'> | undefined {
  if (type === 'list') return isTextList(acr) ? { acrs: Object.freeze([...acr]) } : undefined;
  if (typeof acr !== type) return undefined;
  return { acr: String(acr) };
}
