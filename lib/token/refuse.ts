import { AccessTokenRefused, type AccessTokenRefusedCode, type RefusalFacts } from './errors.js';
import { withoutStack } from './without-stack.js';

/** @throws AccessTokenRefused without a stack trace */
export function refuse(code: AccessTokenRefusedCode, facts?: RefusalFacts): never {
  throw withoutStack(() => new AccessTokenRefused(code, facts));
}
