import { type AuthorizationServer, hasClaim, mediaType, readClaim } from '../../authorization-servers/index.js';
import { isNumericDate, isText, namesAudience } from '../claim-values.js';
import { type Clock, checkLifetime } from '../lifetime.js';
import { refuse } from '../refuse.js';
import type { UnverifiedJwt } from './jwt.js';

/**
 * The rules that need no key. They decide towards refusal alone: whatever passes here is still unverified. Keys that the
 * header itself offers (`jku`, `jwk`, `x5u`, `x5c`) are not looked at.
 *
 * @throws AccessTokenRefused `invalid_token`
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 */
export function checkBeforeSignature(
  { header, payload }: UnverifiedJwt,
  server: AuthorizationServer,
  clock: Clock,
): void {
  const { alg, typ, crit } = header;
  if (crit !== undefined) refuse('The access token has critical header parameters that are not understood');
  if (typeof alg !== 'string' || !server.algorithms.has(alg))
    refuse('The access token is signed with an algorithm that is not allowed');
  if (typ !== undefined && typeof typ !== 'string') refuse('The type of the access token is not readable');
  if (!server.profile.typ.has(typ === undefined ? null : mediaType(typ as string)))
    refuse('The token is not marked as an access token (typ at+jwt)');
  if (!namesAudience(payload['aud'], server.audience)) refuse('The access token is meant for another audience');
  checkLifetime(payload, clock);
}

/**
 * The rules for the claims of a token whose signature holds. A `cnf` claim binds the token to a key whose proof we cannot
 * verify, so such a token is refused rather than taken for a bearer token.
 *
 * @throws AccessTokenRefused `invalid_token`
 * @see [RFC 9068 §2.2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2)
 */
export function checkClaims(
  claims: Readonly<Record<string, unknown>>,
  server: AuthorizationServer,
  clock: Clock,
): void {
  const { profile } = server;
  for (const mark of profile.accessTokenClaims) {
    if (!hasClaim(claims, mark)) refuse('The token is not marked as an access token (typ at+jwt)');
  }
  for (const claim of profile.otherTokenClaims) {
    if (claims[claim] !== undefined) refuse('The token is not marked as an access token (typ at+jwt)');
  }
  if (claims['cnf'] !== undefined)
    refuse('The access token is bound to a key, and no proof of possession is accepted here');
  if (!isText(claims['sub'])) refuse('The access token names no subject');
  const clientId = readClaim(claims, profile.claims.clientId);
  const { jti, iat } = claims;
  if (!isText(clientId) && !(clientId === undefined && profile.absentClaims.has('client_id'))) {
    refuse('The access token names no client');
  }
  if (!isText(jti) && !(jti === undefined && profile.absentClaims.has('jti'))) {
    refuse('The access token has no identifier');
  }
  if (iat === undefined && profile.absentClaims.has('iat')) return;
  if (!isNumericDate(iat)) refuse('The access token does not say when it was issued');
  else if (iat > clock.now + clock.clockTolerance) refuse('The access token is issued in the future; check the clocks');
}
