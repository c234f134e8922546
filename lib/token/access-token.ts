import {
  type AuthorizationServer,
  hasClaim,
  isOfMachine,
  mediaType,
  readClaim,
} from '../authorization-servers/index.js';
import type { AuthenticationEvent } from '../core/index.js';
import { AccessTokenRefused } from './errors.js';
import type { UnverifiedJwt } from './jwt.js';
import { withoutStack } from './without-stack.js';

export interface Clock {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds by which clocks may differ. */
  readonly clockTolerance: number;
}

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
 * `exp`, which a JWT must have, and `nbf`.
 *
 * @throws AccessTokenRefused `invalid_token`
 */
export function checkLifetime(claims: Readonly<Record<string, unknown>>, clock: Clock): void {
  if (claims['exp'] === undefined) refuse('The access token does not say when it expires');
  checkStillValid(claims, clock);
}

/**
 * `exp` and `nbf` of a token that was accepted before, judged anew at every use. Only an introspection answer may have no
 * `exp`: such a token is active for as long as the answer is good.
 *
 * @throws AccessTokenRefused `invalid_token`
 */
export function checkStillValid({ exp, nbf }: Readonly<Record<string, unknown>>, { now, clockTolerance }: Clock): void {
  if (exp !== undefined && (!isNumericDate(exp) || now >= exp + clockTolerance)) refuse('The access token has expired');
  if (nbf !== undefined && (!isNumericDate(nbf) || now < nbf - clockTolerance))
    refuse('The access token is not valid yet');
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

/**
 * The rules for what introspection says of an opaque token. Little of it is required by RFC 7662; an audience is required
 * here, as without one a token for another API would pass.
 *
 * @throws AccessTokenRefused `invalid_token`
 * @see [RFC 7662 §2.2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2)
 */
export function checkOpaqueClaims(
  claims: Readonly<Record<string, unknown>>,
  { issuer, audience, profile }: AuthorizationServer,
  clock: Clock,
): void {
  const { iss, aud, sub } = claims;
  if (iss !== undefined && iss !== issuer) refuse('The issuer of the access token is not known');
  if (!namesAudience(aud, audience) && !(aud === undefined && profile.absentClaims.has('aud'))) {
    refuse('The access token is meant for another audience');
  }
  checkIntrospectedKind(claims, profile);
  if (!isText(sub) && !(sub === undefined && isText(readClaim(claims, profile.claims.clientId)))) {
    refuse('The access token names no subject');
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
export function checkIntrospectedKind(
  claims: Readonly<Record<string, unknown>>,
  profile: AuthorizationServer['profile'],
): void {
  const { cnf, token_type: type = 'Bearer', token_use: use = 'access_token' } = claims;
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer' || use !== 'access_token') {
    refuse('The token is not a bearer access token');
  }
  for (const mark of profile.accessTokenClaims) {
    if (claims[mark[0]] !== undefined && !hasClaim(claims, mark)) refuse('The token is not a bearer access token');
  }
  for (const claim of profile.otherTokenClaims) {
    if (claims[claim] !== undefined) refuse('The token is not a bearer access token');
  }
  if (cnf !== undefined) refuse('The access token is bound to a key, and no proof of possession is accepted here');
}

/**
 * The authentication event that a token's claims tell of. An `acr` that is not of the type that the profile says is as good
 * as none; `auth_time` is passed on as it is, for the assessment to judge. In a token that a client got for itself, as the
 * profile tells, no user has authenticated, whatever the server writes into `acr`.
 *
 * @see [RFC 9068 §2.2.1](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2.1)
 */
export function authenticationEvent(
  claims: Readonly<Record<string, unknown>>,
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
 * How and when a user authenticated, by claims; what {@link authenticationEvent} has beside whose token it is. Empty for a
 * token that a client got for itself.
 */
export function authenticationOf(
  claims: Readonly<Record<string, unknown>>,
  profile: AuthorizationServer['profile'],
): Pick<AuthenticationEvent, 'acr' | 'acrs' | 'authTime' | 'amr'> {
  if (isOfMachine(claims, profile)) return {};
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

function namesAudience(aud: unknown, audience: ReadonlySet<string>): boolean {
  if (typeof aud === 'string') return audience.has(aud);
  return Array.isArray(aud) && aud.some((value) => audience.has(value));
}

function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}

function refuse(message: string): never {
  throw withoutStack(() => new AccessTokenRefused('invalid_token', message));
}
