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
  const event: AuthenticationEvent = { issuer };
  if (!isClientCredentialsToken(claims, profile)) addAuthentication(event, claims, profile);
  const { sub } = claims;
  if (typeof sub === 'string') event.subject = sub;
  const clientId = readClaim(claims, profile.claims.clientId);
  if (typeof clientId === 'string') event.clientId = clientId;
  const scope = readClaim(claims, profile.claims.scope);
  if (typeof scope === 'string') event.scope = scope;
  else if (isTextList(scope)) event.scope = scope.join(' ');
  return Object.freeze(event);
}

/**
 * Returns how and when the user authenticated: the part of {@link authenticationEvent} that is not about issuer,
 * subject, client and scope. Empty for a client credentials token.
 */
export function authenticationOf(claims: Claims, profile: AuthorizationServer['profile']): Authentication {
  const authentication: Authentication = {};
  if (!isClientCredentialsToken(claims, profile)) addAuthentication(authentication, claims, profile);
  return authentication;
}

type Authentication = Pick<AuthenticationEvent, 'acr' | 'acrs' | 'authTime' | 'amr'>;

/** Sets member by member: a new token is slower to read with spread syntax. */
function addAuthentication(to: Authentication, claims: Claims, profile: AuthorizationServer['profile']): void {
  const acr = readClaim(claims, profile.claims.acr);
  if (profile.acrType === 'list') {
    if (isTextList(acr)) to.acrs = frozenCopy(acr);
  } else if (typeof acr === profile.acrType) {
    to.acr = String(acr);
  }
  const authTime = readClaim(claims, profile.claims.authTime);
  if (authTime !== undefined && authTime !== null) to.authTime = authTime as number;
  const amr = readClaim(claims, profile.claims.amr);
  if (isTextList(amr)) to.amr = frozenCopy(amr);
}

/** Returns a list itself if it is frozen already, as that of a verified token is. */
function frozenCopy(list: readonly string[]): readonly string[] {
  return Object.isFrozen(list) ? list : Object.freeze([...list]);
}
