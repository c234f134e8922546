import type { Type } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { decoratedMethods, stepUpMetadataOfAll, stepUpMetadataOfHandler } from '../requirements/metadata.js';
import { onlyOne } from '../requirements/route.js';

/**
 * Checks that no function has replaced a decorated method on its prototype without its metadata.
 *
 * @throws StepUpConfigurationError that names the method, and for several decorators on one method
 */
export function assertNotReplaced(type: Type): void {
  for (let prototype = type.prototype; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    for (const [name, functions] of decoratedMethods(prototype)) {
      // Also for overridden methods, which are not handlers.
      onlyOne(stepUpMetadataOfAll(functions), `${prototype.constructor.name}.${String(name)}`);
      const own: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
      if (typeof own !== 'function' || stepUpMetadataOfHandler(own).length === 0) {
        throw new StepUpConfigurationError(
          `${type.name}.${String(name)}: another decorator has replaced the method after its step-up decorator; ` +
            'move the step-up decorator above it, or let the wrapper copy the metadata of the method',
        );
      }
    }
  }
}
