import { attempt } from './attempt.js';

/** A member of an object; `undefined` if there is none, or if reading it throws. */
export function member(value: unknown, name: PropertyKey): unknown {
  return typeof value === 'object' ? attempt(() => (value as Record<PropertyKey, unknown>)[name]) : undefined;
}

/** The value of a JSON text; `undefined` for what is not. */
export function parseJson<T = unknown>(text: unknown): T | undefined {
  return attempt(() => JSON.parse(text as string) as T);
}
