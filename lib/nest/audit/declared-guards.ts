import { GUARDS } from '../guards/guards-metadata.js';
import { type ApplicationClass, functionsOf, methodsOf } from './application-handlers.js';

/**
 * The guards that metadata named after Nest had scanned the application and before it bound anything. Later changes can
 * come too late: Nest binds controllers, gateways and patterns before it runs any hook of a module.
 */
export class DeclaredGuards {
  readonly #declared = new Map<object, readonly unknown[]>();

  constructor(classes: readonly ApplicationClass[]) {
    for (const one of classes) {
      const functions = methodsOf(one).flatMap((method) => functionsOf(one, method));
      for (const target of [one.type, ...functions]) this.#declared.set(target, guardsOf(target));
    }
  }

  /** Returns whether metadata still names the same guards. */
  areUnchanged(target: object): boolean {
    const declared = this.#declared.get(target);
    const guards = guardsOf(target);
    return declared?.length === guards.length && declared.every((guard, index) => guard === guards[index]);
  }
}

/** Returns the guards that `@UseGuards` declares on a class or a function. */
export function guardsOf(target: object): readonly unknown[] {
  return [...((Reflect.getMetadata(GUARDS, target) as unknown[] | undefined) ?? [])];
}
