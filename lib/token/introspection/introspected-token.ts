import { type AuthorizationServer, isClientCredentialsToken, readClaim } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { authenticationEvent, authenticationOf } from '../authentication-event.js';
import { freezeClaims } from '../frozen-claims.js';
import { refuse } from '../refuse.js';
import type { Clock } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { checkIntrospectedKind, checkOpaqueClaims, subjectWithoutSub } from './introspected-claims.js';
import { contradicts, isLaterThan } from './sign-in.js';

/**
 * Takes what the authorization server says of an opaque token for the token's claims.
 *
 * @throws AccessTokenRefused `invalid_token` if the response is about another audience or issuer, about a refresh or ID
 * token, about one bound to a key, or about one whose time is over
 * @see [RFC 9470 §6.2](https://www.rfc-editor.org/rfc/rfc9470.html#section-6.2)
 */
export function acceptOpaque(claims: Claims, server: AuthorizationServer, clock: Clock): VerifiedAccessToken {
  checkOpaqueClaims(claims, server, clock);
  const event = authenticationEvent(claims, server);
  const subject = event.subject ?? (subjectWithoutSub(claims, server.profile) as string);
  return Object.freeze({ claims: freezeClaims(claims), event: Object.freeze({ ...event, subject }), server });
}

/** Returns a token without what its response says of the authentication: it is about another sign-in. */
export function withoutSignIn(verified: VerifiedAccessToken): VerifiedAccessToken {
  const { acr: _acr, acrs: _acrs, authTime: _authTime, amr: _amr, ...event } = verified.event;
  return Object.freeze({ ...verified, event: Object.freeze(event) });
}

/**
 * Returns what a response about a verified JWT says of the authentication. Empty for a token that a client got for itself.
 *
 * @throws AccessTokenRefused `invalid_token` if the response is about another subject, client or issuer, about a refresh or
 * ID token, or about one bound to a key
 */
export function factsAbout({ event, claims: own, server }: VerifiedAccessToken, claims: Claims): SignInFacts {
  const { profile } = server;
  checkIntrospectedKind(claims, profile);
  const disagrees =
    isOther(claims['iss'], event.issuer) ||
    isOther(claims['sub'], event.subject) ||
    isOther(readClaim(claims, profile.claims.clientId), event.clientId);
  if (disagrees) refuse('introspection_mismatch');
  return isClientCredentialsToken(own, profile) ? {} : authenticationOf(claims, profile);
}

type SignInFacts = ReturnType<typeof authenticationOf>;

/**
 * Returns whether facts are about another sign-in than that of a JWT: some servers tell of the session as it is now, so that
 * an old token would rise with the user's next step-up. A JWT without `iat` takes no `auth_time` from elsewhere.
 */
export function isOfAnotherSignIn(facts: SignInFacts, { event, claims: { iat } }: VerifiedAccessToken): boolean {
  const isUndated = facts.authTime !== undefined && typeof iat !== 'number';
  return isUndated || isLaterThan(facts, iat) || contradicts(facts, event);
}

/**
 * Adds facts to a verified JWT, and who acts for the user. Changes nothing that the token says itself.
 *
 * @param claims of the response
 */
export function addFacts(verified: VerifiedAccessToken, facts: SignInFacts, { act }: Claims): VerifiedAccessToken {
  const own = act === undefined ? verified : { ...verified, claims: freezeClaims({ act, ...verified.claims }) };
  return Object.freeze({ ...own, event: Object.freeze({ ...facts, ...verified.event }) });
}

function isOther(said: unknown, known: string | undefined): boolean {
  return said !== undefined && said !== null && said !== known;
}
