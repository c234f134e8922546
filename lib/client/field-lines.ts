import { attempt } from './attempt.js';
import { member } from './member.js';

const FIELD = 'www-authenticate';

/** The lines of the field in headers, however a library keeps them. */
export function linesOf(headers: unknown): string[] {
  let found: unknown[] = [headers];
  if (Array.isArray(headers)) {
    // names and values in turn, or pairs; else lines
    found = headers.flatMap((item, index) => {
      if (isField(item)) return headers[index + 1];
      return isField(member(item, 0)) ? member(item, 1) : [];
    });
    if (found.length === 0) found = headers;
  } else if (typeof headers === 'object') {
    // nothing else that has a `get` is called: it might send a request
    const isMap = typeof (member(headers, 'has') ?? member(headers, 'getMap')) === 'function';
    const value = read(headers, isMap ? 'get' : 'getResponseHeader');
    found = [value ?? Object.keys(headers ?? {}).map((name) => isField(name) && member(headers, name))];
  }
  return found.flat(2).filter((line) => typeof line === 'string');
}

function isField(name: unknown): boolean {
  return typeof name === 'string' && name.toLowerCase() === FIELD;
}

/** A member of an object, or what it returns for the name of the field if it is a method. */
export function read(value: unknown, name: string): unknown {
  const found = member(value, name);
  return typeof found === 'function' ? attempt(() => found.call(value, FIELD)) : found;
}
