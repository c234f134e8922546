import {
  type AuthorizationServer,
  isClientCredentialsToken,
  readClaim,
  secondsOf,
} from '../authorization-servers/index.js';
import type { AuthenticationEvent, Claims } from '../core/index.js';
import { toldByMethods } from './authentication-methods.js';
import { isTextList } from './claim-values.js';

/**
 * Returns the authentication event that the claims of a token describe. Ignores `acr` and methods of another type than
 * the profile says. Does not check `auth_time`: `assess` does. A client credentials token has no authentication, whatever
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
export function authenticationOf(claims: Claims, profile: AuthorizationServer['profile']): Authentication {
  if (isClientCredentialsToken(claims, profile)) return {};
  const { claims: paths, methods, authTimeFormat } = profile;
  const authTime = readClaim(claims, paths.authTime);
  const amr = readClaim(claims, paths.amr);
  const told: Authentication = methods === undefined ? {} : toldByMethods(claims, paths.amr, methods);
  const ofClaim = acrOf(readClaim(claims, paths.acr), profile.acrType);
  const seconds = authTimeFormat === 'seconds' ? authTime : secondsOf(authTime, authTimeFormat);
  return {
    ...told,
    ...ofClaim,
    ...(told.acrs !== undefined &&
      ofClaim?.acrs !== undefined && { acrs: Object.freeze([...ofClaim.acrs, ...told.acrs]) }),
    ...(seconds !== undefined && seconds !== null && { authTime: seconds as number }),
    ...(methods === undefined && isTextList(amr) && { amr: Object.freeze([...amr]) }),
  };
}

/** How and when a user authenticated. */
export type Authentication = Pick<AuthenticationEvent, 'acr' | 'acrs' | 'acrTimes' | 'authTime' | 'amr'>;

function acrOf(
  acr: unknown,
  type: AuthorizationServer['profile']['acrType'],
): Pick<AuthenticationEvent, 'acr' | 'acrs'> | undefined {
  if (type === 'list') return isTextList(acr) ? { acrs: Object.freeze([...acr]) } : undefined;
  if (typeof acr !== type) return undefined;
  return { acr: String(acr) };
}
