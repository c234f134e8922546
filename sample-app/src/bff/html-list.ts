import { Html } from '../shared/html.js';

/** Puts the pieces of a list one after the other. */
export function all<T>(items: readonly T[], show: (item: T, index: number) => Html | undefined): Html {
  return new Html(items.map((item, index) => show(item, index)?.toString() ?? '').join(''));
}
