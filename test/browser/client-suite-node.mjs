// The little that `expect`, `jest-mock` and `jest-each` take of Node and of Jest's helpers for Node, for a page.
export const isPromise = (value) => typeof value?.then === 'function';
export const pluralize = (word, count, ending = 's') => `${count} ${word}${count === 1 ? '' : ending}`;
export const convertDescriptorToString = (title) => (typeof title === 'function' ? title.name : String(title));
export class ErrorWithStack extends Error {}

/** Titles of tables: the first placeholder takes the value. `%j` and `%p` are done by `jest-each` itself. */
export function format(title, value) {
  return title.replace(/%[sdif]/, (placeholder) => {
    if (placeholder === '%s' && (typeof value !== 'object' || value === null)) return String(value);
    if (placeholder !== '%s' && Number.isInteger(value)) return String(value);
    throw new TypeError(`A title with ${placeholder} for ${typeof value} is not known to the client suite`);
  });
}
