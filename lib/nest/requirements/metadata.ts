import 'reflect-metadata';
import type { AuthenticationRequirements } from '../../core/index.js';
import type { RequirementsFunction } from '../step-up.options.js';

/** What one of our decorators says of its class or handler. */
export type StepUpMark =
  | { readonly kind: 'require'; readonly requirements: AuthenticationRequirements | RequirementsFunction }
  | { readonly kind: 'skip' }
  | { readonly kind: 'public' };

// A string rather than a symbol: two copies of the package must not overlook each other's marks
const MARKS = 'nestjs-step-up:marks';
const MARKED = 'nestjs-step-up:marked-methods';

/** What our decorators say of exactly this class or function, inherited marks aside. */
export function marksOf(target: object): readonly StepUpMark[] {
  return (Reflect.getOwnMetadata(MARKS, target) as StepUpMark[] | undefined) ?? [];
}

/** What our decorators say of a handler. A wrapper that has the decorated function as its prototype stands for it. */
export function marksOfHandler(handler: object): readonly StepUpMark[] {
  return (Reflect.getMetadata(MARKS, handler) as StepUpMark[] | undefined) ?? [];
}

/** The methods of a prototype that were decorated, by name. */
export function markedMethods(prototype: object): readonly (string | symbol)[] {
  return (Reflect.getOwnMetadata(MARKED, prototype) as (string | symbol)[] | undefined) ?? [];
}

/** Adds a mark; that two do not belong together is for the boot to say, which sees the whole class. */
export function mark(added: StepUpMark): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: { value?: unknown }) => {
    const marked = key === undefined ? target : descriptor?.value;
    const isStatic = key !== undefined && typeof target === 'function';
    if (typeof marked !== 'function' || isStatic) {
      throw new TypeError(
        `Step-up decorators belong on a class or a method; "${String(key)}" is ${isStatic ? 'static' : 'neither'}`,
      );
    }
    Reflect.defineMetadata(MARKS, [...marksOf(marked), added], marked);
    if (key !== undefined) Reflect.defineMetadata(MARKED, [...markedMethods(target), key], target);
  };
}
