/** Stands for an object that is created later, so that a body can take it apart before. */
export function deferred<T extends object>(find: () => T | undefined): T {
  const found = () => {
    const target = find();
    if (target === undefined) throw new Error('It is created before the tests: use it inside of one');
    return target;
  };
  return new Proxy({} as T, {
    get(_, key) {
      const value: unknown = Reflect.get(found(), key);
      return typeof value === 'function' ? value.bind(found()) : value;
    },
    set: (_, key, value) => Reflect.set(found(), key, value),
    // for `{ ...server }`
    ownKeys: () => Reflect.ownKeys(found()),
    getOwnPropertyDescriptor(_, key) {
      const descriptor = Reflect.getOwnPropertyDescriptor(found(), key);
      return descriptor && { ...descriptor, configurable: true };
    },
  });
}
