import fc, { type Arbitrary } from 'fast-check';
import type {
  Blueprint,
  ClassBlueprint,
  Family,
  Guard,
  Mark,
  Method,
  MethodName,
  Replacement,
  Requirements,
  ServedClass,
  Word,
  Wrapper,
} from './blueprint.js';
import { describeBlueprint } from './description.js';

/** Random applications: half of them plain, half with wrappers, replaced methods, and other providers than classes. */
export function applications(): Arbitrary<Blueprint> {
  return fc.oneof(blueprints(false), blueprints(true)).map((blueprint) => {
    const sound = blueprint.passport === 'existing' ? withoutUsers(blueprint) : blueprint;
    return Object.defineProperty({ ...sound }, fc.toStringMethod, { value: () => `\n${describeBlueprint(sound)}\n` });
  });
}

const word = fc.constantFrom<Word[]>('phr', 'mfa', 'pwd');
const guard: Arbitrary<Guard> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.constantFrom<Guard[]>(
      'AccessTokenGuard',
      'AccessTokenGuard',
      'allowing',
      'alice',
      "AuthGuard('jwt')",
    ),
  },
  { weight: 1, arbitrary: fc.constant<Guard>('mallory') },
);

const requirements: Arbitrary<Requirements> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ word, isFunction: fc.constant(false) }) },
  { weight: 2, arbitrary: fc.record({ word: sometimes(word, 2), isFunction: fc.constant(true) }) },
);

const mark: Arbitrary<Mark> = fc.oneof(
  { weight: 4, arbitrary: requirements.map((required) => ({ kind: 'require' as const, ...required })) },
  { weight: 2, arbitrary: fc.constant<Mark>({ kind: 'skip' }) },
  { weight: 2, arbitrary: fc.constant<Mark>({ kind: 'public' }) },
);

/** One mark or none; seldom two, which contradict each other. */
const marks: Arbitrary<Mark[]> = fc.oneof(
  { weight: 40, arbitrary: fc.array(mark, { maxLength: 1 }) },
  { weight: 1, arbitrary: fc.array(mark, { minLength: 2, maxLength: 2 }) },
);

const wrapper: Arbitrary<Wrapper> = fc.record({
  leaves: fc.constantFrom<Wrapper['leaves'][]>(
    'all metadata',
    'the metadata of Nest alone',
    'the method as prototype',
    'nothing',
  ),
  hasName: fc.boolean(),
});

const methodName = fc.constantFrom('one' as const, 'two' as const, 'three' as const);

const methods = (isWild: boolean): Arbitrary<Method[]> => {
  const method = fc.record({
    name: methodName,
    marks,
    guardAbove: sometimes(guard, 5),
    guardBelow: sometimes(guard, 5),
    wrapper: isWild ? sometimes(fc.tuple(wrapper, fc.nat(1)), 4) : fc.constant(undefined),
    isBoundOnTop: fc.boolean(),
  });
  return fc.uniqueArray(method, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }).map((all) =>
    all.map(({ wrapper: wrapped, ...rest }) => ({
      ...rest,
      wrapper: wrapped && { ...wrapped[0], below: wrapped[1] % (rest.marks.length + 1) },
    })),
  );
};

const classes = (isWild: boolean): Arbitrary<ClassBlueprint> =>
  fc.record({ marks, guard: sometimes(guard, 5), methods: methods(isWild) });

const replacement: Arbitrary<Replacement> = fc
  .record({
    method: methodName,
    on: fc.constantFrom<Replacement['on'][]>('the prototype', 'the declaring prototype', 'the instance'),
    when: fc.constantFrom<Replacement['when'][]>(
      'in its constructor',
      'by a constructor',
      'by onModuleInit',
      'by onApplicationBootstrap',
    ),
    wrapper,
  })
  .map(({ wrapper: wrapped, on, ...rest }) => ({
    ...rest,
    ...wrapped,
    on: rest.when === 'in its constructor' ? 'the instance' : on,
  }));

