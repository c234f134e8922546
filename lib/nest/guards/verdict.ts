import type { ExecutionContext } from '@nestjs/common';
import type { MaybePromise } from '../../token/index.js';
import type { Authenticated } from '../authentication/authenticator.js';
import { Attachment } from '../transports/attachment.js';
import type { Request } from '../transports/request.js';

/**
 * The verdict on one invocation, however many guards ask for it. Each GraphQL field and each message has its own
 * context.
 */
export interface Verdict {
  verdict: MaybePromise<boolean>;
  /** Whether it was admitted. Only then does its handler run. */
  isAdmitted: boolean;
  /** Whether its decision was reported. A second judgement of one invocation is no second decision. */
  readonly isTold?: boolean;
  /** Who was judged, with what the authorization server has added. Absent if nothing was required. */
  complete?: Authenticated;
  /** Who was judged, if handlers read their user from the request. */
  judged?: { readonly authenticated: Authenticated; readonly request: Request };
}

export const verdicts = new Attachment<Verdict>();

/** Contexts that `@StepUpContext()` has given to a handler. */
export const handedOn = new Attachment<true>();

export function isAdmitted(context: ExecutionContext): boolean {
  return verdicts.get(context)?.isAdmitted === true;
}

/** Returns whether the request has another user object than the judged one. */
export function isReplaced({ judged }: Verdict): boolean {
  return judged !== undefined && judged.request.user !== judged.authenticated.user;
}
