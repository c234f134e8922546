import type { ExecutionContext } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { Attachment } from '../transports/attachment.js';
import { isReceived } from '../transports/http-request.js';
import { type Invocation, invocationOf, invocationOfRequest } from '../transports/invocation.js';
import type { Request } from '../transports/request.js';
import { handedOn, verdicts } from './verdict.js';

const UNKNOWN_AT = 'StepUpService needs an ExecutionContext, the request, or what @StepUpContext() gave';

/** The invocations that Nest has handed us, and what code inside a handler means by `at`. */
export class Invocations {
  /** The prototype of the contexts that Nest makes. */
  #contexts: object | undefined;
  readonly #admitted = new Attachment<ExecutionContext>();

  /** Notes a context that Nest has handed to a guard. */
  note(context: ExecutionContext): void {
    if (this.#contexts !== undefined) return;
    const prototype: object | null = Object.getPrototypeOf(context);
    if (prototype !== null && prototype !== Object.prototype) this.#contexts = prototype;
  }

  /** Notes that an invocation was admitted, so that its request alone can stand for it. */
  admit({ request }: Invocation, context: ExecutionContext): void {
    this.#admitted.set(request, context);
  }

  /**
   * The invocation at which a handler is.
   *
   * @throws StepUpConfigurationError for what Nest has not handed us
   */
  at(at: unknown): Invocation {
    if (typeof at === 'object' && at !== null) {
      if (this.#isContext(at)) return invocationOf(at);
      if ('headers' in at) return this.#ofRequest(at as Request);
    }
    throw new StepUpConfigurationError(UNKNOWN_AT);
  }

  /** A bare request stands for the invocation that was admitted with it, unless several may share it. */
  #ofRequest(request: Request): Invocation {
    const context = this.#admitted.get(request);
    if (context === undefined) {
      if (isReceived(request)) return invocationOfRequest(request);
      throw new StepUpConfigurationError(UNKNOWN_AT);
    }
    const { context: own, ...shared } = invocationOf(context);
    return shared.transport.sharesRequest ? shared : { ...shared, context: own as ExecutionContext };
  }

  /** Returns whether Nest has made this context: an object that only looks like one may come from anybody. */
  #isContext(at: object): at is ExecutionContext {
    if (verdicts.get(at) !== undefined || handedOn.get(at) !== undefined) return true;
    return this.#contexts !== undefined && Object.prototype.isPrototypeOf.call(this.#contexts, at);
  }
}
