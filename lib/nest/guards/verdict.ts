import type { ExecutionContext } from '@nestjs/common';
import type { MaybePromise } from '../../token/index.js';
import type { Authenticated } from '../authentication/authenticator.js';
import { Attachment } from '../transports/attachment.js';
import type { Request } from '../transports/request.js';

/** What became of an invocation, however many guards ask; the next GraphQL field or message is another context. */
export interface Verdict {
  verdict: MaybePromise<boolean>;
  /** Whether it was let through: only then does its handler run. */
  isAdmitted: boolean;
  /** Whether its decision has been told: a second judgement of one invocation is no second decision. */
  readonly isTold?: boolean;
  /** Who was judged, if handlers find their user on the request. */
  judged?: { readonly authenticated: Authenticated; readonly request: Request };
}

export const verdicts = new Attachment<Verdict>();

/** Contexts that `@StepUpContext()` has handed to a handler. */
export const handedOn = new Attachment<true>();

export function isAdmitted(context: ExecutionContext): boolean {
  return verdicts.get(context)?.isAdmitted === true;
}
