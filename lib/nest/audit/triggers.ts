import { RequestMethod, type VersioningOptions, VersioningType } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { Handler } from '../requirements/handler.js';
import type { ApplicationHandler, Module } from './application-handlers.js';
import type { HandlerKind } from './handler-kinds.js';
import {
  FIELD,
  MESSAGE,
  METHOD,
  MODULE_PATH,
  PATH,
  PATTERN,
  PATTERN_KIND,
  RESOLVER_NAME,
  RESOLVER_TYPE,
  VERSION,
} from './nest-metadata.js';

/** The kind of a pattern that expects no response. */
const EVENT = 2;

/**
 * Describes what Nest calls a handler for, as its developer has written it, with prefixes and versions of the
 * application.
 */
export class Triggers {
  readonly #versioning: VersioningOptions | undefined;
  readonly #prefix: string;
  readonly #withoutPrefix: NonNullable<ReturnType<ApplicationConfig['getGlobalPrefixOptions']>['exclude']>;
  readonly #modulePaths = new Map<Module, unknown>();

  constructor(
    application: ApplicationConfig,
    private readonly modules: ModulesContainer,
  ) {
    this.#versioning = application.getVersioning();
    this.#prefix = application.getGlobalPrefix();
    this.#withoutPrefix = application.getGlobalPrefixOptions().exclude ?? [];
  }

  /** Returns texts such as `POST /transfers`, `message transfer`, `pattern {"cmd":"pay"}` or `Query.balance`. */
  of(handler: ApplicationHandler): string[] {
    return handler.kinds.flatMap((kind) => this.#ofKind[kind](handler));
  }

  readonly #ofKind: Readonly<Record<HandlerKind, (handler: ApplicationHandler) => string[]>> = {
    http: (handler) => this.#routes(handler),
    operation: ({ functions, method }) => [
      `${read(functions, RESOLVER_TYPE)}.${read(functions, RESOLVER_NAME) ?? method}`,
    ],
    field: ({ type, functions, method }) => [
      `${typeOf(type)}.${read(functions, RESOLVER_NAME) ?? read(functions, FIELD) ?? method}`,
    ],
    reference: ({ type }) => [`reference ${typeOf(type)}`],
    message: ({ functions }) => [`message ${shown(read(functions, MESSAGE))}`],
    pattern: patternsOf,
    stream: patternsOf,
  };

  #routes({ type, functions, metadataKeys, module }: ApplicationHandler): string[] {
    const method = read(functions, METHOD) as RequestMethod | undefined;
    const verb = RequestMethod[method ?? RequestMethod.GET];
    const ownVersion = metadataKeys.includes(VERSION) ? read(functions, VERSION) : undefined;
    const versions = listOf(ownVersion ?? Reflect.getMetadata(VERSION, type));
    const routes: string[] = [];
    for (const classPath of listOf(Reflect.getMetadata(PATH, type))) {
      for (const methodPath of listOf(read(functions, PATH))) {
        const path = joined(this.#modulePath(module), classPath, methodPath);
        for (const version of versions) routes.push(`${verb} ${this.#addressed(path, method, version)}`);
      }
    }
    return routes;
  }

  #modulePath(module: Module): unknown {
    if (!this.#modulePaths.has(module)) {
      const key = `${MODULE_PATH}${this.modules.applicationId}`;
      this.#modulePaths.set(module, Reflect.getMetadata(key, module.metatype));
    }
    return this.#modulePaths.get(module);
  }

  /** Returns a path with the prefix and the version of the application. */
  #addressed(path: string, method: RequestMethod | undefined, version: unknown): string {
    const isExcluded = this.#withoutPrefix.some(
      ({ pathRegex, requestMethod }) =>
        pathRegex.test(path) && (requestMethod === RequestMethod.ALL || requestMethod === method),
    );
    const prefix = isExcluded ? '' : this.#prefix;
    const versioning = this.#versioning;
    if (versioning === undefined || version === undefined) return prefix === '' ? path : joined(prefix, path);
    if (versioning.type !== VersioningType.URI) return `${joined(prefix, path)} (version ${String(version)})`;
    const { prefix: letter = 'v' } = versioning;
    return joined(prefix, typeof version === 'symbol' ? '' : `${letter === false ? '' : letter}${version}`, path);
  }
}

function patternsOf({ functions }: ApplicationHandler): string[] {
  const word = read(functions, PATTERN_KIND) === EVENT ? 'event' : 'pattern';
  return listOf(read(functions, PATTERN)).map((pattern) => `${word} ${shown(pattern)}`);
}

/** Returns the type that a resolver is for, or the name of its class if its metadata names no type. */
function typeOf(type: { readonly name: string }): string {
  const name: unknown = Reflect.getMetadata(RESOLVER_NAME, type);
  return typeof name === 'string' ? name : type.name;
}

function read(functions: readonly Handler[], key: string): unknown {
  for (const handler of functions) {
    const value: unknown = Reflect.getMetadata(key, handler);
    if (value !== undefined) return value;
  }
  return undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) && value.length > 0 ? value : [value];
}

/** A pattern may be anything that the transport of an application understands. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return `of type ${typeof value}`;
  }
}

function joined(...parts: readonly unknown[]): string {
  let path = '';
  for (const part of parts) {
    const text = part instanceof RegExp ? String(part) : part;
    if (typeof text !== 'string') continue;
    for (const segment of text.split('/')) if (segment !== '') path += `/${segment}`;
  }
  return path === '' ? '/' : path;
}
