import { attempt } from './attempt.js';
import {
  challengeInBody,
  challengeInField,
  isRefusal,
  type ParseStepUpChallengeOptions,
  type StepUpChallenge,
} from './challenge.js';
import { MAX_FIELD_CHARACTERS } from './challenge-field.js';
import { linesOf, read } from './field-lines.js';
import { member, parseJson } from './member.js';

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
  const places = [{ value: source, refused: true }];
  const seen = new Set<unknown>();
  let left = MAX_FIELD_CHARACTERS;

  // it grows while it is walked
  for (const { value, refused } of places) {
    if (seen.has(value) || seen.size >= MAX_OBJECTS) continue;
    seen.add(value);
    const headers = [value === source && source, read(value, 'headers'), read(value, 'metadata')];
    const lines = headers.flatMap(linesOf);
    const status = [read(value, 'status'), read(value, 'statusCode')].find((one) => typeof one === 'number');
    left -= lines.join('').length;
    if (lines.length > 0 && left >= 0) {
      const { challenge, isForToken } = challengeInField(lines, options);
      if (challenge && isRefusal(status, options)) return challenge;
      // the header says what is the matter, and it is something else
      if (!challenge && isForToken) continue;
    }
    const counts = status === undefined ? refused : status === 401;
    const challenge = counts ? challengeInBody(value, options) : undefined;
    if (challenge) return challenge;

    const add = (part: unknown, refused: boolean) => {
      if (part) places.push({ value: part, refused });
    };
    // a refused field of GraphQL comes with status 200
    for (const name of PARTS) add(member(value, name), counts || name === 'extensions');
    const isShort = typeof value === 'string' && value.length <= MAX_JSON_CHARACTERS;
    const items = Array.isArray(value) ? value.slice(0, MAX_OBJECTS) : [isShort && parseJson(value)];
    for (const item of items) add(item, counts);
  }
  return undefined;
}
