/** @throws Error that says what does not hold */
export function expect(holds, what) {
  if (!holds) throw new Error(what);
}

/** Fails if an input has changed what every object inherits. */
export function expectCleanPrototypes() {
  for (const name in {}) throw new Error(`Object.prototype has got "${name}"`);
  expect({}.polluted === undefined && Object.getPrototypeOf({}) === Object.prototype, 'Object.prototype has changed');
}
