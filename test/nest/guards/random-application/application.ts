import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Provider,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD, ModuleRef, NestFactory } from '@nestjs/core';
import { GqlExecutionContext, GraphQLModule, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AuthGuard } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  AccessTokenGuard,
  Public,
  RequireAcr,
  SkipStepUp,
  StepUpModule,
  type StepUpModuleOptions,
} from 'nestjs-step-up';
import type { TestAuthorizationServer } from 'nestjs-step-up/testing';
import {
  type Blueprint,
  type ClassBlueprint,
  className,
  type Family,
  type Guard,
  type Mark,
  type Method,
  methodsOf,
  type Replacement,
  type Requirements,
  type ServedClass,
  type Wrapper,
} from './blueprint.js';
import { TOKENS, type TokenName } from './model.js';

type Decorator = (target: object, key: string, descriptor: PropertyDescriptor) => unknown;
type Handler = (this: object, ...parameters: unknown[]) => unknown;

/** An authorization server with a token of each name. */
export interface Environment {
  readonly server: TestAuthorizationServer;
  readonly tokens: Readonly<Record<TokenName, string | undefined>>;
}

interface Observation {
  /** What stopped the boot. */
  readonly stoppedBy: unknown;
  /** For each handler the tokens with which it ran. */
  readonly ran: ReadonlyMap<string, ReadonlySet<TokenName>>;
}

/** `acr` of the user named by a word. */
export const acrOf = (word: string): string => `urn:example:${word}`;

/** Boots an application and calls all of its handlers with each token. */
export async function observe(blueprint: Blueprint, environment: Environment): Promise<Observation> {
  const ran = new Map<string, Set<TokenName>>();
  let sent: TokenName = 'none';
  const { module, calls } = build(blueprint, environment, (handler) => {
    ran.set(handler, (ran.get(handler) ?? new Set()).add(sent));
  });
  const hasResolvers = blueprint.families.some(({ kind }) => kind === 'resolver');
  const isFastify = blueprint.adapter === 'fastify' && !hasResolvers;
  const adapter = isFastify ? new FastifyAdapter() : new ExpressAdapter();
  let app: INestApplication | undefined;
  try {
    app = await NestFactory.create(module, adapter, { logger: false, abortOnError: false });
    configure(app, blueprint);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    // the good ones first: they must not open anything for the others
    for (const token of TOKENS) {
      sent = token;
      await Promise.all(calls.map((call) => send(url, call, environment.tokens[token])));
    }
    return { stoppedBy: undefined, ran };
  } catch (error) {
    return { stoppedBy: error, ran };
  } finally {
    await app?.close().catch(() => undefined);
  }
}

/** A GraphQL document, or a path. */
type Call = { readonly query: string } | { readonly path: string };

async function send(url: string, call: Call, token: string | undefined): Promise<void> {
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const response =
    'path' in call
      ? await fetch(url + call.path, { headers })
      : await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(call),
        });
  await response.text();
}

function configure(app: INestApplication, { passport, adapter: _, globalGuard }: Blueprint): void {
  if (globalGuard?.by === 'useGlobalGuards') {
    const guard = guardOf(globalGuard.guard);
    app.useGlobalGuards(typeof guard === 'function' ? app.get(guard) : guard);
  }
  if (passport === 'register') return;
  const authenticate = (request: { headers: { authorization?: string }; user?: unknown }, done: () => void) => {
    const claims = claimsOf(request.headers.authorization?.replace('Bearer ', ''));
    if (claims !== undefined) request.user = claims;
    done();
  };
  const adapter = app.getHttpAdapter();
  if (adapter.getType() === 'fastify') {
    adapter
      .getInstance()
      .addHook('onRequest', (request: never, _: unknown, done: () => void) => authenticate(request, done));
  } else app.use((request: never, _: unknown, next: () => void) => authenticate(request, next));
}

/** What a token says; `undefined` for one that is expired. The test has signed all of them. */
function claimsOf(token: string | undefined): { exp: number } | undefined {
  if (token === undefined) return undefined;
  const claims = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());
  return claims.exp > Date.now() / 1000 ? claims : undefined;
}

type Ran = (handler: string) => void;

