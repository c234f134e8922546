import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import type { Handler } from '../requirements/handler.js';
import type { ApplicationHandler } from './application-handlers.js';

/** The part of the ExternalContextCreator of Nest that shows which guards Nest binds. */
interface ContextCreator {
  readonly guardsContextCreator?: {
    create?(instance: object, handler: Handler, moduleKey: string): readonly unknown[];
  };
  getHostModuleKey?(instance: object, type: Type): string;
  getContextModuleKey?(type: Type): string;
}

/** The guards that Nest binds to a handler, as it answers itself. */
export class GuardsOfNest {
  readonly #creator: ContextCreator;

  constructor(creator: ExternalContextCreator) {
    this.#creator = creator as unknown as ContextCreator;
  }

  /**
   * Returns the guards that Nest would run before a function. Empty if Nest cannot be asked, so that nothing is proven.
   */
  boundTo({ instance, type, kinds, moduleKey }: ApplicationHandler, handler: Handler): readonly unknown[] {
    if (instance === undefined) return [];
    try {
      const isGraphql = kinds.some((kind) => kind === 'operation' || kind === 'field' || kind === 'reference');
      const key = isGraphql
        ? this.#creator.getHostModuleKey?.(instance, type) || this.#creator.getContextModuleKey?.(type) || ''
        : moduleKey;
      return this.#creator.guardsContextCreator?.create?.(instance, handler, key) ?? [];
    } catch {
      return [];
    }
  }
}
