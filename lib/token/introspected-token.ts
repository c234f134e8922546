import type { AuthorizationServer } from '../authorization-servers/index.js';
import type { AuthenticationEvent } from '../core/index.js';
import { authenticationEvent, type Clock, checkOpaqueClaims } from './access-token.js';
import { AccessTokenRefused } from './errors.js';
import { freezeClaims } from './frozen-claims.js';
import type { VerifiedAccessToken } from './verified-tokens.js';

type Claims = Readonly<Record<string, unknown>>;

/**
 * Tells whether a token is meant to be a JWT, so that it is verified as one or refused, but never asked about as opaque:
 * what the authorization server accepts in some loose spelling would pass none of the rules for JWTs.
 */
export function isJwt(token: string): boolean {
  const parts = token.split('.', 6);
  if (parts.length !== 3 && parts.length !== 5) return false;
  return Buffer.from(parts[0] as string, 'base64')
    .toString()
    .trimStart()
    .startsWith('{');
}

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
  return Object.freeze({
    claims: freezeClaims(claims),
    // RFC 9068 §2.2: where no user is involved, the client is the subject
    event: event.subject === undefined ? Object.freeze({ ...event, subject: event.clientId }) : event,
    server,
  });
}

/**
 * Adds to a verified JWT what it does not say itself of the authentication. Changes nothing that it does say.
 *
 * @throws AccessTokenRefused `invalid_token` where the answer is about another subject, client or issuer
 */
export function addFacts(verified: VerifiedAccessToken, claims: Claims): VerifiedAccessToken {
  const { event, server } = verified;
  const facts = authenticationEvent(claims, server);
  const disagrees =
    isOther(claims['iss'], event.issuer) ||
    isOther(claims['sub'], event.subject) ||
    isOther(facts.clientId, event.clientId);
  if (disagrees) {
    throw new AccessTokenRefused('invalid_token', 'The authorization server knows the access token as another one');
  }
  const { acr, acrs, authTime, amr } = facts;
  const added: AuthenticationEvent = {
    ...(acr !== undefined && { acr }),
    ...(acrs !== undefined && { acrs }),
    ...(authTime !== undefined && { authTime }),
    ...(amr !== undefined && { amr }),
  };
  return Object.freeze({ ...verified, event: Object.freeze({ ...added, ...event }) });
}

function isOther(said: unknown, known: string | undefined): boolean {
  return said !== undefined && said !== null && said !== known;
}
