import type { ArgumentsHost } from '@nestjs/common';
import { AccessTokenRefused } from '../../token/index.js';
import type { Authenticated } from '../authentication/authenticator.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import type { StepUpSettings } from '../step-up-settings.js';
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
 * Stores who was judged for an invocation, and when what it streams has to end. Guards, interceptors and parameters of
 * one invocation each have a context of their own: what they share are the parameters, some of which several invocations
 * can share.
 */
export function keepJudged(host: ArgumentsHost, authenticated: Authenticated, settings: StepUpSettings): void {
  const parameters = [...host.getArgs<unknown[]>()];
  const anchor = anchorOf(parameters);
  if (anchor === undefined) return;
  const at = endOf(authenticated, settings);
  const refusal = () => AccessTokenException.refused(new AccessTokenRefused('token_expired'), settings);
  judged.set(anchor, { parameters, authenticated, end: at === undefined ? undefined : { at, refusal } });
}

/** Returns when a token ends what is open, in seconds since the epoch; `undefined` if it ends nothing. */
export function endOf(
  { claims }: Pick<Authenticated, 'claims'>,
  { endAtExpiry, clockTolerance }: Pick<StepUpSettings, 'endAtExpiry' | 'clockTolerance'>,
): number | undefined {
  const { exp } = claims;
  return endAtExpiry && typeof exp === 'number' ? exp + clockTolerance : undefined;
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
