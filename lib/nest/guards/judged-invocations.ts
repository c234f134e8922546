import type { ArgumentsHost } from '@nestjs/common';
import type { Authenticated } from '../authentication/authenticator.js';
import { Attachment } from '../transports/attachment.js';

/** When the token behind an invocation expires, and the refusal for what outlives it. */
export interface InvocationEnd {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly refusal: () => Error;
}

interface Judged {
  readonly parameters: readonly unknown[];
  readonly authenticated: Authenticated;
  readonly end?: InvocationEnd | undefined;
}

const judged = new Attachment<Judged>();

/**
 * Stores who was judged for an invocation. Guards, interceptors and parameters of one invocation each have a context of
 * their own: what they share are the parameters, some of which several invocations can share.
 */
export function keepJudged(host: ArgumentsHost, authenticated: Authenticated, end?: InvocationEnd): void {
  const parameters = [...host.getArgs<unknown[]>()];
  const anchor = anchorOf(parameters);
  if (anchor !== undefined) judged.set(anchor, { parameters, authenticated, end });
}

/** Returns what was stored for exactly this invocation; `undefined` also if another one has replaced it. */
export function judgedOf(host: ArgumentsHost): Omit<Judged, 'parameters'> | undefined {
  const parameters = host.getArgs<unknown[]>();
  const anchor = anchorOf(parameters);
  const kept = anchor === undefined ? undefined : judged.get(anchor);
  if (kept === undefined || kept.parameters.length !== parameters.length) return undefined;
  return kept.parameters.every((parameter, index) => Object.is(parameter, parameters[index])) ? kept : undefined;
}

/** Returns the last object: what is particular to an invocation comes after what it is called on. */
function anchorOf(parameters: readonly unknown[]): object | undefined {
  return parameters.findLast((one) => typeof one === 'function' || (typeof one === 'object' && one !== null)) as
    | object
    | undefined;
}
