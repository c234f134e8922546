import type { ExecutionContext } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import type { RequestRecords } from '../authentication/request-record.js';
import { connectionOf } from '../transports/connection.js';
import { isReceived } from '../transports/http-request.js';
import { type Invocation, invocationOf, invocationOfRequest, invocationOfSocket } from '../transports/invocation.js';
import type { Request } from '../transports/request.js';
import { handedOn, verdicts } from './verdict.js';

const UNKNOWN_AT = 'StepUpService needs an ExecutionContext, the request, or what @StepUpContext() gave';

const CONTEXT_NEEDED =
  'With the option "accessToken", StepUpService needs an ExecutionContext here; hand on @StepUpContext()';

/** The invocations that guards have received from Nest. Resolves the `at` of code inside a handler. */
export class Invocations {
  /** The prototype of the contexts that Nest makes. */
  #contexts: object | undefined;

  /** @param findsTokens whether the option `accessToken` is given, which needs a context */
  constructor(
    private readonly findsTokens: boolean,
    private readonly records: RequestRecords,
  ) {}

  /** Records the prototype of a context that a guard has received from Nest. */
  note(context: ExecutionContext): void {
    if (this.#contexts !== undefined) return;
    const prototype: object | null = Object.getPrototypeOf(context);
    if (prototype !== null && prototype !== Object.prototype) this.#contexts = prototype;
  }

  /** Records that an invocation was admitted, so that its request alone can stand for it. */
  admit({ request }: Invocation, context: ExecutionContext): void {
    this.records.of(request).admitted = context;
    if (typeof request.raw === 'object' && request.raw !== null) this.records.of(request.raw).admitted = context;
  }

  /**
   * Returns the invocation that `at` stands for.
   *
   * @throws StepUpConfigurationError for a value that does not come from Nest
   */
  at(at: unknown): Invocation {
    if (typeof at === 'object' && at !== null) {
      if (this.#isContext(at)) return invocationOf(at);
      if (connectionOf([at]) !== undefined) return invocationOfSocket(at);
      if ('headers' in at) return this.#ofRequest(at as Request);
    }
    throw new StepUpConfigurationError(UNKNOWN_AT);
  }

  /**
   * Returns the invocation that was admitted with a bare request. Leaves out its context if several invocations can
   * share the request.
   */
  #ofRequest(request: Request): Invocation {
    const context = this.records.get(request)?.admitted;
    const invocation = context && invocationOf(context);
    if (invocation !== undefined && !invocation.transport.sharesRequest) return invocation;
    // Without a context, another token than that of the invocation would be judged.
    if (this.findsTokens) throw new StepUpConfigurationError(CONTEXT_NEEDED);
    if (invocation === undefined) {
      if (isReceived(request)) return invocationOfRequest(request);
      throw new StepUpConfigurationError(UNKNOWN_AT);
    }
    const { context: _, ...shared } = invocation;
    return shared;
  }

  /** Returns whether Nest has made this context. An object that only looks like one can come from anywhere. */
  #isContext(at: object): at is ExecutionContext {
    if (verdicts.get(at) !== undefined || handedOn.get(at) !== undefined) return true;
    return this.#contexts !== undefined && Object.prototype.isPrototypeOf.call(this.#contexts, at);
  }
}
