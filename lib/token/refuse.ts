import { AccessTokenRefused } from './errors.js';
import { withoutStack } from './without-stack.js';

/** @throws AccessTokenRefused `invalid_token`, without a stack trace */
export function refuse(message: string): never {
  throw withoutStack(() => new AccessTokenRefused('invalid_token', message));
}
