import { type ExecutionContext, HttpException } from '@nestjs/common';
import type { AuthenticationEvent } from '../../core/index.js';
import { isThenable, type MaybePromise, orElse } from '../../token/index.js';
import { CallbackFailed } from '../advice/callback.js';
import type { Decisions } from '../advice/decisions.js';
import type { StepUpLog } from '../advice/log.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import { InsufficientUserAuthenticationException } from '../refusal/insufficient-user-authentication.exception.js';
import { leaveToApplication } from '../refusal/step-up.filter.js';
import { ageOf, type DecidedAt, factsOf, tellRefusal } from '../refusal/tell-refusal.js';
import { TokenAdvice } from '../refusal/token-advice.js';
import type { Route } from '../requirements/route.js';
import type { StepUpSettings } from '../step-up-settings.js';
import { Attachment } from '../transports/attachment.js';
import { type Invocation, invocationOf } from '../transports/invocation.js';
import type { Refusal } from '../transports/refusal.js';
import type { ResponseHeaders } from '../transports/response-headers.js';
import { toHttpException } from './http-exception.js';
import type { Waived } from './judgement.js';

type At = ExecutionContext | Invocation;

/** Ends judgements: reports the decision, and refuses in the form of the transport. */
export class Conclusion {
  readonly #advice: TokenAdvice;
  readonly #told = new Attachment<true>();

  /** @param knownRoute returns the route of a context; `undefined` if its decorators are wrong */
  constructor(
    private readonly settings: StepUpSettings,
    private readonly headers: ResponseHeaders,
    private readonly log: StepUpLog,
    private readonly decisions: Decisions,
    private readonly knownRoute: (context: ExecutionContext) => Route | undefined,
  ) {
    this.#advice = new TokenAdvice(settings, log);
  }

  /** Reports an invocation that is admitted, or a token without an invocation. */
  tellAdmitted(at: Invocation | undefined, event: AuthenticationEvent, waived?: Waived): void {
    const context = at?.context;
    if (!this.decisions.isHeard) return;
    if (waived === undefined && context !== undefined && this.#told.get(context) !== undefined) return;
    this.decisions.tell(() => {
      // a guard can stand before a handler twice
      if (context !== undefined) this.#told.set(context, true);
      const facts = { ...factsOf(at === undefined ? {} : this.#decidedAt(at), event), ...ageOf(event) };
      return waived === undefined
        ? { ...facts, outcome: 'admitted' }
        : { ...facts, outcome: 'reported', requirements: waived.requirements, reasons: waived.reasons };
    });
  }

  /**
   * Runs a judgement, which returns or throws a refusal. Writes a refusal on the response before it throws it, so that no
   * other filter can lose the headers. Throws a refusal that is there at once, unless Nest is known to wait for a promise: a
   * guard of the application that calls ours can ignore what it returns.
   */
  refusing<T>(at: At, judgement: () => MaybePromise<T | HttpException>): MaybePromise<T> {
    const outcome = orElse(judgement, (error) => this.refuse(at, error));
    if (outcome instanceof HttpException) {
      return this.#routeAt(at)?.isAwaited ? rejected(this.#refusal(at, outcome)) : this.refuse(at, outcome);
    }
    if (!isThenable(outcome)) return outcome;
    return handled(outcome.then((one) => (one instanceof HttpException ? this.refuse(at, one) : one)));
  }

  /**
   * Reports and throws an error. Writes the headers of a refusal first.
   *
   * @throws the refusal itself; for any other error what {@link toHttpException} returns
   */
  refuse(at: At, error: unknown): never {
    throw this.#refusal(at, error);
  }

  #refusal(at: At, error: unknown): unknown {
    this.#tell(error, () => this.#decidedAt(at));
    if (error instanceof InsufficientUserAuthenticationException || error instanceof AccessTokenException) {
      this.write(at, error);
      if (!this.settings.exceptionFilter) leaveToApplication(error);
      return error;
    }
    return toHttpException(error, this.#decidedAt(at).route, this.log);
  }

  /**
   * {@link refuse} for a request that a guard of Passport asks about. Tells no decision: such a guard may let everybody pass.
   */
  refuseTo(at: Invocation, error: unknown): never {
    this.#advice.note(error);
    if (error instanceof AccessTokenException) {
      this.write(at, error);
      if (!this.settings.exceptionFilter) leaveToApplication(error);
      throw error;
    }
    throw toHttpException(error, undefined, this.log);
  }

  /** {@link refuse} for a token without a request. Only a failed function of the application becomes a 500. */
  refuseToken(error: unknown): never {
    this.#tell(error, () => ({}));
    if (error instanceof AccessTokenException && !this.settings.exceptionFilter) leaveToApplication(error);
    throw error instanceof CallbackFailed ? toHttpException(error, undefined, this.log) : error;
  }

  /** Writes the headers of a refusal. */
  write(at: At, refusal: Refusal): void {
    const invocation = 'transport' in at ? at : invocationOf(at);
    invocation.transport.writeHeaders?.(invocation, refusal, this.headers);
  }

  #tell(error: unknown, at: () => DecidedAt): void {
    this.#advice.note(error);
    tellRefusal(this.decisions, error, at);
  }

  #decidedAt(at: At): DecidedAt {
    const transport = 'transport' in at ? at.transport.name : at.getType<string>();
    return { route: this.#routeAt(at)?.name, transport };
  }

  #routeAt(at: At): Route | undefined {
    const context = 'transport' in at ? at.context : at;
    return context && this.knownRoute(context);
  }
}

/**
 * Returns a promise that is rejected. Cheaper than to throw, as V8 looks up where an error is thrown. It is handled before
 * it is rejected, so that Node.js has no unhandled rejection to record.
 */
function rejected(error: unknown): Promise<never> {
  let reject: (reason: unknown) => void = nothing;
  const promise = new Promise<never>((_, fail) => {
    reject = fail;
  });
  handled(promise);
  reject(error);
  return promise;
}

/** A guard of the application can wait for a refusal late or never, and that must not end the process. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(nothing);
  return promise;
}

function nothing(): void {}
