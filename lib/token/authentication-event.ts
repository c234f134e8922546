import { type AuthorizationServer, isClientCredentialsToken, readClaim } from '../authorization-servers/index.js';
import type { AuthenticationEvent, Claims } from '../core/index.js';
import { isTextList } from './claim-values.js';

/**
 * The authentication event that a token's claims tell of. An `acr` that is not of the type that the profile says is as good
 * as none; `auth_time` is passed on as it is, for the assessment to judge. In a token that a client got for itself, as the
 * profile tells, no user has authenticated, whatever the server writes into `acr`.
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
 * How and when a user authenticated, by claims; what {@link authenticationEvent} has next to whose token it is. Empty for a
 * token that a client got for itself.
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
