import type { IncomingRequest } from '../../token/index.js';

/** The members of a request that this package reads. */
export type Request = IncomingRequest & { user?: unknown };

export interface RequestAndResponse {
  readonly request: Request;
  readonly response?: object | undefined;
}
