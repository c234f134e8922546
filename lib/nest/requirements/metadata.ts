import 'reflect-metadata';
import { type AuthenticationRequirements, StepUpConfigurationError } from '../../core/index.js';
import type { RequirementsFunction } from './step-up-requirements.js';

/** What one of our decorators declares on its class or handler. */
export type StepUpMetadata =
  | { readonly kind: 'require'; readonly requirements: AuthenticationRequirements | RequirementsFunction }
  | { readonly kind: 'skip' }
  | { readonly kind: 'public' };

/**
 * How often a decorator was applied after Nest had scanned its class. Routes that were compiled before are then out of
 * date.
 */
export let lateDecorations = 0;

// Strings and not symbols: two copies of the package must see the metadata of each other.
/** The metadata key of all our decorators. */
export const STEP_UP = 'nestjs-step-up:metadata';
const DECORATED_METHODS = 'nestjs-step-up:decorated-methods';
const SEALED = 'nestjs-step-up:sealed';

/** Returns what our decorators declare on exactly this class or function. Leaves out what it inherits. */
export function stepUpMetadataOf(target: object): readonly StepUpMetadata[] {
  return (Reflect.getOwnMetadata(STEP_UP, target) as StepUpMetadata[] | undefined) ?? [];
}

/**
 * Returns what our decorators declare on a handler. A wrapper that has the decorated function as its prototype inherits
 * the metadata.
 */
export function stepUpMetadataOfHandler(handler: object): readonly StepUpMetadata[] {
  return (Reflect.getMetadata(STEP_UP, handler) as StepUpMetadata[] | undefined) ?? [];
}

/**
 * Returns what our decorators declare on several functions that stand for one method. Metadata that one function has
 * from another counts once.
 */
export function stepUpMetadataOfAll(functions: readonly object[]): readonly StepUpMetadata[] {
  const [first, ...others] = new Set(functions);
  let all = first === undefined ? [] : stepUpMetadataOfHandler(first);
  for (const one of others) {
    const known = all;
    const added = stepUpMetadataOfHandler(one).filter((metadata) => !known.includes(metadata));
    all = known.concat(added);
  }
  return all;
}

/** Returns the decorated methods of a prototype by name, with the functions that they were when decorated. */
export function decoratedMethods(prototype: object): ReadonlyMap<string | symbol, readonly object[]> {
  return (Reflect.getOwnMetadata(DECORATED_METHODS, prototype) as DecoratedMethods | undefined) ?? NONE;
}

type DecoratedMethods = Map<string | symbol, readonly object[]>;

const NONE: DecoratedMethods = new Map();

/**
 * Returns a decorator that adds metadata. Does not check whether decorators contradict each other: the boot audit does,
 * as it sees the whole class.
 *
 * @throws StepUpConfigurationError on anything but a class or a method of its prototype
 * @throws TypeError on a class that Nest has scanned already
 */
export function setStepUpMetadata(metadata: StepUpMetadata): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: { value?: unknown }) => {
    const decorated = key === undefined ? target : descriptor?.value;
    const isStatic = key !== undefined && typeof target === 'function';
    if (typeof decorated !== 'function' || isStatic) {
      throw new StepUpConfigurationError(
        `Step-up decorators belong on a class or a method; "${String(key)}" is ${isStatic ? 'static' : 'neither'}`,
      );
    }
    Reflect.defineMetadata(STEP_UP, [...stepUpMetadataOf(decorated), metadata], decorated);
    if (key !== undefined) {
      const methods = Reflect.getOwnMetadata(DECORATED_METHODS, target) as DecoratedMethods | undefined;
      if (methods === undefined) Reflect.defineMetadata(DECORATED_METHODS, new Map([[key, [decorated]]]), target);
      // There are several if another decorator has replaced the function in between.
      else methods.set(key, [...new Set([...(methods.get(key) ?? []), decorated])]);
    }
    const type = key === undefined ? target : target.constructor;
    if (!Reflect.hasOwnMetadata(SEALED, type)) return;
    lateDecorations += 1;
    throw new TypeError(
      `${(type as { name?: string }).name}${key === undefined ? '' : `.${String(key)}`} is decorated for step-up after Nest has ` +
        'looked at its class, and would run unguarded; decorate it where it is declared',
    );
  };
}

/**
 * Checks that a decorator was called. Without parentheses TypeScript calls it with the class, or with the prototype and
 * the method.
 *
 * @throws StepUpConfigurationError that shows how to write it
 */
export function assertCalled(decorator: string, given: readonly unknown[], example: string): void {
  const [target, key, descriptor] = given;
  const isOnMethod = given.length === 3 && typeof key === 'string' && typeof descriptor === 'object';
  const isOnClass = given.length === 1 && typeof target === 'function' && /^class\b/.test(String(target));
  if (!isOnMethod && !isOnClass) return;
  const where = targetName(target as object, isOnMethod ? key : undefined);
  throw new StepUpConfigurationError(`${decorator} on ${where} has no parentheses; write ${example}`);
}

/** Returns the name of a decorated target, such as `TransferController.create`. */
export function targetName(target: object, key?: string | symbol): string {
  const type = (typeof target === 'function' ? target : target.constructor) as { name?: string };
  return key === undefined ? String(type.name) : `${type.name}.${String(key)}`;
}

/** Records that Nest has scanned a class and the classes it extends. A decorator that is applied later throws. */
export function sealMetadata(type: object): void {
  for (let target: object | null = type; typeof target === 'function'; target = Object.getPrototypeOf(target)) {
    if (target !== Function.prototype) Reflect.defineMetadata(SEALED, true, target);
  }
}
