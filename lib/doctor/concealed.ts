/**
 * Returns a value of a server without the secrets that were sent to that server. Replaces them in texts and in the
 * names of members, at any depth.
 */
export function concealed<T>(value: T, secrets: readonly string[]): T {
  const hidden = secrets.filter((secret) => secret !== '');
  return hidden.length === 0 ? value : (conceal(value, hidden) as T);
}

/** Returns a text without the secrets. */
export function concealedText(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret !== '').reduce((left, secret) => left.replaceAll(secret, '...'), text);
}

function conceal(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return concealedText(value, secrets);
  if (Array.isArray(value)) return value.map((member) => conceal(member, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [concealedText(name, secrets), conceal(member, secrets)]),
  );
}
