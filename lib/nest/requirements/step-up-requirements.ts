import type { ExecutionContext } from '@nestjs/common';
import type { StepUpWord } from './words.js';

/**
 * What a handler requires of the authentication behind an access token, in the words of the application.
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export interface StepUpRequirements {
  /** Words in order of preference; any one of them is enough. Default is any authentication. */
  acrValues?: readonly StepUpWord[] | undefined;
  /** Greatest age of the sign-in, in seconds. `0` asks the user to authenticate now. Default is no limit. */
  maxAge?: number | undefined;
  /** Scope that the token must hold as well, space-separated; all of it is needed. Default is none. */
  scope?: string | undefined;
}

/** Decides per request what is required; `undefined` adds nothing and lifts nothing. */
export type RequirementsFunction = (
  context: ExecutionContext,
) => StepUpRequirements | undefined | Promise<StepUpRequirements | undefined>;
