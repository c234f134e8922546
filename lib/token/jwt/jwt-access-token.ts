import {
  type AuthorizationServer,
  audiencesOfScope,
  hasClaim,
  mediaType,
  readClaim,
} from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { found, isNumericDate, isText, namesAudience } from '../claim-values.js';
import { accessTokenClaims, checkConfirmation } from '../confirmation.js';
import type { RefusalFacts } from '../errors.js';
import { isLightweight } from '../lightweight-token.js';
import { type Refuse, refuse } from '../refuse.js';
import { type Clock, checkValidity } from '../validity.js';
import type { UnverifiedJwt } from './jwt.js';

/**
 * Checks the rules that need no key, so that most invalid tokens cost no signature. A token that passes is still
 * unverified. Ignores keys in the header itself: `jku`, `jwk`, `x5u` and `x5c`.
 *
 * @throws AccessTokenRefused `invalid_token` for `crit`, `alg`, `typ`, `aud`, `exp` or `nbf`
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 */
export function checkBeforeSignature(
  { header, payload }: UnverifiedJwt,
  server: AuthorizationServer,
  clock: Clock,
  report: Refuse = refuse,
): void {
  const { alg, typ, crit } = header;
  if (crit !== undefined) report('crit_unsupported');
  if (typeof alg !== 'string' || !server.algorithms.has(alg)) {
    report('algorithm_not_allowed', { ...found(alg), expected: [...server.algorithms] });
  }
  if (typ !== undefined && typeof typ !== 'string') report('typ_unreadable');
  else if (!server.profile.typ.has(typ === undefined ? null : mediaType(typ)))
    report('typ_mismatch', { ...found(typ), expected: [...server.profile.typ] });
  if (!isForApi(payload, server)) {
    report('audience_mismatch', { ...found(payload['aud']), expected: [...server.audience] });
  }
  checkValidity(payload, clock, report);
}

/**
 * Returns whether a token names this API, or leaves that to introspection. A scope names it only if the profile says so
 * and the token has no `aud`: an audience of another API is never overruled.
 */
function isForApi(payload: Claims, server: AuthorizationServer): boolean {
  const { audience, profile } = server;
  if (payload['aud'] === undefined && isLightweight(payload, server)) return true;
  if (profile.audienceIn === 'aud' || payload['aud'] !== undefined) return namesAudience(payload['aud'], audience);
  return namesAudience(audiencesOfScope(readClaim(payload, profile.claims.scope)), audience);
}

/**
 * Checks the claims of a token whose signature is verified. A lightweight one may leave out `sub`, but not its client.
 * Refuses a token that is bound to a key (`cnf`) in a way
 * that is not accepted. Does not verify the proof of that key.
 *
 * @throws AccessTokenRefused `invalid_token` for a missing or unexpected claim, or an `iat` in the future
 * @see [RFC 9068 §2.2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2)
 */
export function checkClaims(claims: Claims, server: AuthorizationServer, clock: Clock, report: Refuse = refuse): void {
  const { profile } = server;
  for (const required of accessTokenClaims(claims, server)) {
    if (!hasClaim(claims, required)) report('token_kind_mismatch', lackOf(required, claims));
  }
  for (const claim of profile.otherTokenClaims) {
    if (claims[claim] !== undefined) report('token_kind_mismatch', { claim, expected: [null] });
  }
  checkConfirmation(claims, server, report);
  const isProvisional = isLightweight(claims, server);
  if (!isText(claims['sub']) && !(claims['sub'] === undefined && isProvisional)) {
    report('sub_missing', { claim: 'sub' });
  }
  const clientId = readClaim(claims, profile.claims.clientId);
  const { jti, iat } = claims;
  const needsNoClient = !isProvisional && profile.absentClaims.has('client_id');
  if (!isText(clientId) && !(clientId === undefined && needsNoClient)) {
    report('client_id_missing', { claim: profile.claims.clientId.join('.') });
  }
  if (!isText(jti) && !(jti === undefined && profile.absentClaims.has('jti'))) {
    report('jti_missing', { claim: 'jti' });
  }
  if (iat === undefined && profile.absentClaims.has('iat')) return;
  if (!isNumericDate(iat)) report('iat_missing', { claim: 'iat' });
  else if (iat > clock.now + clock.clockTolerance) report('iat_in_future');
}

/** A value is named, the value of a claim that only has to be there is not. */
function lackOf([claim, value]: readonly [claim: string, value: string | true], claims: Claims): RefusalFacts {
  return value === true ? { claim } : { claim, ...found(claims[claim]), expected: [value] };
}
