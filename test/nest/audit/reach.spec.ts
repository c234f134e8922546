import type { Type } from '@nestjs/common';
import type { ApplicationHandler, Module } from '../../../lib/nest/audit/application-handlers.js';
import type { HandlerKind } from '../../../lib/nest/audit/handler-kinds.js';
import { Reach } from '../../../lib/nest/audit/reach.js';

class Accounts {}
class Loans {}
class Bank {}

/** As much of a module of Nest as tells what GraphQL serves of it. */
const moduleOf = (metatype: Type, imports: Module[] = [], options?: object): Module =>
  ({
    metatype,
    imports: new Set(imports),
    providers: new Map(options === undefined ? [] : [['GqlModuleOptions', { instance: options }]]),
  }) as unknown as Module;

const accounts = moduleOf(Accounts);
const loans = moduleOf(Loans);
const bank = moduleOf(Bank, [accounts]);

/** An import of GraphQLModule. */
const endpoint = (fieldResolverEnhancers?: unknown, ...include: Type[]) =>
  moduleOf(class GraphQLModule {}, [], { fieldResolverEnhancers, include });

function reachOf(endpoints: Module[], isMicroservice = false): Reach {
  const modules = [accounts, loans, bank, ...endpoints].map((module, index) => [String(index), module] as const);
  return new Reach(new Map(modules) as never, isMicroservice);
}
const handlerOf = (...kinds: HandlerKind[]) => ({ kinds, module: accounts }) as unknown as ApplicationHandler;

describe('fields and references of a module', () => {
  const guarding = ['guards', 'filters'];
  it.each<[served: string, endpoints: Module[], isGuarded: boolean]>([
    ['served by nothing', [], false],
    ['served with every other module', [endpoint(guarding)], true],
    ['served without enhancers', [endpoint()], false],
    ['served with other enhancers', [endpoint(['filters', 'interceptors'])], false],
    ['served with enhancers that are no list', [endpoint('guards')], false],
    ['included', [endpoint(guarding, Accounts)], true],
    ['included by way of a module that imports it', [endpoint(guarding, Bank)], true],
    ['not included', [endpoint(guarding, Loans)], false],
    ['served twice, guarded the first time alone', [endpoint(guarding), endpoint([])], false],
    ['served twice, guarded the second time alone', [endpoint([]), endpoint(guarding)], false],
    ['included twice, unguarded by way of an import', [endpoint(guarding, Accounts), endpoint([], Bank)], false],
    ['beside an unguarded module', [endpoint(guarding, Accounts), endpoint([], Loans)], true],
  ])('%s', (_, endpoints, isGuarded) => {
    const reach = reachOf(endpoints);
    expect(reach.guards(handlerOf('field'))).toBe(isGuarded);
    expect(reach.guards(handlerOf('reference'))).toBe(isGuarded);
    expect(reach.globalGuards(handlerOf('field'))).toBe(isGuarded);
    expect(reach.guards(handlerOf('operation'))).toBe(true);
  });
});

describe('a handler of several kinds', () => {
  it('is guarded if each of them is', () => {
    const reach = reachOf([endpoint()]);
    expect(reach.guards(handlerOf('operation', 'field'))).toBe(false);
    expect(reach.guards(handlerOf('http', 'stream'))).toBe(false);
    expect(reach.guards(handlerOf('http', 'message', 'pattern'))).toBe(true);
  });

  it('is reached by global guards if each of them is', () => {
    expect(reachOf([]).globalGuards(handlerOf('http', 'pattern'))).toBe(false);
    expect(reachOf([], true).globalGuards(handlerOf('http', 'pattern'))).toBe(true);
  });
});

describe('global guards', () => {
  it.each<[kind: HandlerKind, ofMicroservice: boolean, ofHttpServer: boolean]>([
    ['http', true, true],
    ['operation', true, true],
    ['pattern', true, false],
    ['stream', false, false],
  ])('reach a handler of kind %s of a microservice: %s, of an application with an HTTP server: %s', (...row) => {
    const [kind, ofMicroservice, ofHttpServer] = row;
    expect(reachOf([], true).globalGuards(handlerOf(kind))).toBe(ofMicroservice);
    expect(reachOf([], false).globalGuards(handlerOf(kind))).toBe(ofHttpServer);
  });
});
