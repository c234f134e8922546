import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Attachment } from '../transports/attachment.js';

/** A judgement that goes on after the call of a guard. Knows whether a guard has heard how it ends. */
class PendingJudgement extends Promise<boolean> {
  /** What `then` returns is another promise, and nobody asks it. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  #isAwaited = false;
  #isSettled = false;

  constructor(...of: ConstructorParameters<typeof Promise<boolean>>) {
    super(...of);
    const settle = (): void => {
      this.#isSettled = true;
    };
    // The first one to hear it. A refusal that nobody else hears does not end the process.
    super.then(settle, settle);
  }

  /** Who subscribes and does not wait has not heard it before the handler runs. */
  get isHeard(): boolean {
    return this.#isAwaited && this.#isSettled;
  }

  // biome-ignore lint/suspicious/noThenProperty: the class is a promise, and notes that somebody waits for it
  override then<R = boolean, S = never>(
    onFulfilled?: ((value: boolean) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => S | PromiseLike<S>) | null,
  ): Promise<R | S> {
    this.#isAwaited = true;
    return super.then(onFulfilled, onRejected);
  }
}

/** Stored on the parameters of an invocation, which all its guards share. */
const judgements = new Attachment<readonly PendingJudgement[]>();

/** Returns a judgement for a guard of the application to wait for. If it does not, {@link settlement} does. */
export function pendingJudgement(context: ExecutionContext, judgement: Promise<boolean>): Promise<boolean> {
  const pending = new PendingJudgement((resolve) => resolve(judgement));
  const parameters = context.getArgs();
  judgements.set(parameters, [...(judgements.get(parameters) ?? []), pending]);
  return pending;
}

/**
 * Waits for judgements that a guard of the application has begun and not awaited: to such a guard a promise is neither
 * `false` nor an error. A guard that awaits a refusal and lets the caller pass has decided so itself.
 */
export const settlement: CanActivate = {
  canActivate(context) {
    const pending = judgements.get(context.getArgs());
    if (pending === undefined) return true;
    const unheard = pending.filter(({ isHeard }) => !isHeard);
    return unheard.length === 0 || Promise.all(unheard).then((admitted) => admitted.every(Boolean));
  },
};
