import type { ExecutionContext } from '@nestjs/common';
import type { MaybePromise } from '../../token/index.js';
import { Attachment } from '../transports/attachment.js';
import type { Request } from '../transports/request.js';
import type { Authenticated } from './authenticator.js';

/** What one application knows of a request. */
export class RequestRecord {
  /** The token that was verified, and whose it is. */
  known: { readonly token: string; readonly authenticated: MaybePromise<Authenticated> } | undefined = undefined;
  /** The token that was refused, and why. */
  refused: { readonly token: string; readonly error: unknown } | undefined = undefined;
  /** The context of the invocation that was admitted with the request. */
  admitted: ExecutionContext | undefined = undefined;
}

/**
 * The records of the requests of one application. All that is known of a request is one field of it: on Express each request
 * has a hidden class of its own, to which V8 adds another one, in old space, for each new field.
 */
export class RequestRecords {
  readonly #records = new Attachment<RequestRecord>();

  /** Returns the record of a request; `undefined` if nothing is known of it. */
  get(request: Request): RequestRecord | undefined {
    return this.#records.get(request);
  }

  /** Returns the record of a request, to write to it. */
  of(request: Request): RequestRecord {
    const present = this.#records.get(request);
    if (present !== undefined) return present;
    const record = new RequestRecord();
    this.#records.set(request, record);
    return record;
  }
}
