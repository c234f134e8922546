import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import type { Handler } from '../requirements/handler.js';
import type { ApplicationHandler } from './application-handlers.js';
import type { GuardList } from './guard-lists.js';

/** The part of the ExternalContextCreator of Nest that shows which guards Nest binds. */
interface ContextCreator {
  readonly guardsContextCreator?: {
    create?(instance: object, handler: Handler, moduleKey: string): readonly unknown[];
  };
  getHostModuleKey?(instance: object, type: Type): string;
  getContextModuleKey?(type: Type): string;
}

const NONE: readonly unknown[] = [];

/**
 * The guards that Nest binds to a handler, as it answers itself. Make another object for a later audit, because Nest can
 * bind other guards until then.
 */
export class GuardsOfNest {
  readonly #creator: ContextCreator;
  readonly #bound = new Map<object, Map<string, Map<GuardList, readonly unknown[]>>>();

  constructor(creator: ExternalContextCreator) {
    this.#creator = creator as unknown as ContextCreator;
  }

  /**
   * Returns the guards that Nest would run before a function. Empty if Nest cannot be asked, so that nothing is proven.
   * Asks once for an instance, a module and the guards that metadata names: Nest makes its answer of these.
   */
  boundTo(
    { instance, type, kinds, moduleKey }: ApplicationHandler,
    handler: Handler,
    named: GuardList,
  ): readonly unknown[] {
    if (instance === undefined) return NONE;
    try {
      const isGraphql = kinds.some((kind) => kind === 'operation' || kind === 'field' || kind === 'reference');
      const key = isGraphql
        ? this.#creator.getHostModuleKey?.(instance, type) || this.#creator.getContextModuleKey?.(type) || ''
        : moduleKey;
      const answers = this.#answersFor(instance, key);
      const known = answers.get(named);
      if (known !== undefined) return known;
      const bound = this.#creator.guardsContextCreator?.create?.(instance, handler, key) ?? NONE;
      answers.set(named, bound);
      return bound;
    } catch {
      return NONE;
    }
  }

  #answersFor(instance: object, moduleKey: string): Map<GuardList, readonly unknown[]> {
    const ofModules = this.#bound.get(instance) ?? new Map<string, Map<GuardList, readonly unknown[]>>();
    const answers = ofModules.get(moduleKey) ?? new Map<GuardList, readonly unknown[]>();
    if (answers.size === 0) this.#bound.set(instance, ofModules.set(moduleKey, answers));
    return answers;
  }
}
