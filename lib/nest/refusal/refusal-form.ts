import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { transportOf } from '../transports/invocation.js';
import { OwnRefusal, StepUpExceptionFilter } from './step-up.filter.js';

/** The metadata key of `@UseFilters`. */
const FILTERS = '__exceptionFilters__';

/**
 * Writes refusals off HTTP, where nothing of the application is needed for it. An instance and not a class: Nest looks
 * classes up in a module, which it has scanned before.
 */
@Catch(OwnRefusal)
class RefusalForm implements ExceptionFilter {
  catch(exception: Parameters<StepUpExceptionFilter['catch']>[0], host: ArgumentsHost): unknown {
    return transportOf(host)?.writeRefusal(exception, host);
  }
}

const refusalForm = new RefusalForm();

/**
 * Binds the form of refusals to a handler of messages, whoever refuses: a guard without a decorator of ours, or
 * `StepUpService` inside of the handler. Global filters do not reach every such handler. A filter of the handler itself
 * comes first. Binds nothing next to a {@link StepUpExceptionFilter}.
 */
export function bindRefusalForm(type: object, handler: object): void {
  const ofHandler = filtersOn(handler);
  if (ofHandler.includes(refusalForm) || [...ofHandler, ...filtersOn(type)].some(isOurs)) return;
  // Nest asks the last one first.
  Reflect.defineMetadata(FILTERS, [refusalForm, ...ofHandler], handler);
}

function filtersOn(target: object): readonly unknown[] {
  const filters: unknown = Reflect.getMetadata(FILTERS, target);
  return Array.isArray(filters) ? filters : [];
}

function isOurs(filter: unknown): boolean {
  if (filter instanceof StepUpExceptionFilter || filter === StepUpExceptionFilter) return true;
  return typeof filter === 'function' && filter.prototype instanceof StepUpExceptionFilter;
}
