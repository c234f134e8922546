import { type AuthorizationServer, hasClaim, readClaim } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { found, isText, isTextList, namesAudience } from '../claim-values.js';
import { refuse } from '../refuse.js';
import { type Clock, checkStillValid } from '../validity.js';

/** Members in which servers name the kind of a token: Keycloak, Curity and ForgeRock, in this order. */
const KIND_CLAIMS = ['typ', 'purpose', 'tokenName'];
const OTHER_KINDS = new Set(['refresh', 'refresh_token', 'offline', 'id', 'id_token', 'logout', 'logout_token']);
/** Claims of ID tokens and of logout tokens that access tokens never carry. */
const CLAIMS_OF_OTHER_KINDS = ['at_hash', 'c_hash', 'events'];
/** Members that name a user: RFC 7662, Spring Security OAuth, MITREid Connect. */
const USER_CLAIMS = ['username', 'user_name', 'user_id'];

/**
 * The rules for what introspection says of an opaque token. Little of it is required by RFC 7662. An audience is required
 * here, as without one a token for another API would pass, and so is something that says it is an access token, as several
 * servers introspect refresh tokens as well.
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
  if (!isMarkedAsAccessToken(claims, profile)) refuse('introspected_kind_mismatch', { claim: 'token_type' });
  if (!isText(sub) && !(sub === undefined && isText(subjectWithoutSub(claims, profile)))) {
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
  if (!isBearer(type)) refuse('introspected_kind_mismatch', { claim: 'token_type', ...found(type) });
  if (use !== 'access_token') refuse('introspected_kind_mismatch', { claim: 'token_use', ...found(use) });
  for (const claim of KIND_CLAIMS) {
    const kind = claims[claim];
    if (typeof kind === 'string' && OTHER_KINDS.has(kind.toLowerCase())) {
      refuse('introspected_kind_mismatch', { claim, found: kind });
    }
  }
  for (const claim of CLAIMS_OF_OTHER_KINDS) {
    if (claims[claim] !== undefined) refuse('introspected_kind_mismatch', { claim });
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

/**
 * The subject of a token that has no `sub`: the user if one is named, else the client. Where no user is involved, the client
 * is the subject.
 *
 * @see [RFC 9068 §2.2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2)
 */
export function subjectWithoutSub(claims: Claims, { claims: paths }: AuthorizationServer['profile']): unknown {
  const userClaim = USER_CLAIMS.find((claim) => isText(claims[claim]));
  return userClaim === undefined ? readClaim(claims, paths.clientId) : claims[userClaim];
}

/** What says nothing is no access token. A mark of the profile counts by its value, as presence alone marks JWTs. */
function isMarkedAsAccessToken(claims: Claims, profile: AuthorizationServer['profile']): boolean {
  const scope = readClaim(claims, profile.claims.scope);
  return (
    isBearer(claims['token_type']) ||
    claims['token_use'] === 'access_token' ||
    isText(scope) ||
    (isTextList(scope) && scope.length > 0) ||
    profile.accessTokenClaims.some((mark) => mark[1] !== true && hasClaim(claims, mark))
  );
}

function isBearer(type: unknown): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'bearer';
}
