import type { Type } from '@nestjs/common';
import * as nest from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { STEP_UP_CONTEXT_FACTORY } from '../decorators/step-up-context.decorator.js';
import type { ApplicationHandler, ApplicationMethod } from './application-handlers.js';
import type { BoundGuards } from './bound-guards.js';
import { INTERCEPTORS, PARAMETERS, PIPES } from './nest-metadata.js';

interface Parameter {
  readonly factory?: unknown;
  readonly pipes?: readonly unknown[];
}

/**
 * Finds whether code of the application runs between the judgement and the handler: a guard, an interceptor, a pipe or
 * a parameter decorator. Only such code could change the user, so only then must the guard lock it.
 */
export class UserExposure {
  readonly #everywhere: boolean;
  readonly #ofClasses = new WeakMap<Type, boolean>();

  constructor(
    application: ApplicationConfig,
    private readonly guards: BoundGuards,
  ) {
    this.#everywhere =
      application.getGlobalInterceptors().length > 0 ||
      application.getGlobalRequestInterceptors().length > 0 ||
      application.getGlobalRequestPipes().length > 0 ||
      application.getGlobalPipes().some((pipe) => !isOfNest(pipe));
  }

  /** Read once for each class in an audit. */
  #intervenes(type: Type): boolean {
    const known = this.#ofClasses.get(type) ?? intervenes(type);
    this.#ofClasses.set(type, known);
    return known;
  }

  of(handler: ApplicationHandler): boolean {
    // For other kinds, invocations share the request, or Nest binds after the boot audit.
    if (handler.kinds.some((kind) => kind !== 'http')) return true;
    if (this.#everywhere || this.guards.of(handler).haveOthersAfterJudging()) return true;
    const { type, method, module } = handler;
    // Nest looks for guards, interceptors and pipes again at each request.
    if (module.controllers.get(type)?.isDependencyTreeStatic() !== true) return true;
    if (this.#intervenes(type) || intervenesIn(handler)) return true;
    const parameters = (Reflect.getMetadata(PARAMETERS, type, method) as Record<string, Parameter> | undefined) ?? {};
    return Object.values(parameters).some(
      ({ factory, pipes = [] }) =>
        (factory !== undefined && factory !== STEP_UP_CONTEXT_FACTORY) || pipes.some((pipe) => !isOfNest(pipe)),
    );
  }
}

function intervenesIn({ functions, metadataKeys }: ApplicationMethod): boolean {
  return (metadataKeys.includes(INTERCEPTORS) || metadataKeys.includes(PIPES)) && functions.some(intervenes);
}

/** Returns whether a class or a function has an interceptor, or a pipe that is not of Nest. */
function intervenes(target: object): boolean {
  if (Reflect.hasMetadata(INTERCEPTORS, target)) return true;
  const pipes = (Reflect.getMetadata(PIPES, target) as unknown[] | undefined) ?? [];
  return pipes.some((pipe) => !isOfNest(pipe));
}

const CLASSES_OF_NEST: ReadonlySet<unknown> = new Set(Object.values(nest));

/** Returns whether a pipe is one of Nest, which receives a value and not the request. */
function isOfNest(pipe: unknown): boolean {
  return CLASSES_OF_NEST.has(typeof pipe === 'function' ? pipe : (pipe as object | null)?.constructor);
}
