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

/** What Nest can call under the name of a method, as it is at the moment. */
export interface ApplicationMethod {
  readonly method: string;
  /**
   * The functions that Nest can call for it: that of the prototype, that of the instance, and those that decorators
   * saw.
   */
  readonly functions: readonly Handler[];
  /** The keys of all metadata of the functions. To read them is dear, and most metadata is absent from most methods. */
  readonly metadataKeys: readonly unknown[];
}

/** A method of one class that Nest binds. */
export interface ApplicationHandler extends ApplicationClass, ApplicationMethod {
  readonly kinds: readonly HandlerKind[];
}

const scanner = new MetadataScanner();

/** Returns the classes of an application, once for every module that has them. */
export function applicationClasses(modules: ModulesContainer): ApplicationClass[] {
  const classes: ApplicationClass[] = [];
  for (const [moduleKey, module] of modules) {
    for (const wrappers of [module.controllers, module.providers, module.injectables]) {
      for (const wrapper of wrappers.values()) {
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
  }
  return classes;
}

/** Returns the methods of a class, also after another function has replaced one of them. */
export function methodsOf(applicationClass: ApplicationClass): ApplicationMethod[] {
  const { prototype } = applicationClass;
  const methods: ApplicationMethod[] = [];
  for (const name of scanner.getAllMethodNames(prototype)) {
    if (typeof originalHook(prototype[name]) === 'function') methods.push(methodOf(applicationClass, name));
  }
  return methods;
}

/** Returns the functions that an instance has as fields. */
export function fieldsOf(applicationClass: ApplicationClass): ApplicationMethod[] {
  const { instance, prototype } = applicationClass;
  if (instance === undefined) return [];
  const isField = (name: string) =>
    typeof originalHook(prototype[name]) !== 'function' && typeof Reflect.get(instance, name) === 'function';
  return Object.keys(instance)
    .filter(isField)
    .map((name) => methodOf(applicationClass, name));
}

/** Returns those of the methods of a class that Nest binds. */
export function handlersOf(
  applicationClass: ApplicationClass,
  methods: readonly ApplicationMethod[],
): ApplicationHandler[] {
  const handlers: ApplicationHandler[] = [];
  for (const one of methods) {
    const kinds = kindsOf(one);
    if (kinds.length > 0) handlers.push({ ...applicationClass, ...one, kinds });
  }
  return handlers;
}

function methodOf(applicationClass: ApplicationClass, method: string): ApplicationMethod {
  const functions = functionsOf(applicationClass, method);
  return { method, functions, metadataKeys: metadataKeysOf(functions) };
}

export function functionsOf({ prototype, instance }: ApplicationClass, method: string): Handler[] {
  const functions: Handler[] = [];
  const add = (value: unknown) => {
    if (typeof value === 'function' && !functions.includes(value as Handler)) functions.push(value as Handler);
  };
  add(originalHook(prototype[method]));
  if (instance !== undefined) add(originalHook(Reflect.get(instance, method)));
  for (let object: object | null = prototype; object !== null; object = Object.getPrototypeOf(object)) {
    if (!Object.hasOwn(object, method)) continue;
    // If the method was replaced since, Nest has bound the earlier function.
    decoratedMethods(object).get(method)?.forEach(add);
    break;
  }
  return functions;
}

export function metadataKeysOf(functions: readonly Handler[]): readonly unknown[] {
  const [first, ...others] = functions;
  if (first === undefined) return [];
  const keys: readonly unknown[] = Reflect.getMetadataKeys(first);
  return others.length === 0 ? keys : keys.concat(others.flatMap((one) => Reflect.getMetadataKeys(one)));
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
