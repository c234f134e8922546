import type { Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { DECORATORS, type OpenAPIObject } from '@nestjs/swagger';

/** An operation of a document. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** A function that Nest calls, as a handler of one class. */
export interface MarkedHandler {
  readonly type: Type;
  readonly handler: (...parameters: unknown[]) => unknown;
}

const { API_SECURITY: SECURITY, API_EXTENSION: EXTENSION } = DECORATORS;

/** The name of a mark in a document. It never leaves this file. */
const MARK = 'x-nestjs-step-up-handler';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query', 'search'] as const;

/**
 * Marks the handlers of an application while a document is made of them, and finds each operation's handler by its
 * mark. Paths and names do not tell it: two classes can share a name, a function can be a handler of two classes, and
 * versions can share a path. An operation has the mark of its class as a security requirement, because only that is
 * read from the class, and the mark of its function as an extension.
 */
export class MarkedHandlers {
  readonly #types = new Map<string, Type>();
  readonly #handlers = new Map<string, MarkedHandler['handler']>();
  readonly #restore: (() => void)[] = [];

  private constructor(modules: ModulesContainer) {
    const types = new Set([...modules.values()].flatMap(({ controllers }) => [...controllers.values()].map(typeOf)));
    const functions = new Set<MarkedHandler['handler']>();
    for (const type of types) {
      if (type === undefined) continue;
      this.#types.set(`${MARK}:${this.#types.size}`, type);
      for (const name of new MetadataScanner().getAllMethodNames(type.prototype)) functions.add(type.prototype[name]);
    }
    for (const handler of functions) this.#handlers.set(String(this.#handlers.size), handler);
  }

  /**
   * Makes a document by a synchronous function, and calls `describe` for each of its operations that is a handler.
   * Leaves no mark in the document or in the metadata, also if the function throws.
   */
  static inDocument(
    modules: ModulesContainer,
    make: () => OpenAPIObject,
    describe: (operation: Operation, handler: MarkedHandler, document: OpenAPIObject) => void,
  ): OpenAPIObject {
    const marked = new MarkedHandlers(modules);
    const document = marked.#whileMarked(make);
    for (const operation of operationsOf(document)) {
      const handler = marked.#unmark(operation);
      if (handler !== undefined) describe(operation, handler, document);
    }
    return document;
  }

  #whileMarked(make: () => OpenAPIObject): OpenAPIObject {
    try {
      for (const [mark, type] of this.#types) {
        this.#define(SECURITY, [...((Reflect.getMetadata(SECURITY, type) as object[]) ?? []), { [mark]: [] }], type);
      }
      for (const [mark, handler] of this.#handlers) {
        this.#define(EXTENSION, { ...Reflect.getMetadata(EXTENSION, handler), [MARK]: mark }, handler);
      }
      return make();
    } finally {
      for (const restore of this.#restore.reverse()) restore();
    }
  }

  #define(key: string, value: unknown, target: object): void {
    const isOwn = Reflect.hasOwnMetadata(key, target);
    const previous: unknown = Reflect.getOwnMetadata(key, target);
    this.#restore.push(() =>
      isOwn ? Reflect.defineMetadata(key, previous, target) : Reflect.deleteMetadata(key, target),
    );
    Reflect.defineMetadata(key, value, target);
  }

  /** Removes the marks of an operation. Returns its handler, `undefined` if it has no marks. */
  #unmark(operation: Operation): MarkedHandler | undefined {
    const extensions = operation as unknown as Record<string, unknown>;
    const handler = this.#handlers.get(String(extensions[MARK]));
    delete extensions[MARK];
    const names = (operation.security ?? []).flatMap((requirement) => Object.keys(requirement));
    const type = names.map((name) => this.#types.get(name)).find((found) => found !== undefined);
    const security = operation.security?.filter((requirement) => !Object.keys(requirement).some(isMark));
    if (security === undefined || security.length === 0) delete operation.security;
    else operation.security = security;
    return type === undefined || handler === undefined ? undefined : { type, handler };
  }
}

function isMark(name: string): boolean {
  return name.startsWith(`${MARK}:`);
}

function typeOf({ instance, metatype }: { instance?: unknown; metatype: unknown }): Type | undefined {
  const type: unknown = metatype ?? (instance as object | undefined)?.constructor;
  return typeof type === 'function' && typeof type.prototype === 'object' ? (type as Type) : undefined;
}

/** Returns the operations of a document, those of its webhooks included. */
function operationsOf(document: OpenAPIObject): Operation[] {
  const { webhooks = {} } = document as { webhooks?: OpenAPIObject['paths'] };
  return [...Object.values(document.paths), ...Object.values(webhooks)].flatMap((item) =>
    METHODS.flatMap((method) => (item as Partial<Record<string, Operation>>)[method] ?? []),
  );
}
