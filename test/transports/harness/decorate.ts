// @ts-nocheck: see tokens.ts
/** Applies decorators to a method as TypeScript does: the last one first. */
export function decorate(type, name, decorators) {
  let descriptor = Object.getOwnPropertyDescriptor(type.prototype, name);
  for (const decorator of [...decorators].reverse()) {
    descriptor = decorator(type.prototype, name, descriptor) ?? descriptor;
  }
  Object.defineProperty(type.prototype, name, descriptor);
}
