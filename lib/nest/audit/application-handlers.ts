import type { Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import type { Handler } from '../requirements/handler.js';
import { decoratedMethods } from '../requirements/metadata.js';
import { originalHook } from '../transports/gateway-hooks.js';
import { type HandlerKind, kindsOf } from './handler-kinds.js';

export type Module = ModulesContainer extends Map<string, infer M> ? M : never;

/** A class of the application in which Nest looks for handlers. */
export interface ApplicationClass {
  /** What `ExecutionContext.getClass()` returns. */
  readonly type: Type;
  /** Where Nest looks for handlers. */
  readonly prototype: Readonly<Record<string, unknown>>;
  /** Absent until Nest has made one, such as for a provider with a factory that makes one for each request. */
  readonly instance: object | undefined;
  readonly module: Module;
  /** The key under which Nest stores the module. */
  readonly moduleKey: string;
}

/** A method of one class that Nest binds. */
export interface ApplicationHandler extends ApplicationClass {
  readonly method: string;
  readonly kinds: readonly HandlerKind[];
  /**
   * The functions that Nest can call for it: that of the prototype, that of the instance, and those that decorators
   * saw.
   */
  readonly functions: readonly Handler[];
}

const scanner = new MetadataScanner();

/** Returns the classes of an application, once for every module that has them. */
export function applicationClasses(modules: ModulesContainer): ApplicationClass[] {
  const classes: ApplicationClass[] = [];
  for (const [moduleKey, module] of modules) {
    const { controllers, providers, injectables } = module;
    for (const wrapper of [...controllers.values(), ...providers.values(), ...injectables.values()]) {
      // Nest looks at the provider that the alias names.
      if (wrapper.isAlias) continue;
      const { metatype, instance } = wrapper;
      const ofInstance = classOf(instance);
      if (ofInstance !== undefined) classes.push({ ...ofInstance, module, moduleKey });
      if (isClass(metatype) && metatype.prototype !== ofInstance?.prototype) {
        classes.push({ type: metatype, prototype: metatype.prototype, instance: undefined, module, moduleKey });
      }
    }
  }
  return classes;
}

/** Returns the methods of a class that Nest binds, also after another function has replaced one of them. */
export function handlersOf(applicationClass: ApplicationClass): ApplicationHandler[] {
  return methodsOf(applicationClass).flatMap((method) => {
    const functions = functionsOf(applicationClass, method);
    const kinds = kindsOf(method, functions);
    return kinds.length === 0 ? [] : [{ ...applicationClass, method, kinds, functions }];
  });
}

export function methodsOf({ prototype }: ApplicationClass): string[] {
  const isMethod = (name: string) => typeof originalHook(prototype[name]) === 'function';
  return scanner.getAllMethodNames(prototype).filter(isMethod);
}

export function functionsOf({ prototype, instance }: ApplicationClass, method: string): Handler[] {
  const own: unknown = instance === undefined ? undefined : Reflect.get(instance, method);
  const functions = [prototype[method], own]
    .map(originalHook)
    .filter((value) => typeof value === 'function') as Handler[];
  for (let object: object | null = prototype; object !== null; object = Object.getPrototypeOf(object)) {
    if (!Object.hasOwn(object, method)) continue;
    // If the method was replaced since, Nest has bound the earlier function.
    functions.push(...((decoratedMethods(object).get(method) ?? []) as Handler[]));
    break;
  }
  return [...new Set(functions)];
}

/**
 * Returns the class of an instance. `undefined` if the instance cannot be inspected: Nest cannot find handlers there.
 */
function classOf(instance: unknown): Pick<ApplicationClass, 'type' | 'prototype' | 'instance'> | undefined {
  if (typeof instance !== 'object' || instance === null) return undefined;
  try {
    const prototype: unknown = Object.getPrototypeOf(instance);
    if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype) return undefined;
    const type: unknown = instance.constructor;
    if (typeof type !== 'function') return undefined;
    return { type: type as Type, prototype: prototype as Record<string, unknown>, instance };
  } catch {
    return undefined;
  }
}

function isClass(metatype: unknown): metatype is Type {
  return typeof metatype === 'function' && typeof metatype.prototype === 'object' && metatype.prototype !== null;
}
