import * as nest from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { STEP_UP_CONTEXT_FACTORY } from '../decorators/step-up-context.decorator.js';
import type { ApplicationHandler } from './application-handlers.js';
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

  of(handler: ApplicationHandler): boolean {
    // For other kinds, invocations share the request, or Nest binds after the boot audit.
    if (handler.kinds.some((kind) => kind !== 'http')) return true;
    if (this.#everywhere || this.guards.runAfterJudging(handler)) return true;
    const { type, method, functions, module } = handler;
    // Nest looks for guards, interceptors and pipes again at each request.
    if (module.controllers.get(type)?.isDependencyTreeStatic() !== true) return true;
    const targets = [type, ...functions];
    if (targets.some((target) => Reflect.hasMetadata(INTERCEPTORS, target))) return true;
    const pipes = targets.flatMap((target) => (Reflect.getMetadata(PIPES, target) as unknown[] | undefined) ?? []);
    if (pipes.some((pipe) => !isOfNest(pipe))) return true;
    const parameters = (Reflect.getMetadata(PARAMETERS, type, method) as Record<string, Parameter> | undefined) ?? {};
    return Object.values(parameters).some(
      ({ factory, pipes = [] }) =>
        (factory !== undefined && factory !== STEP_UP_CONTEXT_FACTORY) || pipes.some((pipe) => !isOfNest(pipe)),
    );
  }
}

const CLASSES_OF_NEST: ReadonlySet<unknown> = new Set(Object.values(nest));

/** Returns whether a pipe is one of Nest, which receives a value and not the request. */
function isOfNest(pipe: unknown): boolean {
  return CLASSES_OF_NEST.has(typeof pipe === 'function' ? pipe : (pipe as object | null)?.constructor);
}
