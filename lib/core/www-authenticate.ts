import type { Diagnostic } from './diagnostic.js';

/**
 * A challenge of a `WWW-Authenticate` field. Parameter names are in lower case, since they are case-insensitive on the
 * wire. The scheme is kept as received: compare it without regard to case.
 *
 * @see [RFC 9110 §11.3](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.3)
 */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
  token68?: string | undefined;
}

/** Why a part of a `WWW-Authenticate` field was discarded. Stable. */
export type ChallengeDeviationCode = 'duplicate_parameter' | 'unreadable';

/**
 * A part of a `WWW-Authenticate` field that was discarded. All texts are fixed: none contains anything from the field.
 */
export type ChallengeDeviation = Diagnostic<ChallengeDeviationCode>;

/** Options of {@link parseChallenges}. */
export interface ParseChallengesOptions {
  /** Called for every discarded challenge. Default is to discard silently. */
  onDeviation?: ((deviation: ChallengeDeviation) => void) | undefined;
}

// Each expression matches in linear time: its parts are disjoint, so that a text can be divided in one way only.
// token = 1*tchar
const TOKEN = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)/y;
// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE; qdtext leaves out the quote and the backslash
const QUOTED_STRING = /"([\t !#-[\]-~\x80-\xFF]*(?:\\[\t !-~\x80-\xFF][\t !#-[\]-~\x80-\xFF]*)*)"/y;
// token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=", followed by the end of the list member
const TOKEN68 = /([A-Za-z0-9\-._~+/]+=*)(?=[ \t]*(?:,|$))/y;
// The beginning of auth-param: token BWS "=" BWS
const PARAMETER_NAME = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*/y;
const WHITESPACE = /[ \t]+/y;
// RFC 9110 §5.6.1 allows empty list members.
const BETWEEN_MEMBERS = /[ \t,]*/y;
const LINE_END = /$/y;
const MEMBER_END = /[ \t]*(?:,[ \t,]*|$)/y;

const DEVIATIONS: Record<ChallengeDeviationCode, string> = {
  duplicate_parameter: 'A challenge repeats a parameter',
  unreadable: 'A challenge cannot be read',
};

const WHOLE_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const WHOLE_TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const QUOTABLE = /^[\t\x20-\x7E]*$/;

/**
 * Parses the challenges of a `WWW-Authenticate` field: one field line, or one string for each of several lines. Accepts
 * the whole grammar: several challenges in a line, quoted pairs, `token68`, whitespace around `=`, empty list members.
 * Does not throw: it discards a challenge that repeats a parameter. It also discards a line from its first unreadable
 * challenge on, since the end of that challenge is unknown.
 *
 * @example
 * ```ts
 * parseChallenges('Bearer error="invalid_token"'); // [{ scheme: 'Bearer', parameters: { error: 'invalid_token' } }]
 * ```
 * @see [RFC 9110 §11.6.1](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1)
 */
export function parseChallenges(
  field: string | readonly string[],
  { onDeviation }: ParseChallengesOptions = {},
): Challenge[] {
  return [field].flat().flatMap((line) => {
    const challenges: Challenge[] = [];
    const scanner = scannerOf(line);
    scanner.skip(BETWEEN_MEMBERS);
    while (!scanner.skip(LINE_END)) {
      const read = readChallenge(scanner);
      if (typeof read === 'object') challenges.push(read);
      else onDeviation?.({ code: read, subject: 'WWW-Authenticate', message: DEVIATIONS[read] });
      if (read === 'unreadable') break;
    }
    return challenges;
  });
}

/** Reads one challenge and the separator behind it: challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ] */
function readChallenge(scanner: ReturnType<typeof scannerOf>): Challenge | ChallengeDeviationCode {
  const scheme = scanner.read(TOKEN);
  if (scheme === undefined) return 'unreadable';
  if (!scanner.skip(WHITESPACE)) return scanner.skip(MEMBER_END) ? { scheme, parameters: {} } : 'unreadable';

  const token68 = scanner.read(TOKEN68);
  if (token68 !== undefined) {
    scanner.skip(MEMBER_END);
    return { scheme, parameters: {}, token68 };
  }

  const parameters = new Map<string, string>();
  let repeated = false;
  let ended = scanner.skip(MEMBER_END);
  for (let name = scanner.read(PARAMETER_NAME); name !== undefined; name = scanner.read(PARAMETER_NAME)) {
    const value = scanner.read(TOKEN) ?? scanner.read(QUOTED_STRING)?.replace(/\\(.)/g, '$1');
    if (value === undefined || !scanner.skip(MEMBER_END)) return 'unreadable';
    ended = true;
    // RFC 9110 §11.2 allows a parameter once. We discard the challenge rather than guess which value was meant.
    repeated ||= parameters.has(name.toLowerCase());
    parameters.set(name.toLowerCase(), value);
  }
  if (!ended) return 'unreadable';
  return repeated ? 'duplicate_parameter' : { scheme, parameters: Object.fromEntries(parameters) };
}

/** Reads a line from its start to its end. */
function scannerOf(line: string) {
  let position = 0;
  /** Reads what the expression captures here, or all of what it matches; without a match stays where it is. */
  const read = (expression: RegExp): string | undefined => {
    expression.lastIndex = position;
    const found = expression.exec(line);
    if (found !== null) position = expression.lastIndex;
    return found?.[1] ?? found?.[0];
  };
  return { read, skip: (expression: RegExp) => read(expression) !== undefined };
}

/**
 * Formats challenges as one `WWW-Authenticate` field value. Writes every parameter as a quoted-string: `realm` must be
 * one, and URIs need it. Escapes only the quote and the backslash.
 *
 *
 * @example
 * ```ts
 * formatChallenges([{ scheme: 'Bearer', parameters: { realm: 'api' } }]); // Bearer realm="api"
 * ```
 * @throws TypeError for a name that is not a token, a name that occurs twice in different case, both `token68` and
 * parameters, or a value with a character that a field value cannot safely carry: controls, line breaks, non-ASCII
 * @see [RFC 9110 §11.6.1](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1)
 */
export function formatChallenges(challenges: readonly Challenge[]): string {
  return challenges.map(formatChallenge).join(', ');
}

function formatChallenge({ scheme, parameters, token68 }: Challenge): string {
  if (!WHOLE_TOKEN.test(scheme)) throw new TypeError(`"scheme" must be a token: ${JSON.stringify(scheme)}`);
  const entries = Object.entries(parameters);
  if (token68 !== undefined) {
    if (entries.length > 0) throw new TypeError('A challenge carries either "token68" or "parameters", not both');
    if (!WHOLE_TOKEN68.test(token68)) throw new TypeError('"token68" has a character that token68 does not allow');
    return `${scheme} ${token68}`;
  }
  const names = new Set<string>();
  const formatted = entries.map(([name, value]) => {
    if (!WHOLE_TOKEN.test(name)) throw new TypeError(`A parameter name must be a token: ${JSON.stringify(name)}`);
    if (names.has(name.toLowerCase())) throw new TypeError(`The parameter "${name.toLowerCase()}" occurs twice`);
    names.add(name.toLowerCase());
    if (typeof value !== 'string' || !QUOTABLE.test(value)) {
      throw new TypeError(`The parameter "${name}" must be a string of printable ASCII`);
    }
    return `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
  });
  return formatted.length === 0 ? scheme : `${scheme} ${formatted.join(', ')}`;
}
