import type { Type } from '@nestjs/common';
import { decoratedMethods, stepUpMetadataOfHandler } from '../requirements/metadata.js';

/**
 * Refuses functions that took the place of a decorated method, and left guard and requirement behind.
 *
 * @throws TypeError naming the method
 */
export function assertNotReplaced(type: Type, instance: unknown): void {
  for (let prototype = type.prototype; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    for (const name of decoratedMethods(prototype).keys()) {
      const own: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
      if (!isMarked(own)) {
        throw new TypeError(
          `${type.name}.${String(name)}: another decorator has replaced the method after its step-up decorator; ` +
            'move the step-up decorator above it',
        );
      }
      const inherited: unknown = type.prototype[name];
      if (instance instanceof type && isMarked(inherited) && !isMarked(Reflect.get(instance, name))) {
        throw new TypeError(
          `${type.name}.${String(name)}: the instance has another function in place of the decorated method, which ` +
            'would run unguarded; do not bind handlers in the constructor, nor give a field their name',
        );
      }
    }
  }
}

function isMarked(method: unknown): boolean {
  return typeof method === 'function' && stepUpMetadataOfHandler(method).length > 0;
}
