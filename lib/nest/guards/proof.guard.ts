import {
  type CanActivate,
  type ExecutionContext,
  InternalServerErrorException,
  Logger,
  type Type,
} from '@nestjs/common';
import { LOG_CONTEXT } from '../advice/log.js';
import { type Handler, isRequired } from '../requirements/handler.js';
import { GUARDS } from './guards-metadata.js';
import { isAdmitted } from './verdict.js';

/**
 * Runs after the guard that a decorator binds, and refuses every invocation that was not admitted. It is an instance
 * and not a class: Nest looks classes up in a module, and leaves them out without an error if they are not there.
 */
export const handlerProof: CanActivate = {
  canActivate: (context) => isAdmitted(context) || refuse(context),
};

/** Runs on the class of a decorated method, so that a function that replaces the method does not run unguarded. */
export const classProof: CanActivate = {
  canActivate(context) {
    if (isAdmitted(context)) return true;
    const handler = context.getHandler() as Handler;
    const type = context.getClass<Type>();
    // This first: it is remembered, while metadata can be replaced.
    return !isRequired(type, handler) || carriesProof(handler) || carriesProof(type) || refuse(context);
  },
};

/** Returns whether {@link handlerProof} is bound to this function or class, and has yet to run. */
function carriesProof(target: object): boolean {
  const guards: unknown = Reflect.getMetadata(GUARDS, target);
  return Array.isArray(guards) && guards.includes(handlerProof);
}

function refuse(context: ExecutionContext): never {
  new Logger(LOG_CONTEXT).error(
    `[unguarded] ${context.getClass()?.name}.${context.getHandler().name}: Nest has left AcrGuard out of its guards, so that ` +
      'it is refused; provide its class as a class, in a module that Nest scans, and let no other decorator or wrapper ' +
      'replace its metadata',
  );
  throw new InternalServerErrorException();
}
