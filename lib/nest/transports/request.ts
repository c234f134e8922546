import type { IncomingRequest } from '../../token/index.js';

/** The request of an invocation, as far as step-up authentication looks at it. */
export type Request = IncomingRequest & { user?: unknown };

export interface RequestAndResponse {
  readonly request: Request;
  readonly response?: object | undefined;
}
