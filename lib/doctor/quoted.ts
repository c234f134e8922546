const MAX_CHARACTERS = 200;
const MAX_VALUES = 20;

/**
 * Returns a value from the network as text for a terminal: a string in quotes, a long one cut off, and every character
 * escaped that is not printable ASCII.
 */
export function quoted(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object';
  return shown(typeof value === 'string' ? JSON.stringify(shortened(value)) : jsonOf(value));
}

/** Returns an address from the network as text for a terminal. A long one is cut off. */
export function shown(address: string): string {
  return printable(shortened(address));
}

/** Returns a list of values from the network as text for a terminal. */
export function quotedList(values: readonly unknown[]): string {
  const shown = values.slice(0, MAX_VALUES).map(quoted).join(', ');
  return values.length > MAX_VALUES ? `${shown} and ${values.length - MAX_VALUES} more` : shown;
}

/** Escapes every character that is not printable ASCII. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7E]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    // JSON.parse accepts any depth, JSON.stringify does not.
    return 'a list that nests too deeply';
  }
}

function shortened(text: string): string {
  return text.length > MAX_CHARACTERS + 10 ? `${text.slice(0, MAX_CHARACTERS)}...` : text;
}
