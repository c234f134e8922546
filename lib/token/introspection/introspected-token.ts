import { type AuthorizationServer, isClientCredentialsToken, readClaim } from '../../authorization-servers/index.js';
import type { AuthenticationEvent, Claims } from '../../core/index.js';
import { authenticationEvent, authenticationOf } from '../authentication-event.js';
import { freezeClaims } from '../frozen-claims.js';
import type { Clock } from '../lifetime.js';
import { refuse } from '../refuse.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { checkIntrospectedKind, checkOpaqueClaims, subjectWithoutSub } from './introspected-claims.js';

/**
 * Takes what the authorization server says of an opaque token for the token's claims.
 *
 * @throws AccessTokenRefused `invalid_token` where the answer is about another audience or issuer, about a refresh or ID
 * token, about one bound to a key, or about one whose time is over
 * @see [RFC 9470 §6.2](https://www.rfc-editor.org/rfc/rfc9470.html#section-6.2)
 */
export function acceptOpaque(claims: Claims, server: AuthorizationServer, clock: Clock): VerifiedAccessToken {
  checkOpaqueClaims(claims, server, clock);
  const event = authenticationEvent(claims, server);
  const subject = event.subject ?? (subjectWithoutSub(claims, server.profile) as string);
  return Object.freeze({ claims: freezeClaims(claims), event: Object.freeze({ ...event, subject }), server });
}

/** What is known of a JWT with what introspection adds to it. */
export interface CompletedToken {
  readonly completed: VerifiedAccessToken;
  /** Whether the answer is about another sign-in than that of the token, so that no authentication was added. */
  readonly isOfAnotherSignIn: boolean;
}

/**
 * Adds to a verified JWT what it does not say itself of the authentication, and of somebody acting for the user. Changes
 * nothing that it does say. Adds no authentication to what a client got for itself, and none where the answer is about
 * another sign-in: some servers tell of the session as it is now, so that an old token would rise with the user's next
 * step-up.
 *
 * @throws AccessTokenRefused `invalid_token` where the answer is about another subject, client or issuer, about a refresh
 * or ID token, or about one bound to a key
 */
export function addFacts(verified: VerifiedAccessToken, claims: Claims): CompletedToken {
  const { event } = verified;
  const { profile } = verified.server;
  checkIntrospectedKind(claims, profile);
  const disagrees =
    isOther(claims['iss'], event.issuer) ||
    isOther(claims['sub'], event.subject) ||
    isOther(readClaim(claims, profile.claims.clientId), event.clientId);
  if (disagrees) {
    refuse('introspection_mismatch');
  }
  const { act } = claims;
  const own = act === undefined ? verified : { ...verified, claims: freezeClaims({ act, ...verified.claims }) };
  const facts = isClientCredentialsToken(verified.claims, profile) ? {} : authenticationOf(claims, profile);
  const isElsewhere = isOfAnotherSignIn(facts, verified);
  return {
    completed: Object.freeze({ ...own, event: Object.freeze({ ...(isElsewhere ? undefined : facts), ...event }) }),
    isOfAnotherSignIn: isElsewhere,
  };
}

/** A token knows of no sign-in that came after it, and of one alone: with one acr, and at one time. */
function isOfAnotherSignIn(facts: AuthenticationEvent, { event, claims }: VerifiedAccessToken): boolean {
  const { iat } = claims;
  const isLater = facts.authTime !== undefined && !(typeof iat === 'number' && facts.authTime <= iat);
  return (
    isLater || isOther(facts.acr, event.acr ?? facts.acr) || isOther(facts.authTime, event.authTime ?? facts.authTime)
  );
}

function isOther(said: unknown, known: string | number | undefined): boolean {
  return said !== undefined && said !== null && said !== known;
}
