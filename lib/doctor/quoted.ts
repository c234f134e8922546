const MAX_CHARACTERS = 200;
const MAX_VALUES = 20;

/**
 * Shows what came from elsewhere: in quotes where it is a text, cut off where it is long, and with everything escaped that
 * could move a cursor, colour a terminal, or look like something else.
 */
export function quoted(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object';
  return shown(typeof value === 'string' ? JSON.stringify(shortened(value)) : jsonOf(value));
}

/** Shows an address from elsewhere, cut off where it is long. */
export function shown(address: string): string {
  return printable(shortened(address));
}

/** Shows a list of texts from elsewhere. */
export function quotedList(values: readonly unknown[]): string {
  const shown = values.slice(0, MAX_VALUES).map(quoted).join(', ');
  return values.length > MAX_VALUES ? `${shown} and ${values.length - MAX_VALUES} more` : shown;
}

/** Escapes everything that is not printable ASCII. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7E]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    // it can be parsed at any depth, but not written
    return 'a list that nests too deeply';
  }
}

function shortened(text: string): string {
  return text.length > MAX_CHARACTERS + 10 ? `${text.slice(0, MAX_CHARACTERS)}...` : text;
}
