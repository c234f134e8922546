import { AccessTokenRefused, type AccessTokenRefusedCode, type RefusalFacts } from './errors.js';
import { withoutStackTrace } from './without-stack-trace.js';

/** Receives a rule that a token breaks. A verifier throws. An examination collects, and continues with the next rule. */
export type Refuse = (code: AccessTokenRefusedCode, facts?: RefusalFacts) => void;

/**
 * Refuses an access token.
 *
 * @throws AccessTokenRefused without a stack trace
 */
export function refuse(code: AccessTokenRefusedCode, facts?: RefusalFacts): never {
  throw withoutStackTrace(() => new AccessTokenRefused(code, facts));
}

/** Refuses an access token: throws an {@link AccessTokenRefused}. */
export type Refuser = (code: AccessTokenRefusedCode, facts?: RefusalFacts) => never;

/** Returns a function that refuses access tokens of a configured issuer, as {@link refuse} does. */
export function refuserOf(issuer: string): Refuser {
  return (code, facts) => {
    throw withoutStackTrace(() => {
      const refused = new AccessTokenRefused(code, facts);
      refused.issuer = issuer;
      return refused;
    });
  };
}

/** Returns a function that throws an error again. Adds the configured issuer if the error is the refusal of a token. */
export function refusedBy(issuer: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof AccessTokenRefused) error.issuer = issuer;
    throw error;
  };
}
