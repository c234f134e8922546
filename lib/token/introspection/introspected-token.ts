import { type AuthorizationServer, isClientCredentialsToken, readClaim } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { authenticationEvent, authenticationOf } from '../authentication-event.js';
import { isSameConfirmation } from '../confirmation.js';
import { freezeClaims } from '../frozen-claims.js';
import { type Refuse, refuse } from '../refuse.js';
import type { Clock } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { checkIntrospectedKind, checkOpaqueClaims, subjectWithoutSub } from './introspected-claims.js';
import { contradicts, isDated, isLaterThan } from './sign-in.js';

/**
 * Returns the verified token that an introspection response about an opaque token describes.
 *
 * @throws AccessTokenRefused `invalid_token` if the response is about another audience or issuer, a refresh or ID
 * token, a token that is bound to a key in a way that is not accepted, or one that has expired or is not valid yet
 * @see [RFC 9470 §6.2](https://www.rfc-editor.org/rfc/rfc9470.html#section-6.2)
 */
export function acceptOpaque(claims: Claims, server: AuthorizationServer, clock: Clock): VerifiedAccessToken {
  checkOpaqueClaims(claims, server, clock);
  const event = authenticationEvent(claims, server);
  const subject = event.subject ?? (subjectWithoutSub(claims, server.profile) as string);
  return Object.freeze({ claims: freezeClaims(claims), event: Object.freeze({ ...event, subject }), server });
}

/** Returns a token without its authentication, which is that of another sign-in. */
export function withoutSignIn(verified: VerifiedAccessToken): VerifiedAccessToken {
  const { acr: _acr, acrs: _acrs, acrTimes: _acrTimes, authTime: _authTime, amr: _amr, ...event } = verified.event;
  return Object.freeze({ ...verified, event: Object.freeze(event) });
}

/**
 * Returns the authentication that a response about a verified JWT describes. Empty for a client credentials token, and
 * if nothing in either shows the sign-in of a user that the profile asks for.
 *
 * @throws AccessTokenRefused `invalid_token` if the response is about another subject, client or issuer, a refresh or
 * ID token, or a token that is bound to another key than the JWT
 */
export function factsAbout(
  { event, claims: own, server }: VerifiedAccessToken,
  claims: Claims,
  report: Refuse = refuse,
): SignInFacts {
  const { profile } = server;
  // A server may tell the binding in the JWT alone.
  checkIntrospectedKind({ cnf: own['cnf'], ...claims }, server, report);
  const disagrees =
    (claims['cnf'] !== undefined && !isSameConfirmation(claims, own)) ||
    isOther(claims['iss'], event.issuer) ||
    isOther(claims['sub'], event.subject) ||
    isOther(readClaim(claims, profile.claims.clientId), event.clientId);
  if (disagrees) report('introspection_mismatch');
  return isOfUser(own, claims, profile) ? authenticationOf(claims, profile) : {};
}

/** Returns whether a JWT or the response about it shows that a user has signed in, if the profile says how. */
function isOfUser(own: Claims, response: Claims, profile: AuthorizationServer['profile']): boolean {
  if (isClientCredentialsToken(own, profile)) return false;
  const { signInClaims } = profile;
  return signInClaims.length === 0 || signInClaims.some((name) => [own[name], response[name]].some(isTold));
}

function isTold(claim: unknown): boolean {
  return claim !== undefined && claim !== null;
}

type SignInFacts = ReturnType<typeof authenticationOf>;

/**
 * Returns whether facts are about another sign-in than that of a JWT. Some servers describe the current session, so
 * that an old token would gain from the user's next step-up. A JWT without `iat` accepts no time from a response.
 */
export function isOfAnotherSignIn(facts: SignInFacts, { event, claims: { iat } }: VerifiedAccessToken): boolean {
  const isUndated = isDated(facts) && typeof iat !== 'number';
  return isUndated || isLaterThan(facts, iat) || contradicts(toldBy(facts), toldBy(event));
}

/**
 * Adds facts and the delegate (`act`) of a response to a verified JWT. Does not replace claims of the token.
 */
export function addFacts(verified: VerifiedAccessToken, facts: SignInFacts, { act }: Claims): VerifiedAccessToken {
  const own = act === undefined ? verified : { ...verified, claims: freezeClaims({ act, ...verified.claims }) };
  return Object.freeze({ ...own, event: Object.freeze({ ...verified.event, ...facts, ...toldBy(verified.event) }) });
}

/** Returns what a sign-in tells. Without methods it tells no time of a context, but only that these are not known. */
function toldBy<Facts extends SignInFacts>(signIn: Facts): Facts | Omit<Facts, 'acrTimes'> {
  if (signIn.amr !== undefined || signIn.acrTimes === undefined) return signIn;
  const { acrTimes: _, ...told } = signIn;
  return told;
}

function isOther(claim: unknown, known: string | undefined): boolean {
  return claim !== undefined && claim !== null && claim !== known;
}
