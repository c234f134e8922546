import { StepUpExceptionFilter } from '../refusal/step-up.filter.js';
import type { ApplicationHandler } from './application-handlers.js';
import { FILTERS } from './nest-metadata.js';

/**
 * Binds our filter to a handler of messages, as `@RequireAcr` does. Nest does not run global filters for all of them:
 * the client would receive "Internal server error" if `AccessTokenGuard` or the handler itself refuses. Filters of the
 * application at the handler come first. Leaves out handlers that HTTP calls too, because global filters reach them.
 * Call it before Nest binds the handler.
 *
 * @param filter never writes HTTP here, so that it can be of an earlier application in this process
 */
export function bindMessageFilter({ kinds, functions }: ApplicationHandler, filter: StepUpExceptionFilter): void {
  if (!kinds.every((kind) => kind === 'message' || kind === 'pattern')) return;
  for (const handler of functions) {
    const bound = (Reflect.getMetadata(FILTERS, handler) ?? []) as readonly unknown[];
    if (bound.some(isOurs)) continue;
    // Nest asks the last one first.
    Reflect.defineMetadata(FILTERS, [filter, ...bound], handler);
  }
}

function isOurs(filter: unknown): boolean {
  return filter === StepUpExceptionFilter || filter instanceof StepUpExceptionFilter;
}
