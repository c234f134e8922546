import { AccessTokenGuard } from '../guards/access-token.guard.js';
import { GUARDS } from '../guards/guards-metadata.js';
import { settlement } from '../guards/settlement.guard.js';
import type { ApplicationClass, ApplicationHandler } from './application-handlers.js';
import { guardsOf } from './declared-guards.js';
import { isOurs } from './guard-kinds.js';

/**
 * Makes {@link settlement} run before the guards of a class, for the global ones, and after each guard of the application
 * on the class and its handlers: a later guard can take longer than a judgement that nobody waits for, and would hide
 * that. Call it before Nest binds the handlers.
 */
export function bindSettlement({ type }: ApplicationClass, handlers: readonly ApplicationHandler[]): void {
  if (handlers.length === 0) return;
  bind(type, [settlement]);
  for (const { functions } of handlers) for (const one of functions) bind(one, []);
}

function bind(target: object, first: readonly unknown[]): void {
  const bound = guardsOf(target);
  const own = bound.filter((guard) => guard !== settlement);
  const settled = [...first, ...own.flatMap((guard) => (isWaitedFor(guard) ? [guard] : [guard, settlement]))];
  const isBound = settled.length === bound.length && settled.every((guard, index) => guard === bound[index]);
  if (!isBound) Reflect.defineMetadata(GUARDS, settled, target);
}

/** Excludes AccessTokenGuard: an application can provide another one under its class. */
function isWaitedFor(guard: unknown): boolean {
  return isOurs(guard) && guard !== AccessTokenGuard;
}
