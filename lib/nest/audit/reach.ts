import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { ApplicationHandler, Module } from './application-handlers.js';
import type { HandlerKind } from './handler-kinds.js';

interface GraphqlOptions {
  readonly include?: readonly Type[];
  readonly fieldResolverEnhancers?: readonly string[];
}

/** Determines which guards Nest runs before a handler of each kind, in this application. */
export class Reach {
  /** Each GraphQL endpoint: the modules whose resolvers it serves, and whether it guards their fields. */
  readonly #endpoints: readonly { readonly modules: ReadonlySet<Module>; readonly guardsFields: boolean }[];

  /** @param isMicroservice whether the application has no HTTP server; one that has can connect microservices to it */
  constructor(
    modules: ModulesContainer,
    private readonly isMicroservice: boolean,
  ) {
    this.#endpoints = [...modules.values()].flatMap((module) => {
      const options = module.providers.get('GqlModuleOptions')?.instance as GraphqlOptions | null | undefined;
      if (typeof options !== 'object' || options === null) return [];
      const guardsFields =
        Array.isArray(options.fieldResolverEnhancers) && options.fieldResolverEnhancers.includes('guards');
      return [{ modules: includedModules(modules, options.include ?? []), guardsFields }];
    });
  }

  /** Returns whether Nest runs guards before the handler, however it is called. */
  guards(handler: ApplicationHandler): boolean {
    return handler.kinds.every((kind) => this.#guardsKind(kind, handler.module));
  }

  /** Returns whether Nest runs global guards too. */
  globalGuards(handler: ApplicationHandler): boolean {
    return this.guards(handler) && handler.kinds.every((kind) => this.#reachesGlobally(kind));
  }

  #guardsKind(kind: HandlerKind, module: Module): boolean {
    if (kind === 'stream') return false;
    if (kind !== 'field' && kind !== 'reference') return true;
    const serving = this.#endpoints.filter(({ modules }) => modules.has(module));
    return serving.length > 0 && serving.every(({ guardsFields }) => guardsFields);
  }

  #reachesGlobally(kind: HandlerKind): boolean {
    if (kind === 'message') return WEBSOCKETS_MAJOR >= 12;
    // In a hybrid application they reach microservices only with inheritAppConfig, which the boot audit cannot see.
    return kind !== 'pattern' || this.isMicroservice;
  }
}

/**
 * Returns the modules that a GraphQL endpoint serves, as GraphQLModule finds them: the included modules and their
 * imports, or all modules.
 */
function includedModules(modules: ModulesContainer, include: readonly Type[]): ReadonlySet<Module> {
  if (include.length === 0) return new Set(modules.values());
  const included = new Set([...modules.values()].filter(({ metatype }) => include.includes(metatype)));
  for (const { imports } of included) for (const imported of imports) included.add(imported);
  return included;
}

/** Before version 12, global guards do not reach gateways. `0` if the package is not installed. */
const WEBSOCKETS_MAJOR = majorOf('@nestjs/websockets');

function majorOf(name: string): number {
  try {
    const folder = dirname(createRequire(__filename).resolve(name));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return Number.parseInt(version, 10);
  } catch {
    return 0;
  }
}
