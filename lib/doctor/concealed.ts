/** No token is nested as deeply, and what is would exhaust the stack. Deeper than what the rules for claims accept. */
const MAX_DEPTH = 100;

/**
 * Returns a value of a server without the secrets that were sent to that server. Replaces them in texts and in the
 * names of members. Leaves out what is nested more than 100 deep.
 */
export function concealed<T>(value: T, secrets: readonly string[]): T {
  const hidden = secrets.filter((secret) => secret !== '');
  return hidden.length === 0 ? value : (conceal(value, hidden, MAX_DEPTH) as T);
}

/** Returns a text without the secrets. */
export function concealedText(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret !== '').reduce((left, secret) => left.replaceAll(secret, '...'), text);
}

function conceal(value: unknown, secrets: readonly string[], depth: number): unknown {
  if (typeof value === 'string') return concealedText(value, secrets);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return null;
  if (Array.isArray(value)) return value.map((member) => conceal(member, secrets, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [concealedText(name, secrets), conceal(member, secrets, depth - 1)]),
  );
}
