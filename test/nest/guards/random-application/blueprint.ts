/** What a random application is made of. `application.ts` builds it, `model.ts` tells what it should do. */
export interface Blueprint {
  /** The requirements of the module. */
  readonly requirements: Requirements | undefined;
  readonly mode: 'enforce' | 'report';
  readonly passport: 'register' | 'existing';
  /** Whether a stronger word satisfies a weaker one. */
  readonly isOrdered: boolean;
  readonly adapter: 'express' | 'fastify';
  readonly globalGuard: { readonly guard: Guard; readonly by: 'APP_GUARD' | 'useGlobalGuards' } | undefined;
  /** Whether GraphQL runs guards before the resolvers of fields. */
  readonly guardsFields: boolean;
  /** Whether StepUpModule is imported after the modules of the application. */
  readonly isImportedLast: boolean;
  readonly families: readonly Family[];
}

/** Classes with one base class, or a class without. A resolver is alone, as its fields have one name in the schema. */
export interface Family {
  readonly kind: 'controller' | 'resolver';
  readonly base: ClassBlueprint | undefined;
  readonly classes: readonly ServedClass[];
}

export interface ClassBlueprint {
  readonly marks: readonly Mark[];
  readonly guard: Guard | undefined;
  readonly methods: readonly Method[];
}

export interface ServedClass extends ClassBlueprint {
  readonly provided: 'class' | 'useClass' | 'useFactory' | 'useFactory under its class' | 'useValue';
  readonly home: 'root' | 'module of its own';
  readonly isRequestScoped: boolean;
  readonly replacement: Replacement | undefined;
}

/** `three` of a resolver resolves a field of a type, everything else is an operation. */
export type MethodName = 'one' | 'two' | 'three';

export interface Method {
  readonly name: MethodName;
  /** The topmost first. */
  readonly marks: readonly Mark[];
  readonly guardAbove: Guard | undefined;
  readonly guardBelow: Guard | undefined;
  /** A decorator that replaces the method, below so many of the marks. */
  readonly wrapper: (Wrapper & { readonly below: number }) | undefined;
  /** Whether `@Get()`, `@Query()` or `@ResolveField()` stands above all of that, or below. */
  readonly isBoundOnTop: boolean;
}

export type Word = 'pwd' | 'mfa' | 'phr';

/** Without a word a function decides, and requires nothing. */
export interface Requirements {
  readonly word: Word | undefined;
  readonly isFunction: boolean;
}

export type Mark =
  | ({ readonly kind: 'require' } & Requirements)
  | { readonly kind: 'skip' }
  | { readonly kind: 'public' };

/** `alice` and `mallory` let everybody pass and put that user on the request. The tokens are Alice's. */
export type Guard = 'AccessTokenGuard' | "AuthGuard('jwt')" | 'allowing' | 'alice' | 'mallory';

export interface Wrapper {
  readonly leaves: 'all metadata' | 'the metadata of Nest alone' | 'the method as prototype' | 'nothing';
  readonly hasName: boolean;
}

/** A method of a class that is replaced while the application boots. */
export interface Replacement extends Wrapper {
  readonly method: MethodName;
  readonly on: 'the prototype' | 'the declaring prototype' | 'the instance';
  readonly when: 'in its constructor' | 'by a constructor' | 'by onModuleInit' | 'by onApplicationBootstrap';
}

export const className = (family: number, index: number): string => `Family${family}${'AB'[index]}`;

/** The methods that Nest serves of a class, each with the one of the base class that it overrides or is. */
export function methodsOf(family: Family, served: ServedClass): { method: Method; overridden: Method | undefined }[] {
  const inherited = family.base?.methods ?? [];
  const own = served.methods.map((method) => ({
    method,
    overridden: inherited.find(({ name }) => name === method.name),
  }));
  const rest = inherited.filter(({ name }) => !served.methods.some((method) => method.name === name));
  return [...own, ...rest.map((method) => ({ method, overridden: undefined }))];
}
