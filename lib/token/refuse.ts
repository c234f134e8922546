import { AccessTokenRefused, type AccessTokenRefusedCode, type RefusalFacts } from './errors.js';
import { withoutStackTrace } from './without-stack-trace.js';

/**
 * Refuses an access token.
 *
 * @throws AccessTokenRefused without a stack trace
 */
export function refuse(code: AccessTokenRefusedCode, facts?: RefusalFacts): never {
  throw withoutStackTrace(() => new AccessTokenRefused(code, facts));
}

/** Returns what throws an error again, with the configured issuer if a token of that issuer is refused. */
export function refusedBy(issuer: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof AccessTokenRefused) error.issuer = issuer;
    throw error;
  };
}
