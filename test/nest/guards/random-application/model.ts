import {
  type Blueprint,
  type ClassBlueprint,
  className,
  type Family,
  type Mark,
  type Method,
  methodsOf,
  type ServedClass,
} from './blueprint.js';

/** The tokens of all requests: all but `expired` are valid, and are called after their `acr`. */
export const TOKENS = ['phr', 'mfa', 'pwd', 'expired', 'none'] as const;
export type TokenName = (typeof TOKENS)[number];

interface Expectation {
  /** Whether the boot has to stop. Where something is not plain, the handlers may refuse everybody instead. */
  readonly stops: boolean;
  /** Whether all is plain: class providers without wrappers. What is not may stop the boot as well. */
  readonly isPlain: boolean;
  readonly handlers: ReadonlyMap<string, HandlerExpectation>;
}

interface HandlerExpectation {
  /** The tokens with which it may run, */
  readonly mayRun: readonly TokenName[];
  /** and whether it has to. */
  readonly isServed: boolean;
}

const EVERYBODY: readonly TokenName[] = TOKENS;
const AUTHENTICATED: readonly TokenName[] = ['phr', 'mfa', 'pwd'];
const NOBODY: readonly TokenName[] = [];
/** Nobody, and the boot finds it out. */
const STOPS = Symbol('stops');

/** What the rules say of an application, read as naively as possible. Knows nothing of how the package does it. */
export function expectationOf(blueprint: Blueprint): Expectation {
  const handlers = new Map<string, HandlerExpectation>();
  let stops = isContradictory(blueprint);
  for (const [index, family] of blueprint.families.entries()) {
    for (const [position, served] of family.classes.entries()) {
      for (const { method, overridden } of methodsOf(family, served)) {
        const who = whoMayCall(blueprint, family, served, method, overridden);
        stops ||= who === STOPS;
        const mayRun = who === STOPS ? NOBODY : who;
        const isServed = isPlainFamily(family) && !isMetByMallory(blueprint, family, served, method);
        handlers.set(`${className(index, position)}.${method.name}`, { mayRun, isServed });
      }
    }
  }
  return { stops, isPlain: blueprint.families.every(isPlainFamily) && !mayStopForField(blueprint), handlers };
}

function whoMayCall(
  blueprint: Blueprint,
  { kind, base }: Family,
  served: ServedClass,
  method: Method,
  overridden: Method | undefined,
): readonly TokenName[] | typeof STOPS {
  // a method that overrides a decorated one and says nothing stops the boot
  if (overridden !== undefined && overridden.marks.length > 0 && method.marks.length === 0) return STOPS;
  const module: Mark[] = blueprint.requirements ? [{ kind: 'require', ...blueprint.requirements }] : [];
  const levels = [module, base?.marks ?? [], served.marks, method.marks];
  // two of them on one target stop it too
  if (levels.some((marks) => marks.length > 1)) return STOPS;

  // the nearest decides whether a token is needed, and the nearest word which; a skip lifts the words further out
  let access: 'open' | 'public' | 'token' = 'open';
  let word: string | undefined;
  for (const [mark] of levels) {
    if (mark === undefined) continue;
    access = mark.kind === 'public' ? 'public' : 'token';
    if (mark.kind === 'skip') word = undefined;
    if (mark.kind === 'require') word = mark.word ?? word;
  }

  const isUnguarded = kind === 'resolver' && method.name === 'three' && !blueprint.guardsFields;
  const isReplaced = method.wrapper !== undefined || served.replacement?.method === method.name;
  const guards = [base?.guard, served.guard, ...(isReplaced ? [] : [method.guardAbove, method.guardBelow])];
  const everywhere = blueprint.globalGuard?.guard;
  const asksForToken = guards.includes('AccessTokenGuard');
  // Passport knows no @Public(); what no guard reaches is reached through its parent, which is public here
  const isPassports = everywhere === "AuthGuard('jwt')" || (guards.includes("AuthGuard('jwt')") && !isUnguarded);
  if (access === 'public') return isPassports ? AUTHENTICATED : EVERYBODY;
  // a requirement that would not be enforced stops the boot
  const isAsked = asksForToken || everywhere === 'AccessTokenGuard';
  if (isUnguarded && (access === 'token' || isAsked)) return STOPS;
  if (access === 'open' && !isAsked && !isPassports) return EVERYBODY;
  // one request, one user
  const users = [everywhere, ...guards].filter((guard) => guard === 'mallory' || guard === 'alice');
  const isOthers = users.length > 0 && !users.includes('alice') && !isPassports;
  if (isOthers) return NOBODY;
  if (access === 'open') return AUTHENTICATED;
  // report mode waives the step-up alone
  if (word === undefined || blueprint.mode === 'report') return AUTHENTICATED;
  const strongest = AUTHENTICATED.indexOf(word as TokenName);
  return AUTHENTICATED.slice(blueprint.isOrdered ? 0 : strongest, strongest + 1);
}

/** Two marks on one target, be it a method that is overridden. */
function isContradictory({ families }: Blueprint): boolean {
  const targets = families.flatMap(classesOf).flatMap((one) => [one, ...one.methods]);
  return targets.some(({ marks }) => marks.length > 1);
}

/** Class providers without wrappers. */
function isPlainFamily(family: Family): boolean {
  const isReplaced = ({ provided, replacement }: ServedClass) => provided !== 'class' || replacement !== undefined;
  const methods = classesOf(family).flatMap((one) => one.methods);
  return !family.classes.some(isReplaced) && methods.every(({ wrapper }) => wrapper === undefined);
}

/** A field that nothing guards, overridden by one that is public: the boot may stop for the requirement of the former. */
function mayStopForField({ guardsFields, families }: Blueprint): boolean {
  const overridden = families.flatMap((family) =>
    family.classes.flatMap((served) => methodsOf(family, served).flatMap((both) => both.overridden ?? [])),
  );
  return !guardsFields && overridden.some(({ name, marks }) => name === 'three' && marks.length > 0);
}

/** Whether a guard may put another user on the request than that of the token. All fields have one request. */
function isMetByMallory(blueprint: Blueprint, { kind, base }: Family, served: ServedClass, method: Method): boolean {
  const ofMethods = (methods: readonly Method[]) => methods.flatMap((one) => [one.guardAbove, one.guardBelow]);
  const resolvers = blueprint.families.filter((family) => family.kind === 'resolver').flatMap(classesOf);
  const guards =
    kind === 'resolver'
      ? resolvers.flatMap(({ guard, methods }) => [guard, ...ofMethods(methods)])
      : [base?.guard, served.guard, ...ofMethods([method])];
  return [blueprint.globalGuard?.guard, ...guards].includes('mallory');
}

function classesOf({ base, classes }: Family): readonly ClassBlueprint[] {
  return base ? [base, ...classes] : classes;
}
