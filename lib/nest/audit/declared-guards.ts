import { GUARDS } from '../guards/guards-metadata.js';
import type { ApplicationClass, ApplicationMethod } from './application-handlers.js';

const NONE: readonly unknown[] = [];

/**
 * The guards that metadata named after Nest had scanned the application and before it bound anything. Later changes can
 * come too late: Nest binds controllers, gateways and patterns before it runs any hook of a module.
 */
export class DeclaredGuards {
  readonly #declared = new Map<object, readonly unknown[]>();

  /** Records what metadata names for a class and its methods. */
  record({ type }: ApplicationClass, methods: readonly ApplicationMethod[]): void {
    this.#declared.set(type, guardsOf(type));
    for (const { functions } of methods) {
      for (const one of functions) this.#declared.set(one, guardsOf(one));
    }
  }

  /** Returns whether metadata named the same guards for a class or a function as it does now. */
  areUnchanged(target: object, guards: readonly unknown[]): boolean {
    const declared = this.#declared.get(target);
    return declared?.length === guards.length && declared.every((guard, index) => guard === guards[index]);
  }
}

/** Returns the guards that `@UseGuards` declares on a class or a function. */
export function guardsOf(target: object): readonly unknown[] {
  const guards = Reflect.getMetadata(GUARDS, target) as unknown[] | undefined;
  return guards === undefined || guards.length === 0 ? NONE : [...guards];
}
