import {
  type Blueprint,
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

export interface Expectation {
  /** Whether the boot has to stop, which it may do of every application that is not plain. */
  readonly stops: boolean;
  /** Whether nothing happens that the package may refuse: it has to serve all that it is allowed to. */
  readonly isPlain: boolean;
  /** For each handler the tokens with which it may run. */
  readonly mayRun: ReadonlyMap<string, readonly TokenName[]>;
}

const EVERYBODY: readonly TokenName[] = TOKENS;
const AUTHENTICATED: readonly TokenName[] = ['phr', 'mfa', 'pwd'];
const NOBODY: readonly TokenName[] = [];

/** What the rules say of an application, read as naively as possible. Knows nothing of how the package does it. */
export function expectationOf(blueprint: Blueprint): Expectation {
  const mayRun = new Map<string, readonly TokenName[]>();
  for (const [index, family] of blueprint.families.entries()) {
    for (const [position, served] of family.classes.entries()) {
      for (const { method, overridden } of methodsOf(family, served)) {
        const who = whoMayCall(blueprint, family, served, method, overridden);
        mayRun.set(`${className(index, position)}.${method.name}`, who);
      }
    }
  }
  const stops = isContradictory(blueprint) || [...mayRun.values()].some((who) => who.length === 0);
  return { stops, isPlain: isPlain(blueprint), mayRun };
}

function whoMayCall(
  blueprint: Blueprint,
  { kind, base }: Family,
  served: ServedClass,
  method: Method,
  overridden: Method | undefined,
): readonly TokenName[] {
  // a method that overrides a decorated one and says nothing stops the boot
  if (overridden !== undefined && overridden.marks.length > 0 && method.marks.length === 0) return NOBODY;
  const module: Mark[] = blueprint.requirements ? [{ kind: 'require', ...blueprint.requirements }] : [];
  const levels = [module, base?.marks ?? [], served.marks, method.marks];
  // two of them on one target stop it too
  if (levels.some((marks) => marks.length > 1)) return NOBODY;

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
  if (isUnguarded && (access === 'token' || asksForToken)) return NOBODY;
  if (access === 'open') {
    const isAsked = asksForToken || isPassports || (everywhere === 'AccessTokenGuard' && !isUnguarded);
    return isAsked ? AUTHENTICATED : EVERYBODY;
  }
  // report mode waives the step-up alone
  if (word === undefined || blueprint.mode === 'report') return AUTHENTICATED;
  const strongest = AUTHENTICATED.indexOf(word as TokenName);
  return AUTHENTICATED.slice(blueprint.isOrdered ? 0 : strongest, strongest + 1);
}

/** Two marks on one target, be it a method that is overridden. */
function isContradictory({ families }: Blueprint): boolean {
  return families.some(({ base, classes }) =>
    [...(base ? [base] : []), ...classes]
      .flatMap(({ marks, methods }) => [{ marks }, ...methods])
      .some(({ marks }) => marks.length > 1),
  );
}

/** Class providers without wrappers, and nobody else's user on a request. */
function isPlain({ globalGuard, guardsFields, families }: Blueprint): boolean {
  if (globalGuard?.guard === 'mallory') return false;
  return families.every((family) => {
    const { base, classes } = family;
    // a field that nothing guards, overridden by one that is public: the boot may stop for the requirement of the former
    const overridden = classes.flatMap((served) => methodsOf(family, served).flatMap((all) => all.overridden ?? []));
    if (!guardsFields && overridden.some(({ name, marks }) => name === 'three' && marks.length > 0)) return false;
    if (classes.some(({ provided, replacement }) => provided !== 'class' || replacement !== undefined)) return false;
    return [...(base ? [base] : []), ...classes].every(
      ({ guard, methods }) =>
        guard !== 'mallory' &&
        methods.every(
          ({ wrapper, guardAbove, guardBelow }) =>
            wrapper === undefined && guardAbove !== 'mallory' && guardBelow !== 'mallory',
        ),
    );
  });
}
