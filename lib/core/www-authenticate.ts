import type { Diagnostic } from './diagnostic.js';

/**
 * A challenge of a `WWW-Authenticate` field. Parameter names are lower case, as they are case-insensitive on the wire;
 * the scheme is kept as it was written: compare it without regard to case.
 *
 * @see [RFC 9110 §11.3](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.3)
 */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
  token68?: string | undefined;
}

/** Why something in a `WWW-Authenticate` field was discarded. */
export type ChallengeDeviationCode = 'duplicate_parameter' | 'unreadable';

/** Something in a `WWW-Authenticate` field that was discarded. All texts are fixed: nothing of them is from the field. */
export type ChallengeDeviation = Diagnostic<ChallengeDeviationCode>;

export interface ParseChallengesOptions {
  /** Told of every discarded challenge. Default is to discard silently. */
  onDeviation?: ((deviation: ChallengeDeviation) => void) | undefined;
}

// Each expression matches in linear time: its parts are disjoint, so that there is one way only to divide a text.
// token = 1*tchar
const TOKEN = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)/y;
// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
const QUOTED_STRING =
  /"([\t \x21\x23-\x5B\x5D-\x7E\x80-\xFF]*(?:\\[\t \x21-\x7E\x80-\xFF][\t \x21\x23-\x5B\x5D-\x7E\x80-\xFF]*)*)"/y;
// token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=", and nothing else up to the next list member
const TOKEN68 = /([A-Za-z0-9\-._~+/]+=*)(?=[ \t]*(?:,|$))/y;
// auth-param begins with token BWS "=" BWS
const PARAMETER_NAME = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*/y;
const WHITESPACE = /[ \t]+/y;
// empty list members are allowed: RFC 9110 §5.6.1
const BETWEEN_MEMBERS = /[ \t,]*/y;
const MEMBER_END = /[ \t]*(?:,[ \t,]*|$)/y;

const DEVIATIONS: Record<ChallengeDeviationCode, string> = {
  duplicate_parameter: 'A challenge repeats a parameter and was discarded',
  unreadable: 'It was discarded from the first challenge on that cannot be read',
};

const WHOLE_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const WHOLE_TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const QUOTABLE = /^[\t\x20-\x7E]*$/;

/**
 * Reads the challenges of a `WWW-Authenticate` field: one field line, or one string for each of several lines.
 * The whole grammar is understood: several challenges in a line, quoted pairs, `token68`, whitespace around `=`, empty
 * list members. Never throws: a challenge that repeats a parameter is discarded, and so is what stands in a line from
 * the first challenge on that cannot be read, as its end is not known.
 *
 * @see [RFC 9110 §11.6.1](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1)
 */
export function parseChallenges(field: string | readonly string[], options: ParseChallengesOptions = {}): Challenge[] {
  const lines = typeof field === 'string' ? [field] : field;
  return lines.flatMap((line) => parseLine(line, options.onDeviation));
}

function parseLine(line: string, onDeviation: ParseChallengesOptions['onDeviation']): Challenge[] {
  const challenges: Challenge[] = [];
  const scanner = new Scanner(line);
  scanner.skip(BETWEEN_MEMBERS);
  while (!scanner.done) {
    const read = readChallenge(scanner);
    if (typeof read === 'object') challenges.push(read);
    else onDeviation?.({ code: read, subject: 'WWW-Authenticate', message: DEVIATIONS[read] });
    if (read === 'unreadable') break;
  }
  return challenges;
}

/** Reads one challenge and what separates it from the next: challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ] */
function readChallenge(scanner: Scanner): Challenge | ChallengeDeviationCode {
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
    const value = scanner.read(TOKEN) ?? unquote(scanner.read(QUOTED_STRING));
    if (value === undefined || !scanner.skip(MEMBER_END)) return 'unreadable';
    ended = true;
    // RFC 9110 §11.2 allows a parameter once; we refuse the challenge rather than guess which one was meant
    repeated ||= parameters.has(name.toLowerCase());
    parameters.set(name.toLowerCase(), value);
  }
  if (!ended) return 'unreadable';
  return repeated ? 'duplicate_parameter' : { scheme, parameters: Object.fromEntries(parameters) };
}

function unquote(quoted: string | undefined): string | undefined {
  return quoted?.replace(/\\(.)/g, '$1');
}

class Scanner {
  #position = 0;

  constructor(private readonly line: string) {}

  get done(): boolean {
    return this.#position === this.line.length;
  }

  /** Reads what the expression captures here; without a match stays where it is. */
  read(expression: RegExp): string | undefined {
    expression.lastIndex = this.#position;
    const found = expression.exec(this.line);
    if (found === null) return undefined;
    this.#position = expression.lastIndex;
    return found[1];
  }

  skip(expression: RegExp): boolean {
    expression.lastIndex = this.#position;
    const found = expression.test(this.line);
    if (found) this.#position = expression.lastIndex;
    return found;
  }
}

/**
 * Writes challenges as one `WWW-Authenticate` field value. Every parameter is a quoted-string, as `realm` has to be and
 * URIs need to be, with nothing escaped but the quote and the backslash.
 *
 * @throws TypeError for a name that is no token, a name given twice in different case, or a value with a character that
 * a field value cannot safely carry: controls, line breaks, anything beyond ASCII.
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
    if (names.has(name.toLowerCase())) throw new TypeError(`The parameter "${name.toLowerCase()}" is given twice`);
    names.add(name.toLowerCase());
    if (typeof value !== 'string' || !QUOTABLE.test(value)) {
      throw new TypeError(`The parameter "${name}" must be a string of printable ASCII`);
    }
    return `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
  });
  return formatted.length === 0 ? scheme : `${scheme} ${formatted.join(', ')}`;
}
