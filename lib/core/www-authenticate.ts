/**
 * A challenge of a `WWW-Authenticate` field. Parameter names are lower case, as they are case-insensitive on the wire;
 * the scheme is kept as it was written: compare it without regard to case.
 *
 * @see [RFC 9110 §11.3](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.3)
 */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
  token68?: string;
}

/** Why something in a `WWW-Authenticate` field was discarded. */
export type ChallengeDeviation = 'duplicate_parameter' | 'unreadable';

export interface ParseChallengesOptions {
  /** Told of every discarded challenge. Default is to discard silently. */
  onDeviation?: (deviation: ChallengeDeviation) => void;
}

// token = 1*tchar
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
const QUOTED_STRING = /"((?:[\t \x21\x23-\x5B\x5D-\x7E\x80-\xFF]|\\[\t \x21-\x7E\x80-\xFF])*)"/y;
// token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=", here up to the next list member
const TOKEN68 = /([A-Za-z0-9\-._~+/]+=*)[ \t]*(?=,|$)/y;
// BWS "=" BWS
const EQUALS = /[ \t]*=[ \t]*/y;
const WHITESPACE = /[ \t]*/y;
// empty list members are allowed: RFC 9110 §5.6.1
const BETWEEN_MEMBERS = /[ \t,]*/y;

const WHOLE_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const WHOLE_TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const QUOTABLE = /^[\t\x20-\x7E]*$/;

/**
 * Reads the challenges of a `WWW-Authenticate` field: one field line, or one string for each of several lines.
 * The whole grammar is understood: several challenges in a line, quoted pairs, `token68`, whitespace around `=`, empty
 * list members. Never throws: a challenge that repeats a parameter is discarded, and so is what stands in a line from
 * the first challenge on that cannot be read, as nobody can tell where it would end.
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
  let reading: ChallengeInReading | undefined;

  const finish = () => {
    if (reading?.repeated) onDeviation?.('duplicate_parameter');
    else if (reading !== undefined) challenges.push(reading.challenge());
    reading = undefined;
  };
  const unreadable = () => {
    onDeviation?.('unreadable');
    return challenges;
  };

  for (scanner.skip(BETWEEN_MEMBERS); !scanner.done; scanner.skip(BETWEEN_MEMBERS)) {
    const name = scanner.read(TOKEN);
    if (name === undefined) return unreadable();

    if (scanner.read(EQUALS) !== undefined) {
      const value = scanner.read(TOKEN) ?? unquote(scanner.read(QUOTED_STRING));
      if (value === undefined || reading === undefined || reading.token68 !== undefined) return unreadable();
      reading.add(name.toLowerCase(), value);
    } else {
      finish();
      reading = new ChallengeInReading(name);
      if (scanner.skip(WHITESPACE) === 0) {
        if (!scanner.atMemberEnd) return unreadable();
        continue;
      }
      reading.token68 = scanner.read(TOKEN68)?.trimEnd();
      if (reading.token68 === undefined) continue;
    }
    scanner.skip(WHITESPACE);
    if (!scanner.atMemberEnd) return unreadable();
  }
  finish();
  return challenges;
}

function unquote(quoted: string | undefined): string | undefined {
  return quoted?.slice(1, -1).replace(/\\(.)/gs, '$1');
}

class ChallengeInReading {
  token68: string | undefined;
  repeated = false;
  readonly #parameters = new Map<string, string>();

  constructor(private readonly scheme: string) {}

  add(name: string, value: string): void {
    // RFC 9110 §11.2 allows a parameter once; we refuse the challenge rather than guess which one was meant
    if (this.#parameters.has(name)) this.repeated = true;
    this.#parameters.set(name, value);
  }

  challenge(): Challenge {
    const parameters = Object.fromEntries(this.#parameters);
    return this.token68 === undefined
      ? { scheme: this.scheme, parameters }
      : { scheme: this.scheme, parameters, token68: this.token68 };
  }
}

class Scanner {
  #position = 0;

  constructor(private readonly line: string) {}

  get done(): boolean {
    return this.#position === this.line.length;
  }

  get atMemberEnd(): boolean {
    return this.done || this.line[this.#position] === ',';
  }

  read(expression: RegExp): string | undefined {
    expression.lastIndex = this.#position;
    const found = expression.exec(this.line)?.[0];
    if (found !== undefined) this.#position += found.length;
    return found;
  }

  skip(expression: RegExp): number {
    return this.read(expression)?.length ?? 0;
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
    if (!QUOTABLE.test(value)) throw new TypeError(`The parameter "${name}" must be printable ASCII`);
    return `${name}="${value.replace(/["\\]/g, '\\$&')}"`;
  });
  return formatted.length === 0 ? scheme : `${scheme} ${formatted.join(', ')}`;
}
