import { AccessTokenRefused, type AccessTokenRefusedCode, type RefusalFacts } from './errors.js';
import { withoutStackTrace } from './without-stack-trace.js';

/** @throws AccessTokenRefused without a stack trace */
export function refuse(code: AccessTokenRefusedCode, facts?: RefusalFacts): never {
  throw withoutStackTrace(() => new AccessTokenRefused(code, facts));
}
