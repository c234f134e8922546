import {
  type Blueprint,
  type ClassBlueprint,
  className,
  type Family,
  type Guard,
  type Mark,
  type Method,
  type Requirements,
  type ServedClass,
  type Wrapper,
} from './blueprint.js';

/** An application as its source would read. */
export function describeBlueprint(blueprint: Blueprint): string {
  const { requirements, mode, passport, isOrdered, adapter, globalGuard, guardsFields, isImportedLast } = blueprint;
  const options = [
    requirements && `requirements: ${describeRequirements(requirements)}`,
    mode === 'report' && "mode: 'report'",
    passport === 'existing' && "passport: 'existing'",
    isOrdered && "order: ['phr', 'mfa', 'pwd']",
  ].filter(Boolean);
  const resolvers = blueprint.families.some(({ kind }) => kind === 'resolver');
  return [
    `${resolvers ? 'express' : adapter}, StepUpModule.forRoot({ ${options.join(', ')} })${isImportedLast ? ' imported last' : ''}`,
    ...(globalGuard ? [`${globalGuard.by}: ${globalGuard.guard}`] : []),
    ...(resolvers ? [`GraphQLModule with fieldResolverEnhancers: [${guardsFields ? "'guards'" : ''}]`] : []),
    ...blueprint.families.flatMap(describeFamily),
  ].join('\n');
}

function describeFamily({ kind, base, classes }: Family, index: number): string[] {
  const described = base ? describeClass(`Base${index}`, kind, base) : [];
  for (const [position, served] of classes.entries()) {
    const name = className(index, position) + (base ? ` extends Base${index}` : '');
    described.push(...describeClass(name, kind, served), ...describeServing(served).map((line) => `  // ${line}`));
  }
  return described;
}

function describeClass(name: string, kind: Family['kind'], { marks, guard, methods }: ClassBlueprint): string[] {
  const decorators = [...marks.map(describeMark), ...describeGuard(guard)];
  return [
    [...decorators, `${kind} ${name}`].join(' '),
    ...methods.map((method) => `  ${describeMethod(kind, method)}`),
  ];
}

function describeMethod(kind: Family['kind'], method: Method): string {
  const binding = kind === 'controller' ? '@Get()' : method.name === 'three' ? '@ResolveField()' : '@Query()';
  const marks = method.marks.map(describeMark);
  if (method.wrapper) marks.splice(method.wrapper.below, 0, `@Wrapped(${describeWrapper(method.wrapper)})`);
  const decorators = [...describeGuard(method.guardAbove), ...marks, ...describeGuard(method.guardBelow)];
  return [...(method.isBoundOnTop ? [binding, ...decorators] : [...decorators, binding]), `${method.name}()`].join(' ');
}

function describeServing({ provided, home, isRequestScoped, replacement }: ServedClass): string[] {
  return [
    [provided !== 'class' && provided, home !== 'root' && home, isRequestScoped && 'request scoped']
      .filter(Boolean)
      .join(', '),
    replacement &&
      `${replacement.method} is replaced on ${replacement.on} ${replacement.when}: ${describeWrapper(replacement)}`,
  ].filter((line) => line !== undefined && line !== '') as string[];
}

function describeMark(mark: Mark): string {
  if (mark.kind === 'require') return `@RequireAcr(${describeRequirements(mark)})`;
  return mark.kind === 'skip' ? '@SkipStepUp()' : '@Public()';
}

function describeRequirements({ word, isFunction }: Requirements): string {
  const described = word === undefined ? 'undefined' : `'${word}'`;
  return isFunction ? `() => ${described}` : described;
}

const describeGuard = (guard: Guard | undefined): string[] => (guard === undefined ? [] : [`@UseGuards(${guard})`]);

const describeWrapper = ({ leaves, hasName }: Wrapper): string => `leaves ${leaves}${hasName ? '' : ', has no name'}`;
