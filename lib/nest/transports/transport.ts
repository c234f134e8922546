import type { ArgumentsHost } from '@nestjs/common';
import type { PresentedToken } from '../../token/index.js';
import type { Refusal } from './refusal.js';
import type { Request, RequestAndResponse } from './request.js';
import type { ResponseHeaders } from './response-headers.js';
import type { CheckedTokenLocations } from './token-locations.js';

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
   * Returns the token of each place of an invocation whose request does not end with its operation; an empty list if it
   * has no place. `host` is absent if only the request is known.
   *
   * @throws AccessTokenRefused for a place that does not have exactly one readable token
   */
  tokensOf(
    request: Request,
    host: ArgumentsHost | undefined,
    locations: CheckedTokenLocations,
  ): readonly (PresentedToken | undefined)[];

  /** Returns the objects that stand for the connection of an invocation. Absent if a transport has no connections. */
  connectionHoldersOf?(request: Request, host: ArgumentsHost | undefined): readonly unknown[];

  /**
   * Keeps the response of this invocation out of caches that serve other users. Absent if no cache runs before guards.
   */
  keepPrivate?(host: ArgumentsHost): void;

  /** Writes the headers of a refusal. Absent if there are none, or if they do not belong to one invocation. */
  writeHeaders?(invocation: RequestAndResponse, refusal: Refusal, headers: ResponseHeaders): void;

  /**
   * Writes a refusal in the form of this transport. Returns what the exception filter returns.
   *
   * @param headers absent off HTTP, if the application has not bound the filter itself
   */
  writeRefusal(refusal: Refusal, host: ArgumentsHost, headers?: ResponseHeaders): unknown;
}
