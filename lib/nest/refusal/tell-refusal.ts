import { HttpException } from '@nestjs/common';
import { type AuthenticationEvent, MILLISECONDS_FROM, StepUpConfigurationError } from '../../core/index.js';
import { AccessTokenRefused, AuthorizationServerUnavailable } from '../../token/index.js';
import { CallbackFailed } from '../advice/callback.js';
import type { DecisionFacts, Decisions, RefusedDecision, UnavailableDecision } from '../advice/decisions.js';
import { Attachment } from '../transports/attachment.js';
import { AccessTokenException } from './access-token.exception.js';
import { InsufficientUserAuthenticationException } from './insufficient-user-authentication.exception.js';

/** The handler and the transport of a decision. */
export type DecidedAt = Pick<DecisionFacts, 'route' | 'transport'>;

const told = new Attachment<true>();

/** Records that the decision behind an error was reported: errors pass several places that report. */
export function noteTold<T extends Error>(error: T): T {
  told.set(error, true);
  return error;
}

/** Reports the refusal of an invocation by this error. Reports it once for each error. */
export function tellRefusal(
  decisions: Decisions,
  error: unknown,
  at: () => DecidedAt,
  event?: AuthenticationEvent,
): void {
  if (!decisions.isHeard) return;
  // An application can throw one object, or a primitive, again and again; a refusal of ours is a new one each time.
  const isOurs = error instanceof AccessTokenException || error instanceof InsufficientUserAuthenticationException;
  if (isOurs && told.get(error) !== undefined) return;
  if (isOurs) told.set(error, true);
  decisions.tell(() => ({ ...factsOf(at(), event), ...refusalOf(error) }));
}

/** Returns what a decision says of an invocation, and of its authentication event if that is known. */
export function factsOf({ route, transport }: DecidedAt, event: AuthenticationEvent = {}): DecisionFacts {
  return {
    ...(route !== undefined && { route }),
    ...(transport !== undefined && { transport }),
    ...(event.issuer !== undefined && { issuer: event.issuer }),
    ...(event.subject !== undefined && { subject: event.subject }),
  };
}

/** Returns the seconds since the sign-in. Empty if the event has no usable time. */
export function ageOf({ authTime }: AuthenticationEvent): { readonly age?: number } {
  if (typeof authTime !== 'number' || !(authTime >= 0 && authTime < MILLISECONDS_FROM)) return {};
  return { age: Math.round(Date.now() / 1000 - authTime) };
}

function refusalOf(error: unknown): RefusedDecision | UnavailableDecision {
  const outcome = 'refused';
  if (error instanceof AccessTokenException) {
    const { cause, rule } = error;
    if (cause instanceof AuthorizationServerUnavailable) {
      return { outcome: 'unavailable', code: cause.code, issuer: cause.issuer };
    }
    const code = rule as RefusedDecision['code'];
    if (!(cause instanceof AccessTokenRefused)) return { outcome, code };
    const { claim, found, expected, issuer } = cause;
    return {
      outcome,
      code,
      ...(issuer !== undefined && { issuer }),
      ...(claim !== undefined && { claim }),
      ...(found !== undefined && { found }),
      ...(expected !== undefined && { expected }),
    };
  }
  if (error instanceof StepUpConfigurationError) return { outcome, code: 'misconfigured' };
  if (error instanceof CallbackFailed) return { outcome, code: 'callback_failed' };
  return { outcome, code: error instanceof HttpException ? 'callback_refused' : 'admission_failed' };
}
