import { defined } from '../defined.js';

/** The parameters that a library has no name for; `undefined` if there are none. */
export function othersOf(parameters: Readonly<Record<string, string | undefined>>): Record<string, string> | undefined {
  const others = defined(parameters) as Record<string, string>;
  return Object.keys(others).length > 0 ? others : undefined;
}

/** @throws TypeError naming a parameter that a library would leave out without a word */
export function refuseOthers(parameters: Readonly<Record<string, unknown>>, library: string): void {
  const [name] = Object.keys(defined(parameters));
  if (name !== undefined) throw new TypeError(`"${name}" cannot be sent with ${library}`);
}