const servedClasses = (isWild: boolean): Arbitrary<ServedClass> =>
  fc
    .record({
      class: classes(isWild),
      provided: isWild
        ? fc.constantFrom<ServedClass['provided'][]>(
            'class',
            'useClass',
            'useFactory',
            'useFactory under its class',
            'useValue',
          )
        : fc.constant('class' as const),
      home: fc.constantFrom<ServedClass['home'][]>('root', 'module of its own'),
      isRequestScoped: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
      replacement: isWild ? sometimes(replacement, 2) : fc.constant(undefined),
    })
    .map(({ class: blueprint, replacement: replaced, ...rest }) => ({
      ...blueprint,
      ...rest,
      replacement: replaced && { ...replaced, method: ownMethod(replaced.method, blueprint) },
    }));

/** Seldom another method, which the class may have inherited. */
function ownMethod(name: MethodName, { methods: all }: ClassBlueprint): MethodName {
  return name === 'three' ? name : (all[0]?.name ?? name);
}

const families = (isWild: boolean): Arbitrary<Family> =>
  fc
    .record({
      kind: fc.constantFrom<Family['kind'][]>('controller', 'resolver'),
      base: sometimes(classes(isWild), 2),
      classes: fc.array(servedClasses(isWild), { minLength: 1, maxLength: 2 }),
      overridesSilently: sometimes(fc.constant(true), 8),
    })
    .map(({ kind, base, classes: all, overridesSilently }) => ({
      kind,
      base,
      classes: (kind === 'resolver' ? all.slice(0, 1) : all).map((served) => ({
        ...served,
        ...(kind === 'controller' && { provided: 'class' }),
        methods: overridesSilently ? served.methods : served.methods.map((method) => repeating(method, base)),
      })),
    }));

/** A method that says what the one says that it overrides, if it says nothing itself. */
function repeating(method: Method, base: ClassBlueprint | undefined): Method {
  const overridden = base?.methods.find(({ name }) => name === method.name);
  if (method.marks.length > 0 || overridden === undefined) return method;
  const wrapped = method.wrapper && { ...method.wrapper, below: method.wrapper.below && overridden.marks.length };
  return { ...method, marks: overridden.marks, wrapper: wrapped };
}

const blueprints = (isWild: boolean): Arbitrary<Blueprint> =>
  fc.record({
    requirements: sometimes(requirements, 4),
    mode: fc.oneof(
      { weight: 5, arbitrary: fc.constant('enforce' as const) },
      { weight: 1, arbitrary: fc.constant('report' as const) },
    ),
    passport: fc.oneof(
      { weight: 4, arbitrary: fc.constant('register' as const) },
      { weight: 1, arbitrary: fc.constant('existing' as const) },
    ),
    isOrdered: fc.boolean(),
    adapter: fc.constantFrom('express' as const, 'fastify' as const),
    globalGuard: sometimes(
      fc.record({ guard, by: fc.constantFrom('APP_GUARD' as const, 'useGlobalGuards' as const) }),
      2,
    ),
    guardsFields: fc.oneof({ weight: 2, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    isImportedLast: fc.boolean(),
    families: fc.array(families(isWild), { minLength: 1, maxLength: 2 }),
  });

/** Is there one time out of so many, and shrinks to `undefined`. */
function sometimes<T>(arbitrary: Arbitrary<T>, outOf: number): Arbitrary<T | undefined> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: outOf - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary },
  );
}

/** With `existing`, whom a guard puts on the request is the user, whoever that is, and there is no strategy here. */
function withoutUsers(blueprint: Blueprint): Blueprint {
  const allowing = (one: Guard | undefined) => one && (one === 'AccessTokenGuard' ? one : 'allowing');
  const inClass = <T extends ClassBlueprint>(one: T): T => ({
    ...one,
    guard: allowing(one.guard),
    methods: one.methods.map((method) => ({
      ...method,
      guardAbove: allowing(method.guardAbove),
      guardBelow: allowing(method.guardBelow),
    })),
  });
  const { globalGuard } = blueprint;
  return {
    ...blueprint,
    globalGuard: globalGuard && { ...globalGuard, guard: allowing(globalGuard.guard) as Guard },
    families: blueprint.families.map((family) => ({
      ...family,
      base: family.base && inClass(family.base),
      classes: family.classes.map(inClass),
    })),
  };
}
