/**
 * Counts the calls of methods of strings and regular expressions that `run` makes. Unlike a clock it gives the same number
 * each time. Code that goes through a text a fixed number of times makes as many calls for a long text as for a short one.
 */
export function stringCalls(run: () => unknown): number {
  return callsOf([String.prototype, RegExp.prototype], run);
}

/**
 * Counts the calls of methods of collections, strings and `Reflect` that `run` makes, those of a list as often as it has
 * members. Code whose cost grows with the size of a collection has a higher count for a larger one.
 */
export function builtinCalls(run: () => unknown): number {
  const collections = [Array.prototype, Map.prototype, Set.prototype, WeakMap.prototype, WeakSet.prototype];
  return callsOf([...collections, ...iterators(), String.prototype, RegExp.prototype, Reflect], run, true);
}

function sizeOf(object: unknown): number {
  return Array.isArray(object) ? object.length : 0;
}

/** The prototypes of what goes through a collection: each member is a call of `next`. */
function iterators(): object[] {
  return [[].values(), new Map().values(), new Set().values()].map((one) => Object.getPrototypeOf(one));
}

function callsOf(objects: readonly object[], run: () => unknown, weigh = false): number {
  const { apply } = Reflect;
  let calls = 0;
  const undos: (() => void)[] = [];
  for (const one of objects) {
    undos.push(
      replaceMethods(
        one,
        (method) =>
          function counting(this: unknown, ...parameters: unknown[]) {
            calls += 1 + (weigh ? sizeOf(this) : 0);
            return apply(method, this, parameters);
          },
      ),
    );
  }
  let counted: number;
  try {
    const before = calls;
    run();
    counted = calls - before;
  } finally {
    for (let index = undos.length - 1; index >= 0; index -= 1) undos[index]?.();
  }
  return counted;
}

type Method = (...parameters: unknown[]) => unknown;

/** Replaces the methods of an object, and returns what puts them back. */
function replaceMethods(object: object, replace: (method: Method) => Method): () => void {
  const methods = Reflect.ownKeys(object)
    .map((name) => [name, Object.getOwnPropertyDescriptor(object, name) as PropertyDescriptor] as const)
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function');
  for (const [name, descriptor] of methods) {
    Object.defineProperty(object, name, { ...descriptor, value: replace(descriptor.value as Method) });
  }
  return () => {
    for (const [name, descriptor] of methods) Object.defineProperty(object, name, descriptor);
  };
}
