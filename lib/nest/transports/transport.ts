import type { ArgumentsHost } from '@nestjs/common';
import type { Refusal } from './refusal.js';
import type { Request, RequestAndResponse } from './request.js';
import type { ResponseHeaders } from './response-headers.js';

/** What differs between the context types of Nest. */
export interface Transport {
  /** The context type of Nest. */
  readonly name: string;
  /** Whether handlers read their user from the request. */
  readonly carriesUser: boolean;

  /** Whether several invocations can share a request. A request alone then does not identify an invocation. */
  readonly sharesRequest: boolean;

  /** Returns the request of an invocation; `undefined` if the application provides none. */
  requestOf(host: ArgumentsHost): Request | undefined;

  /** Returns the objects on which applications put the user of an invocation. */
  userHoldersOf(host: ArgumentsHost): readonly object[];

  /** Returns the response if its headers belong to this invocation alone. */
  responseOf(host: ArgumentsHost): object | undefined;

  /** Returns whether a request ends with its operation. What is known of the request then holds until the end. */
  ownsRequest(request: Request): boolean;

  /**
   * Keeps the response of this invocation out of caches that serve other users. Absent if no cache runs before guards.
   */
  keepPrivate?(host: ArgumentsHost): void;

  /** Writes the headers of a refusal. Absent if there are none, or if they do not belong to one invocation. */
  writeHeaders?(invocation: RequestAndResponse, refusal: Refusal, headers: ResponseHeaders): void;

  /** Writes a refusal in the form of this transport. Returns what the exception filter returns. */
  writeRefusal(refusal: Refusal, host: ArgumentsHost, headers: ResponseHeaders): unknown;
}
