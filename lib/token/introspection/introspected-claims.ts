import { type AuthorizationServer, hasClaim, readClaim } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { found, isText, namesAudience } from '../claim-values.js';
import { type Clock, checkStillValid } from '../lifetime.js';
import { refuse } from '../refuse.js';

/**
 * The rules for what introspection says of an opaque token. Little of it is required by RFC 7662; an audience is required
 * here, as without one a token for another API would pass.
 *
 * @throws AccessTokenRefused `invalid_token`
 * @see [RFC 7662 §2.2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2)
 */
export function checkOpaqueClaims(
  claims: Claims,
  { issuer, audience, profile }: AuthorizationServer,
  clock: Clock,
): void {
  const { iss, aud, sub } = claims;
  if (iss !== undefined && iss !== issuer) refuse('issuer_unknown', { ...found(iss), expected: [issuer] });
  if (!namesAudience(aud, audience) && !(aud === undefined && profile.absentClaims.has('aud'))) {
    refuse('audience_mismatch', { ...found(aud), expected: [...audience] });
  }
  checkIntrospectedKind(claims, profile);
  if (!isText(sub) && !(sub === undefined && isText(readClaim(claims, profile.claims.clientId)))) {
    refuse('sub_missing', { claim: 'sub' });
  }
  checkStillValid(claims, clock);
}

/**
 * Refuses what introspection says is no access token, or is bound to a key, of a JWT too: the server may know what the JWT
 * does not say.
 *
 * @throws AccessTokenRefused `invalid_token`
 * @see [RFC 8705 §3.2](https://www.rfc-editor.org/rfc/rfc8705.html#section-3.2)
 */
export function checkIntrospectedKind(claims: Claims, profile: AuthorizationServer['profile']): void {
  const { cnf, token_type: type = 'Bearer', token_use: use = 'access_token' } = claims;
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer' || use !== 'access_token') {
    refuse('introspected_kind_mismatch');
  }
  for (const mark of profile.accessTokenClaims) {
    if (claims[mark[0]] !== undefined && !hasClaim(claims, mark)) {
      refuse('introspected_kind_mismatch', { claim: mark[0] });
    }
  }
  for (const claim of profile.otherTokenClaims) {
    if (claims[claim] !== undefined) refuse('introspected_kind_mismatch', { claim });
  }
  if (cnf !== undefined) refuse('cnf_unsupported', { claim: 'cnf' });
}