function build(blueprint: Blueprint, { server }: Environment, ran: Ran): { module: Type; calls: Call[] } {
  const root: Required<Pick<ModuleMetadata, 'controllers' | 'providers'>> = { controllers: [], providers: [] };
  const homes: Type[] = [];
  const calls: Call[] = [];
  const operations: string[] = [];
  const fields: string[] = [];
  for (const [index, family] of blueprint.families.entries()) {
    const { kind, base } = family;
    const Base = base && classOf(`Base${index}`, Object, index, kind, base, ran, server);
    for (const [position, served] of family.classes.entries()) {
      const name = className(index, position);
      const type = classOf(name, Base ?? Object, index, kind, served, ran, server);
      const scope = served.isRequestScoped ? Scope.REQUEST : Scope.DEFAULT;
      if (kind === 'controller') Controller({ path: name, scope })(type);
      else {
        Resolver('Account')(type);
        Injectable({ scope })(type);
      }
      const { token, provider } = providerOf(type, served);
      const metadata: Required<Pick<ModuleMetadata, 'controllers' | 'providers'>> =
        kind === 'controller' ? { controllers: [type], providers: [] } : { controllers: [], providers: [provider] };
      if (served.replacement) metadata.providers.push(replacing(type, token, served.replacement));
      if (served.home === 'root') {
        root.controllers.push(...metadata.controllers);
        root.providers.push(...metadata.providers);
      } else homes.push(moduleOf(`Home${name}`, metadata));
      for (const { method } of methodsOf(family, served)) {
        if (kind === 'controller') calls.push({ path: `/${name}/${method.name}` });
        else (method.name === 'three' ? fields : operations).push(fieldOf(index, method));
      }
    }
  }

  const imports: NonNullable<ModuleMetadata['imports']> = [
    StepUpModule.forRoot(optionsOf(blueprint, server)),
    ...homes,
  ];
  if (blueprint.isImportedLast) imports.push(imports.shift() as never);
  if (operations.length + fields.length > 0) {
    root.providers.push(parentOf());
    imports.push(graphql(operations, fields, blueprint.guardsFields));
    calls.push({ query: `{ ${operations.join(' ')} account { id ${fields.join(' ')} } }` });
  }
  if (blueprint.globalGuard?.by === 'APP_GUARD') {
    const guard = guardOf(blueprint.globalGuard.guard, server);
    root.providers.push(
      typeof guard === 'function' ? { provide: APP_GUARD, useClass: guard } : { provide: APP_GUARD, useValue: guard },
    );
  }
  return { module: moduleOf('AppModule', { imports, ...root }), calls };
}

function optionsOf(
  { requirements, mode, passport, isOrdered }: Blueprint,
  server: TestAuthorizationServer,
): StepUpModuleOptions {
  const acr = { phr: acrOf('phr'), mfa: acrOf('mfa'), pwd: acrOf('pwd') };
  const { issuer, audience } = server;
  return {
    authorizationServers: [{ issuer, audience, acr, ...(isOrdered && { order: ['phr', 'mfa', 'pwd'] }) }],
    ...(requirements && { requirements: requirementsOf(requirements) }),
    ...(passport === 'existing' && { passport, strategyName: 'nowhere' }),
    mode,
    metadataAudit: 'off',
  } as StepUpModuleOptions;
}

function moduleOf(name: string, metadata: ModuleMetadata): Type {
  const type = { [name]: class {} }[name] as Type;
  Module(metadata)(type);
  return type;
}

const fieldOf = (family: number, { name }: Method): string => `family${family}_${name}`;

function graphql(operations: readonly string[], fields: readonly string[], guardsFields: boolean) {
  const all = (names: readonly string[]) => names.map((name) => `${name}: String`).join(' ');
  return GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    typeDefs: `type Account { id: ID ${all(fields)} } type Query { account: Account ${all(operations)} }`,
    graphiql: false,
    playground: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    fieldResolverEnhancers: guardsFields ? ['guards', 'filters'] : [],
  });
}

/** Makes the fields reachable for everybody. */
function parentOf(): Type {
  @Resolver()
  class ParentResolver {
    @Query('account')
    @Public()
    account(): object {
      return { id: '1' };
    }
  }
  return ParentResolver;
}

function classOf(
  name: string,
  Base: Type,
  family: number,
  kind: Family['kind'],
  { marks, guard, methods, ...further }: ClassBlueprint | ServedClass,
  ran: Ran,
  server: TestAuthorizationServer,
): Type {
  const replacement = 'replacement' in further ? further.replacement : undefined;
  const type = {
    [name]: class extends Base {
      constructor() {
        super();
        if (replacement?.when === 'in its constructor') replace(type, this, replacement);
      }
    },
  }[name] as Type;
  for (const method of methods) {
    const handler = {
      [method.name](this: object) {
        ran(`${this.constructor.name}.${method.name}`);
        return 'done';
      },
    }[method.name];
    Object.defineProperty(type.prototype, method.name, { value: handler, writable: true, configurable: true });
    const binding = (
      kind === 'controller'
        ? Get(method.name)
        : method.name === 'three'
          ? ResolveField(fieldOf(family, method))
          : Query(fieldOf(family, method))
    ) as Decorator;
    decorate(type.prototype, method, binding, server);
  }
  if (guard) UseGuards(guardOf(guard, server))(type);
  for (const mark of marks.toReversed()) decoratorOf(mark)(type);
  return type;
}

