// What a token deserves at a moment: every answer that is right between the sending of a request and its answer.
// Outside of outages, and away from the moments at which something expires, that is one.
import { challenged, impossible, insufficientScope, refused, served, unavailable } from './answers.mjs';
import { overlaps } from './moments.mjs';
import { CLOCK_TOLERANCE, COOLDOWN, SETTINGS, SLACK } from './settings.mjs';

const BROKEN_REPLAY_CACHE = 'Proofs of bound access tokens cannot be checked at the moment';

/**
 * Returns the legal answers to a request. By API and span, from its sending to its answer, since the state of an API is
 * that of the last key document it has received, and of the answers that it keeps.
 *
 * @param world `{ server, redis }`, with their outages
 * @param request `{ api, route, scheme, token, proof }`
 */
export function legalAnswers(world, request, span) {
  const { token, scheme = 'Bearer' } = request;
  const answers = [];
  const refuse = (description) => refused(description, { scheme });
  for (const moment of momentsOf(token, span)) {
    if (token.early !== undefined) {
      answers.push(refuse(token.early));
    } else if (token.kind === 'jwt' && moment >= token.claims.exp + CLOCK_TOLERANCE) {
      answers.push(refuse('The access token has expired'));
    } else {
      for (const standing of standingsOf(world, request, span)) {
        if (standing === 'good') answers.push(...answersToVerified(world, request, span, moment));
        else answers.push(standing === 'unavailable' ? unavailable() : refuse(standing));
      }
    }
  }
  return answers;
}

/** The ends of a span, and both sides of each moment between at which the token becomes another one. */
function momentsOf({ claims = {} }, { from, to }) {
  const turns = [claims.exp, claims.auth_time + SETTINGS.maxAge].map((turn) => turn + CLOCK_TOLERANCE);
  const within = turns.filter((turn) => turn >= from && turn <= to);
  return [from, to, ...within.flatMap((turn) => [turn - 0.001, turn + 0.001])];
}

/** Whether an API can know a token: `good`, `unavailable`, or why it refuses it. */
function standingsOf(world, request, span) {
  return request.token.kind === 'opaque' ? opaqueStandings(world, request, span) : keyStandings(world, request, span);
}

/**
 * The server is asked about an opaque token, and its answer is kept for `cacheFor`: a revocation goes unnoticed as long.
 * In an outage: what is kept, or 503.
 */
function opaqueStandings({ server }, { token }, { from, to }) {
  const standings = [];
  const { revokedAt = Number.NEGATIVE_INFINITY, claims: { exp } = {} } = token;
  if (revokedAt > from - SETTINGS.cacheFor - SLACK && exp > from - SLACK) standings.push('good');
  if (revokedAt <= to || exp <= to) standings.push('The access token is not active');
  if (overlaps(server.outages, { from: from - SLACK, to })) standings.push('unavailable');
  return standings;
}

/**
 * A key that an API has received is good, in an outage too, until it has received a document without it. About another one
 * it asks, not again for the time of the cooldown after a request, whatever came back. In an outage, and for as long after
 * it, a key that is not known is a 503.
 */
function keyStandings({ server }, { token, api }, { from, to }) {
  const documents = (token.issuer.received.get(api) ?? []).filter(({ at }) => at <= to);
  const last = documents.findLast(({ at }) => at <= from - SLACK);
  const possible = documents.filter((document) => document === last || document.at > from - SLACK);
  const standings = new Set();
  for (const { at, kids } of possible) {
    if (kids.has(token.kid)) {
      standings.add('good');
      continue;
    }
    const { publishedAt, withdrawnAt } = token.key ?? { publishedAt: Infinity, withdrawnAt: Infinity };
    const isPublished = publishedAt <= from && withdrawnAt > to;
    if (!isPublished || from - at < COOLDOWN + SLACK) standings.add('The key of the access token is not known');
    if (overlaps(server.outages, { from: from - COOLDOWN - SLACK, to })) standings.add('unavailable');
  }
  if (possible.length === 0 && overlaps(server.outages, { from: from - COOLDOWN - SLACK, to })) {
    standings.add('unavailable');
  }
  return [...standings].map((standing) => (standing === 'good' && token.late !== undefined ? token.late : standing));
}

function answersToVerified(world, request, span, moment) {
  const { token, scheme = 'Bearer', proof } = request;
  const refuse = (description, error) => refused(description, { scheme, error });
  const isBound = token.claims.cnf !== undefined;
  if (isBound && scheme === 'Bearer') {
    return [refuse('The access token is bound to a DPoP key; send it under the scheme DPoP')];
  }
  if (!isBound && scheme === 'DPoP') return [refuse('The access token is not bound to a key')];
  const judged = answerOfRoute(request, moment);
  if (!isBound) return [judged];
  if (proof.fault !== undefined) return [refuse(proof.fault, proof.error ?? 'invalid_dpop_proof')];
  const answers = [];
  const outages = world.redis?.outages ?? [];
  if (overlaps(outages, { from: span.from - SLACK, to: span.to })) answers.push(unavailable(BROKEN_REPLAY_CACHE));
  const { first } = proof;
  // A proof that this API has seen is known to its memory. Another one learns of it by Redis, which forgets when it restarts.
  const isForgotten =
    first !== undefined && first.api !== request.api && overlaps(outages, { from: first.from - SLACK, to: span.to });
  if (first === undefined || isForgotten) answers.push(judged);
  if (first !== undefined) answers.push(refuse('The DPoP proof was used before', 'invalid_dpop_proof'));
  return answers;
}

function answerOfRoute({ token: { claims }, route, scheme = 'Bearer' }, moment) {
  const user = served({ sub: claims.sub, acr: claims.acr ?? null });
  if (route === 'account') return user;
  if (route === 'scoped') {
    return claims.scope.split(' ').includes('transfer:write') ? user : insufficientScope(scheme);
  }
  const reasons = [reasonOfAcr(claims), reasonOfTime(claims, moment)].filter((reason) => reason !== undefined);
  if (reasons.length === 0) return user;
  const isMachine = claims.acr === undefined && claims.auth_time === undefined && claims.sub === claims.client_id;
  return isMachine ? impossible : challenged(reasons, scheme);
}

function reasonOfAcr({ acr }) {
  if (typeof acr !== 'string') return 'acr_missing';
  return acr === 'urn:example:mfa' ? undefined : 'acr_unmet';
}

function reasonOfTime({ auth_time: time }, moment) {
  if (time === undefined) return 'auth_time_missing';
  if (typeof time !== 'number' || time < 0 || time > 1e11) return 'auth_time_invalid';
  if (moment - time < -CLOCK_TOLERANCE) return 'auth_time_in_future';
  return moment - time <= SETTINGS.maxAge + CLOCK_TOLERANCE ? undefined : 'authentication_too_old';
}
