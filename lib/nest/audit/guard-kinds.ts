import type { CanActivate, Type } from '@nestjs/common';
import { AccessTokenGuard } from '../guards/access-token.guard.js';
import { AcrGuard } from '../guards/acr.guard.js';
import { EnforcementGuard } from '../guards/enforcement.guard.js';
import { classProof, handlerProof } from '../guards/proof.guard.js';
import { settlement } from '../guards/settlement.guard.js';
import type { UserNamer } from '../requirements/route.js';

export function isOurs(guard: unknown): boolean {
  if (guard === handlerProof || guard === classProof || guard === settlement) return true;
  return [AcrGuard, AccessTokenGuard, EnforcementGuard].some((own) => isExactly(guard, own));
}

/** Excludes subclasses, because they can do anything. */
export function isExactly(guard: unknown, own: Type<CanActivate>): boolean {
  return guard === own || isUnchanged(guard, own);
}

/** Excludes subclasses and instances with a `canActivate` of their own, because they can decide otherwise. */
export function isUnchanged(guard: unknown, base: Type<CanActivate>): boolean {
  if (typeof guard !== 'object' || guard === null) return false;
  return Object.getPrototypeOf(guard) === base.prototype && !Object.hasOwn(guard, 'canActivate');
}

/** Recognizes a guard of Passport by its methods, because every call of `AuthGuard` makes a new class. */
export function isPassportGuard(guard: unknown): boolean {
  const prototype = prototypeOf(guard);
  return ['handleRequest', 'getAuthenticateOptions', 'logIn'].every(
    (method) => typeof (prototype as Record<string, unknown> | undefined)?.[method] === 'function',
  );
}

/** Whether a guard certainly lets nobody pass: AccessTokenGuard, or one of Passport, each without a decision of its own. */
export function requiresUser(guard: unknown): boolean {
  if (isUnchanged(guard, AccessTokenGuard)) return true;
  if (typeof guard !== 'object' || guard === null || !isPassportGuard(guard)) return false;
  const nest = ofNest(guard);
  return ['canActivate', 'handleRequest'].every((method) => Reflect.get(guard, method) === nest?.[method]);
}

/** Returns whether a guard that Nest has made is the one that metadata names, as a class or as an instance. */
export function isMadeOf(bound: unknown, declared: unknown): boolean {
  if (typeof declared !== 'function') return bound === declared;
  return typeof bound === 'object' && bound !== null && Object.getPrototypeOf(bound) === declared.prototype;
}

/** Returns whether a guard of Passport has a `getAuthenticateOptions` of the application, as a method or a field. */
export function isUserNamer(guard: unknown): guard is UserNamer {
  if (typeof guard !== 'object' || guard === null || !isPassportGuard(guard)) return false;
  return (guard as UserNamer).getAuthenticateOptions !== ofNest(guard)?.['getAuthenticateOptions'];
}

/** Returns the prototype that `AuthGuard()` has made: the farthest object in the chain with its own `logIn`. */
function ofNest(guard: object): Record<string, unknown> | undefined {
  let found: object | undefined;
  for (let one: object | null = guard; one !== null; one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, 'logIn')) found = one;
  }
  return found as Record<string, unknown> | undefined;
}

/** Accepts a guard as a class or as an instance. */
export function isGuard(guard: unknown, base: { prototype: object }): boolean {
  const prototype = prototypeOf(guard);
  if (prototype === undefined) return false;
  return prototype === base.prototype || Object.prototype.isPrototypeOf.call(base.prototype, prototype);
}

export function prototypeOf(guard: unknown): object | undefined {
  const prototype: unknown = typeof guard === 'function' ? guard.prototype : guard;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}
