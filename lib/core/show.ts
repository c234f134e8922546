/** Returns a value as an error shows it. Objects are shown by their type alone: they may hold anything. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  // Their text does not help, and some objects cannot be converted to text.
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return `of type ${typeof value}`;
  return String(value);
}
