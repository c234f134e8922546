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

/** What a requirements function can learn at boot about the words of its application. */
export interface ApplicationWords {
  /** @throws StepUpConfigurationError for a word that no authorization server knows */
  check(requirements: AuthenticationRequirements, where: string): void;
  /** Returns the words that satisfy a list at every authorization server: its own, and with `order` stronger ones. */
  satisfying(acrValues: readonly string[]): readonly string[];
}

/** Key of the method that prepares a requirements function at boot. */
export const PREPARE = Symbol('nestjs-step-up:prepare');

/** Returns what a request requires. `undefined` adds nothing, and lifts nothing. */
export interface RequirementsFunction {
  (context: ExecutionContext): StepUpRequirements | undefined | Promise<StepUpRequirements | undefined>;
  /**
   * Returns the function to call in its place.
   *
   * @param where the place that errors name
   * @throws StepUpConfigurationError for what the function could never require
   */
  readonly [PREPARE]?: ((words: ApplicationWords, where: string) => RequirementsFunction) | undefined;
}
