import { attempt } from './attempt.js';
import {
  challengeInBody,
  challengeInField,
  FIELD,
  isRefusal,
  type ParseStepUpChallengeOptions,
  type StepUpChallenge,
} from './challenge.js';
import { MAX_FIELD_CHARACTERS } from './challenge-field.js';

/** What libraries call the parts of a response, or of an error, that a challenge may be in. */
const PARTS = [
  'response',
  'error',
  'errors',
  'graphQLErrors',
  'networkError',
  'extensions',
  'originalError',
  'cause',
  'reason',
  'data',
  'body',
  'bodyText',
  'result',
  'payload',
] as const;
const MAX_OBJECTS = 250;
const MAX_JSON_CHARACTERS = 16_384;

/**
 * Finds a step-up challenge in whatever a client holds: a `WWW-Authenticate` field, the headers of any library, its
 * response or its error, a parsed body, GraphQL errors and their `extensions`, a socket's `exception`, an RPC error, the
 * metadata of gRPC. Where the header can be seen, it wins over the body. Does not read the body of a `fetch` response;
 * `readStepUpChallenge` does. Never throws, and looks at 250 objects and 1 MiB of header at most.
 *
 * @example
 * ```ts
 * axios.interceptors.response.use(undefined, (error) => show(findStepUpChallenge(error)));
 * socket.on('exception', (data) => show(findStepUpChallenge(data)));
 * ```
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export function findStepUpChallenge(
  source: unknown,
  options: ParseStepUpChallengeOptions = {},
): StepUpChallenge | undefined {
  // there are traps and listeners that throw
  return attempt(() => find(source, options));
}

function find(source: unknown, options: ParseStepUpChallengeOptions): StepUpChallenge | undefined {
  // `refused`: whether a body at this place would be that of a refusal
  const places = [{ value: source, refused: true, lines: linesOf(source) }];
  const seen = new Set<unknown>();
  let left = MAX_FIELD_CHARACTERS;

  // it grows while it is walked
  for (const { value, refused, lines } of places) {
    if (seen.has(value) || seen.size >= MAX_OBJECTS) continue;
    seen.add(value);
    lines.push(...linesOf(read(value, 'headers')), ...linesOf(read(value, 'metadata')));
    const status = [read(value, 'status'), read(value, 'statusCode')].find((one) => typeof one === 'number');
    left -= lines.join('').length;
    if (lines.length > 0 && left >= 0) {
      const { challenge, isForToken } = challengeInField(lines, options);
      if (challenge !== undefined && isRefusal(status, options)) return challenge;
      // the header says what is the matter, and it is something else
      if (challenge === undefined && isForToken) continue;
    }
    const counts = status === undefined ? refused : status === 401;
    const challenge = counts ? challengeInBody((name) => member(value, name), options) : undefined;
    if (challenge !== undefined) return challenge;

    const add = (part: unknown, refused: boolean) => {
      if (part && typeof part !== 'function') places.push({ value: part, refused, lines: [] });
    };
    // a refused field of GraphQL comes with status 200
    for (const name of PARTS) add(member(value, name), counts || name === 'extensions');
    const items = Array.isArray(value) ? value.slice(0, MAX_OBJECTS) : [parseJson(value)];
    for (const item of items) add(item, counts);
  }
  return undefined;
}

/** The lines of the field in headers, however a library keeps them. */
function linesOf(headers: unknown): string[] {
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
function read(value: unknown, name: string): unknown {
  const found = member(value, name);
  return typeof found === 'function' ? attempt(() => found.call(value, FIELD)) : found;
}

/** A member of an object; `undefined` if it throws. */
function member(value: unknown, name: PropertyKey): unknown {
  return typeof value === 'object' ? attempt(() => (value as Record<PropertyKey, unknown>)[name]) : undefined;
}

function parseJson(text: unknown): unknown {
  const short = typeof text === 'string' && text.length <= MAX_JSON_CHARACTERS;
  return short ? attempt(() => JSON.parse(text)) : undefined;
}
