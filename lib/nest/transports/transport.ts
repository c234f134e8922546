import type { ArgumentsHost } from '@nestjs/common';
import type { Refusal } from './refusal.js';
import type { Request, RequestAndResponse } from './request.js';
import type { ResponseHeaders } from './response-headers.js';

/** What is particular about one of Nest's context types. */
export interface Transport {
  /** Nest's context type. */
  readonly name: string;
  /** Whether handlers find their user on the request, as Nest has it. */
  readonly carriesUser: boolean;

  /** Whether several invocations may share a request, so that a request alone does not tell which of them is meant. */
  readonly sharesRequest: boolean;

  /** The request of an invocation; `undefined` if the application hands on none. */
  requestOf(host: ArgumentsHost): Request | undefined;

  /** The objects on which applications put the user of an invocation. */
  userHoldersOf(host: ArgumentsHost): readonly object[];

  /** The response, if its headers belong to this invocation alone. */
  responseOf(host: ArgumentsHost): object | undefined;

  /** Returns whether a request ends with the operation it came for, so that what is known of it holds until then. */
  ownsRequest(request: Request): boolean;

  /** Keeps the answer of this invocation out of caches that serve other users; absent if no cache runs before guards. */
  keepPrivate?(host: ArgumentsHost): void;

  /** Writes the headers of a refusal; absent if there are none, or none that belong to an invocation alone. */
  writeHeaders?(invocation: RequestAndResponse, refusal: Refusal, headers: ResponseHeaders): void;

  /** Writes a refusal in the form of this transport. Returns what the exception filter returns. */
  writeRefusal(refusal: Refusal, host: ArgumentsHost, headers: ResponseHeaders): unknown;
}