/** Decorates a method as TypeScript does: the last one first. */
function decorate(prototype: object, method: Method, binding: Decorator, server: TestAuthorizationServer): void {
  const { name, guardAbove, guardBelow, wrapper, isBoundOnTop } = method;
  const marks = method.marks.map((mark) => decoratorOf(mark) as Decorator);
  if (wrapper)
    marks.splice(wrapper.below, 0, (_, __, descriptor) => ({ ...descriptor, value: wrap(descriptor.value, wrapper) }));
  const guards = (guard: Guard | undefined) => (guard ? [UseGuards(guardOf(guard, server)) as Decorator] : []);
  const decorators = [...guards(guardAbove), ...marks, ...guards(guardBelow)];
  const all = isBoundOnTop ? [binding, ...decorators] : [...decorators, binding];
  let descriptor = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  for (const decorator of all.toReversed()) {
    descriptor = (decorator(prototype, name, descriptor) as PropertyDescriptor | undefined) ?? descriptor;
  }
  Object.defineProperty(prototype, name, descriptor);
}

function decoratorOf(mark: Mark): ClassDecorator & MethodDecorator {
  if (mark.kind === 'skip') return SkipStepUp();
  return mark.kind === 'public' ? Public() : RequireAcr(requirementsOf(mark) as never);
}

function requirementsOf({ word, isFunction }: Requirements) {
  const requirements = word === undefined ? undefined : { acrValues: [word] };
  return isFunction ? () => requirements : requirements;
}

class PassportGuard extends AuthGuard('jwt') {
  override getRequest = requestOf;
}

function requestOf(context: ExecutionContext): { user?: unknown } {
  return context.getType<string>() === 'graphql'
    ? GqlExecutionContext.create(context).getContext().req
    : context.switchToHttp().getRequest();
}

function guardOf(guard: Guard, server?: TestAuthorizationServer): Type<CanActivate> | CanActivate {
  if (guard === 'AccessTokenGuard') return AccessTokenGuard;
  if (guard === "AuthGuard('jwt')") return new PassportGuard();
  const user = guard === 'allowing' ? undefined : { sub: guard, iss: server?.issuer, acr: acrOf('phr') };
  return {
    canActivate(context) {
      const request = requestOf(context);
      if (user) request.user = user;
      return true;
    },
  };
}

function providerOf(
  type: Type,
  { provided, isRequestScoped }: ServedClass,
): { token: Type | symbol; provider: Provider } {
  const scope = isRequestScoped ? Scope.REQUEST : Scope.DEFAULT;
  const token = Symbol(type.name);
  const useFactory = () => new type();
  switch (provided) {
    case 'class':
      return { token: type, provider: type };
    case 'useClass':
      return { token, provider: { provide: token, useClass: type, scope } };
    case 'useFactory':
      return { token, provider: { provide: token, useFactory, scope } };
    case 'useFactory under its class':
      return { token: type, provider: { provide: type, useFactory, scope } };
    case 'useValue':
      return { token, provider: { provide: token, useValue: new type() } };
  }
}

/** A provider that replaces a method of another one. */
function replacing(type: Type, token: Type | symbol, replacement: Replacement): Type {
  @Injectable()
  class Replacing implements OnModuleInit, OnApplicationBootstrap {
    constructor(private readonly modules: ModuleRef) {
      if (replacement.when === 'by a constructor') this.replace();
    }

    onModuleInit() {
      if (replacement.when === 'by onModuleInit') this.replace();
    }

    onApplicationBootstrap() {
      if (replacement.when === 'by onApplicationBootstrap') this.replace();
    }

    private replace() {
      let instance: object | undefined;
      try {
        instance = this.modules.get(token, { strict: false });
      } catch {
        // there is none yet, or one for each request
      }
      replace(type, instance, replacement);
    }
  }
  Reflect.defineMetadata('design:paramtypes', [ModuleRef], Replacing);
  return Replacing;
}

function replace(type: Type, instance: object | undefined, { method, on, ...wrapper }: Replacement): void {
  let target: object = on === 'the instance' && instance ? instance : type.prototype;
  if (on === 'the declaring prototype') {
    while (!Object.hasOwn(target, method) && target !== Object.prototype) target = Object.getPrototypeOf(target);
  }
  const handler: unknown = Reflect.get(target, method);
  if (typeof handler !== 'function' || target === Object.prototype) return;
  const value = wrap(handler as Handler, wrapper);
  Object.defineProperty(target, method, { value, writable: true, configurable: true, enumerable: target === instance });
}

/** Metadata by which Nest finds a handler, without its guards. */
const OF_NEST = /^(path|method)$|^graphql:/;

function wrap(handler: Handler, { leaves, hasName }: Wrapper): Handler {
  function wrapped(this: object, ...parameters: unknown[]): unknown {
    return handler.apply(this, parameters);
  }
  Object.defineProperty(wrapped, 'name', { value: hasName ? handler.name : '' });
  if (leaves === 'the method as prototype') Object.setPrototypeOf(wrapped, handler);
  if (leaves === 'nothing' || leaves === 'the method as prototype') return wrapped;
  for (const key of Reflect.getMetadataKeys(handler)) {
    if (leaves === 'all metadata' || OF_NEST.test(String(key))) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, handler), wrapped);
    }
  }
  return wrapped;
}
