import type { Type } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { decoratedMethods, type StepUpMetadata, stepUpMetadataOfAll, stepUpMetadataOfHandler } from './metadata.js';

/** A function that Nest calls to handle an invocation. */
export type Handler = (...parameters: never[]) => unknown;

/** What our decorators declare on a handler, and the name of the handler. */
export interface HandlerMetadata {
  /** `Controller.handler` */
  readonly name: string;
  readonly metadata: readonly StepUpMetadata[];
  /** Its class and those that this one extends, the base class first. */
  readonly classes: readonly Type[];
}

/**
 * Returns what our decorators declare on the function that Nest calls. A function that has replaced a decorated one
 * stands for it by its name in the class, also without metadata: tracing and mocking wrap methods and copy nothing.
 *
 * @param knownAs the name under which the boot audit has found this function on an instance
 * @throws StepUpConfigurationError for a method that overrides a decorated one without a decorator, and for a function
 * that no name connects with its class, if methods of that class are decorated
 */
export function metadataOfHandler(controller: Type, handler: Handler, knownAs?: string): HandlerMetadata {
  const classes = lineage(controller);
  const method = nameIn(classes, handler) ?? knownAs ?? handler.name.replace(/^bound /, '');
  const name = `${controller.name}.${method}`;
  const declaring = declaringClass(classes, handler, method);
  const decorated = declaring && decoratedMethods(declaring.prototype).get(method);
  const isAlone = decorated === undefined || (decorated.length === 1 && decorated[0] === handler);
  const metadata = isAlone ? stepUpMetadataOfHandler(handler) : stepUpMetadataOfAll([handler, ...decorated]);
  if (metadata.length > 0) return { name, metadata, classes };

  if (classes.some(({ prototype }) => decoratedMethods(prototype).has(method))) {
    throw new StepUpConfigurationError(
      `${name} overrides a method that is decorated for step-up and says nothing itself; ` +
        'repeat the decorator, or use @SkipStepUp',
    );
  }
  if (declaring === undefined && classes.some(({ prototype }) => decoratedMethods(prototype).size > 0)) {
    throw new StepUpConfigurationError(
      `${name} is none of the methods of its class, so that nobody can tell whether it stands for one that is decorated ` +
        'for step-up; give it the name of the method it replaces',
    );
  }
  return { name, metadata, classes };
}

/** Returns the class whose prototype has the function, or the nearest one with a method of this name. */
function declaringClass(classes: readonly Type[], handler: Handler, method: string): Type | undefined {
  return (
    classes.findLast(({ prototype }) => hasOwnValue(prototype, method, handler)) ??
    classes.findLast(({ prototype }) => decoratedMethods(prototype).get(method)?.includes(handler)) ??
    classes.findLast(({ prototype }) => Object.hasOwn(prototype, method))
  );
}

/** Returns a class and the classes it extends, the base class first. */
export function lineage(controller: Type): Type[] {
  const classes: Type[] = [];
  for (let target: object | null = controller; typeof target === 'function'; target = Object.getPrototypeOf(target)) {
    if (target !== Function.prototype && target.prototype !== undefined) classes.unshift(target as Type);
  }
  return classes;
}

/** Returns the name of a function in its class, also after another function has replaced it there. */
function nameIn(classes: readonly Type[], handler: Handler): string | undefined {
  for (const { prototype } of classes) {
    const name = ownNameIn(prototype, handler);
    if (name !== undefined) return name;
    for (const [name, decorated] of decoratedMethods(prototype)) if (decorated.includes(handler)) return String(name);
  }
  return undefined;
}

/** Calls no getter. */
function hasOwnValue(object: object, name: string, value: unknown): boolean {
  return Object.getOwnPropertyDescriptor(object, name)?.value === value;
}

/** What the methods of a prototype were called when one of them was looked up last. */
const names = new WeakMap<object, ReadonlyMap<unknown, string>>();

/** Returns the name under which a prototype has a function now. Lists its methods once for all of them. */
function ownNameIn(prototype: object, handler: Handler): string | undefined {
  const known = names.get(prototype)?.get(handler);
  if (known !== undefined && hasOwnValue(prototype, known, handler)) return known;
  const found = new Map<unknown, string>();
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    // of several names the first one counts
    if (typeof value === 'function' && !found.has(value)) found.set(value, name);
  }
  names.set(prototype, found);
  return found.get(handler);
}

/** Returns whether our decorators require anything of a method of a class, or of the method that it has replaced. */
export function isRequired(controller: Type, handler: Handler): boolean {
  const known = required.get(controller)?.get(handler);
  if (known !== undefined) return known;
  const found = findRequired(controller, handler);
  const handlers = required.get(controller) ?? new WeakMap<Handler, boolean>();
  required.set(controller, handlers.set(handler, found));
  return found;
}

// The decorators of a class are the same for every application.
const required = new WeakMap<Type, WeakMap<Handler, boolean>>();

/** A function that no name connects with its class can stand for any of its methods: returns `true`. */
function findRequired(controller: Type, handler: Handler): boolean {
  try {
    return metadataOfHandler(controller, handler).metadata.some(({ kind }) => kind !== 'public');
  } catch {
    return true;
  }
}
