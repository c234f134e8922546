import { isClientCredentialsToken, readClaim } from '../../authorization-servers/index.js';
import type { Claims } from '../../core/index.js';
import { authenticationEvent } from '../authentication-event.js';
import { found, isText, namesAudience } from '../claim-values.js';
import { freezeClaims } from '../frozen-claims.js';
import { type Refuse, refuse } from '../refuse.js';
import { type Clock, checkStillValid } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { withoutSignIn } from './introspected-token.js';

/**
 * Checks what a response says of a lightweight token: it has to tell all that makes the token one for this API, and to
 * contradict nothing in it. Says nothing of its kind, its key and its sign-in, which are checked as those of any JWT.
 *
 * @throws AccessTokenRefused `invalid_token` for `iss`, `aud`, `sub`, the client, `exp`, `nbf`, or any claim that differs
 */
export function checkLightweight(
  { claims: own, server }: VerifiedAccessToken,
  response: Claims,
  clock: Clock,
  report: Refuse = refuse,
): void {
  const { issuer, audience, profile } = server;
  const { iss, aud, sub } = response;
  if (iss === undefined) report('introspection_incomplete', { claim: 'iss' });
  else if (iss !== issuer) report('introspection_mismatch', { claim: 'iss' });
  if (aud === undefined) report('introspection_incomplete', { claim: 'aud' });
  else if (!namesAudience(aud, audience))
    report('audience_mismatch', { ...found(aud), expected: [...audience], isOfResponse: true });
  if (!isText(sub)) report('introspection_incomplete', { claim: 'sub' });
  const clientId = readClaim(own, profile.claims.clientId);
  const named = [readClaim(response, profile.claims.clientId), response['client_id']].filter(isTold);
  if (named.length === 0) report('introspection_incomplete', { claim: 'client_id' });
  if (named.some((client) => client !== clientId)) report('introspection_mismatch', { claim: 'client_id' });
  const compared = new Set(['iss', 'client_id', 'cnf', profile.claims.clientId.join(' ')]);
  for (const claim of Object.keys(own)) {
    if (compared.has(claim)) continue;
    const told = response[claim];
    const agrees = claim === 'aud' ? namesAll(told, own[claim]) : isSame(told, own[claim]);
    if (isTold(told) && !agrees) report('introspection_mismatch', { claim });
  }
  // A key that the response alone names was not looked for in the JWT.
  if (isTold(response['cnf']) && own['cnf'] === undefined) report('introspection_mismatch', { claim: 'cnf' });
  checkStillValid(response, clock, report);
}

/**
 * Returns a lightweight token with the claims of a response that {@link checkLightweight} accepts. Its own claims come
 * first. Takes no sign-in from the response, and none at all if that shows the token to be a machine's.
 *
 * @throws AccessTokenRefused `invalid_token` for claims that would change a prototype, or are nested too deeply
 */
export function identified({ claims: own, event, server }: VerifiedAccessToken, response: Claims): VerifiedAccessToken {
  const claims = freezeClaims({ ...response, ...own });
  const { subject, scope } = authenticationEvent(claims, server);
  const known = { ...event, ...(subject !== undefined && { subject }), ...(scope !== undefined && { scope }) };
  const token = Object.freeze({ claims, event: Object.freeze(known), server });
  return isClientCredentialsToken(claims, server.profile) ? withoutSignIn(token) : token;
}

function isTold(claim: unknown): boolean {
  return claim !== undefined;
}

/** Returns whether an audience includes every member of another one. A server may know more than the token says. */
function namesAll(told: unknown, own: unknown): boolean {
  const names = new Set([told].flat());
  return [own].flat().every((one) => typeof one === 'string' && names.has(one));
}

/** Returns whether two values of JSON are the same. Goes no deeper than the second, whose depth is limited. */
function isSame(told: unknown, own: unknown): boolean {
  if (typeof own !== 'object' || own === null) return told === own;
  if (typeof told !== 'object' || told === null || Array.isArray(told) !== Array.isArray(own)) return false;
  const names = Object.keys(own);
  return (
    names.length === Object.keys(told).length &&
    names.every((name) => isSame(Reflect.get(told, name), Reflect.get(own, name)))
  );
}
