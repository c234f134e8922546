import type { AuthorizationServer } from '../../authorization-servers/index.js';
import type { AuthenticationEvent, Claims } from '../../core/index.js';
import { authenticationEvent } from '../authentication-event.js';
import { AccessTokenRefused } from '../errors.js';
import { freezeClaims } from '../frozen-claims.js';
import type { Refuse } from '../refuse.js';
import type { Clock } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { checkOpaqueClaims } from './introspected-claims.js';
import { acceptOpaque, addFacts, factsAbout, isOfAnotherSignIn } from './introspected-token.js';
import { checkLightweight, identified } from './lightweight-tokens.js';
import { isLaterThan } from './sign-in.js';

/** Everything that speaks against the response about a token, and what it tells. */
export interface IntrospectionExamination {
  /** Each rule that the response breaks. Empty if a verifier accepts it. */
  readonly refusals: readonly AccessTokenRefused[];
  /** Whether it tells of another sign-in than that of the token, so that a verifier takes none from it. */
  readonly isOfAnotherSignIn: boolean;
  /** What a verifier then knows of the authentication. */
  readonly event: AuthenticationEvent;
}

/** Returns every rule that a response about an opaque token breaks. It applies the rules of a verifier. */
export function examineOpaque(claims: Claims, server: AuthorizationServer, clock: Clock): IntrospectionExamination {
  const { refusals, report } = collector();
  checkOpaqueClaims(claims, server, clock, report);
  noteUnfreezable(claims, refusals);
  const event = refusals.length > 0 ? authenticationEvent(claims, server) : acceptOpaque(claims, server, clock).event;
  return { refusals, isOfAnotherSignIn: isLaterThan(event, claims['iat']), event };
}

/**
 * Returns every rule that a response about a JWT breaks. It applies the rules of a verifier.
 *
 * @param own the claims of the JWT, which is taken for verified
 */
export function examineCompletion(own: Claims, claims: Claims, server: AuthorizationServer): IntrospectionExamination {
  return examineFacts({ claims: own, event: authenticationEvent(own, server), server }, claims);
}

function examineFacts(known: VerifiedAccessToken, claims: Claims): IntrospectionExamination {
  const { refusals, report } = collector();
  const facts = factsAbout(known, claims, report);
  noteUnfreezable({ act: claims['act'] }, refusals);
  const isOther = isOfAnotherSignIn(facts, known);
  return { refusals, isOfAnotherSignIn: isOther, event: addFacts(known, isOther ? {} : facts, {}).event };
}

/**
 * Returns every rule that a response about a JWT without `sub` or `aud` breaks, by the rules for lightweight tokens.
 *
 * @param own the claims of the JWT, which is taken for verified
 */
export function examineLightweight(
  own: Claims,
  claims: Claims,
  server: AuthorizationServer,
  clock: Clock,
): IntrospectionExamination {
  const { refusals, report } = collector();
  const known = { claims: own, event: authenticationEvent(own, server), server };
  checkLightweight(known, claims, clock, report);
  if (refusals.length > 0) return { refusals, isOfAnotherSignIn: false, event: known.event };
  return examineFacts(identified(known, claims), claims);
}

/** Adds the refusal of claims that no verifier keeps: nested too deeply, or with a name that it does not accept. */
function noteUnfreezable(claims: Claims, refusals: AccessTokenRefused[]): void {
  try {
    freezeClaims(claims);
  } catch (error) {
    if (!(error instanceof AccessTokenRefused)) throw error;
    refusals.push(error);
  }
}

function collector(): { readonly refusals: AccessTokenRefused[]; readonly report: Refuse } {
  const refusals: AccessTokenRefused[] = [];
  return { refusals, report: (code, facts) => void refusals.push(new AccessTokenRefused(code, facts)) };
}
