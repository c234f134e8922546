import type { ExecutionContext } from '@nestjs/common';
import type { AuthenticationRequirements } from '../../core/index.js';
import type { StepUpWord } from './words.js';

/**
 * What a handler requires of the authentication behind an access token, in the words of the application. All of it has
 * to hold.
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export interface StepUpRequirements {
  /** Words in order of preference. Any one of them satisfies. Default is no requirement. */
  acrValues?: readonly StepUpWord[] | undefined;
  /** Greatest age of the sign-in, in seconds. `0` asks the user to authenticate now. Default is no limit. */
  maxAge?: number | undefined;
  /** Scopes that the token must have too, separated by spaces. Every one is required. Default is none. */
  scope?: string | undefined;
}

/** Key of what a requirements function may return, if it is known at boot. */
export const POSSIBLE_REQUIREMENTS = Symbol('nestjs-step-up:possible-requirements');

/** Returns what a request requires. `undefined` adds nothing, and lifts nothing. */
export interface RequirementsFunction {
  (context: ExecutionContext): StepUpRequirements | undefined | Promise<StepUpRequirements | undefined>;
  /** The boot checks the words of these. Does not limit what the function returns. */
  readonly [POSSIBLE_REQUIREMENTS]?: readonly AuthenticationRequirements[] | undefined;
}
