import { type AuthorizationServer, hasClaim, readClaim } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { found, isText, isTextList, namesAudience } from '../claim-values.js';
import { accessTokenClaims, checkConfirmation, confirmationOf } from '../confirmation.js';
import { type Refuse, refuse } from '../refuse.js';
import { type Clock, checkStillValid } from '../validity.js';

/** Members that name the kind of a token at Keycloak, Curity and ForgeRock, in this order. */
const KIND_CLAIMS = ['typ', 'purpose', 'tokenName'];
const OTHER_KINDS = new Set(['refresh', 'refresh_token', 'offline', 'id', 'id_token', 'logout', 'logout_token']);
/** Claims of ID tokens and of logout tokens that access tokens never carry. */
const CLAIMS_OF_OTHER_KINDS = ['at_hash', 'c_hash', 'events'];
/** Members that name a user in RFC 7662, Spring Security OAuth and MITREid Connect, in this order. */
const USER_CLAIMS = ['username', 'user_name', 'user_id'];

/**
 * Checks the introspection response about an opaque token. It requires two things that RFC 7662 does not: an audience,
 * since a token for another API would pass without one, and a mark of an access token, since several servers introspect
 * refresh tokens too.
 *
 * @throws AccessTokenRefused `invalid_token` for `iss`, `aud`, the kind of the token, `sub`, `exp` or `nbf`
 * @see [RFC 7662 §2.2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2)
 */
export function checkOpaqueClaims(
  claims: Claims,
  server: AuthorizationServer,
  clock: Clock,
  report: Refuse = refuse,
): void {
  const { issuer, audience, profile } = server;
  const { iss, aud, sub } = claims;
  if (iss !== undefined && iss !== issuer) report('issuer_unknown', { ...found(iss), expected: [issuer] });
  if (!namesAudience(aud, audience) && !(aud === undefined && profile.absentClaims.has('aud'))) {
    report('audience_mismatch', { ...found(aud), expected: [...audience], isOfResponse: true });
  }
  checkIntrospectedKind(claims, server, report);
  if (!isMarkedAsAccessToken(claims, server)) report('introspected_kind_mismatch', { claim: 'token_type' });
  if (!isText(sub) && !(sub === undefined && isText(subjectWithoutSub(claims, profile)))) {
    report('sub_missing', { claim: 'sub', isOfResponse: true });
  }
  checkStillValid(claims, clock, report);
}

/**
 * Checks that an introspection response is about an access token. Also for a JWT: the response may say more than the
 * JWT itself.
 *
 * @throws AccessTokenRefused `invalid_token` if it is about another kind of token, or about one that is bound to a key
 * in a way that is not accepted
 * @see [RFC 8705 §3.2](https://www.rfc-editor.org/rfc/rfc8705.html#section-3.2)
 */
export function checkIntrospectedKind(claims: Claims, server: AuthorizationServer, report: Refuse = refuse): void {
  const { profile } = server;
  const { token_type: type = 'Bearer', token_use: use = 'access_token' } = claims;
  if (!isAccessTokenType(type, claims, server))
    report('introspected_kind_mismatch', { claim: 'token_type', ...found(type) });
  if (use !== 'access_token') report('introspected_kind_mismatch', { claim: 'token_use', ...found(use) });
  for (const claim of KIND_CLAIMS) {
    const kind = claims[claim];
    if (typeof kind === 'string' && OTHER_KINDS.has(kind.toLowerCase())) {
      report('introspected_kind_mismatch', { claim, found: kind });
    }
  }
  for (const claim of CLAIMS_OF_OTHER_KINDS) {
    if (claims[claim] !== undefined) report('introspected_kind_mismatch', { claim });
  }
  for (const required of accessTokenClaims(claims, server)) {
    const [claim] = required;
    if (claims[claim] !== undefined && !hasClaim(claims, required)) report('introspected_kind_mismatch', { claim });
  }
  for (const claim of profile.otherTokenClaims) {
    if (claims[claim] !== undefined) report('introspected_kind_mismatch', { claim });
  }
  checkConfirmation(claims, server, report);
}

/**
 * Returns the subject of a token without `sub`: the user if a claim names one, otherwise the client. Without a user the
 * client is the subject.
 *
 * @see [RFC 9068 §2.2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2)
 */
export function subjectWithoutSub(claims: Claims, { claims: paths }: AuthorizationServer['profile']): unknown {
  const userClaim = USER_CLAIMS.find((claim) => isText(claims[claim]));
  return userClaim === undefined ? readClaim(claims, paths.clientId) : claims[userClaim];
}

/**
 * Returns whether a response says that its token is an access token. Claims whose presence is enough count in JWTs
 * only.
 */
function isMarkedAsAccessToken(claims: Claims, server: AuthorizationServer): boolean {
  const scope = readClaim(claims, server.profile.claims.scope);
  return (
    isAccessTokenType(claims['token_type'], claims, server) ||
    claims['token_use'] === 'access_token' ||
    isText(scope) ||
    (isTextList(scope) && scope.length > 0) ||
    accessTokenClaims(claims, server).some((required) => required[1] !== true && hasClaim(claims, required))
  );
}

/**
 * Returns whether `token_type` is one of access tokens: `Bearer`, or `DPoP` for a token that is bound so.
 *
 * @see [RFC 9449 §6.2](https://www.rfc-editor.org/rfc/rfc9449.html#section-6.2)
 */
function isAccessTokenType(type: unknown, claims: Claims, { boundTokens }: AuthorizationServer): boolean {
  if (typeof type !== 'string') return false;
  const name = type.toLowerCase();
  return name === 'bearer' || (name === 'dpop' && boundTokens.dpop && confirmationOf(claims)?.jkt !== undefined);
}
