/** Continues a match at a position, and returns whether the rest matches. */
type Continue = (at: number) => boolean;
/** Tries to match at a position as a backtracking engine does, in the order of preference. */
type Matcher = (text: string, at: number, rest: Continue) => boolean;

let steps = 0;

/**
 * Counts the steps that a backtracking engine without any optimization takes for all regular expressions that `run`
 * executes: one for each character that is compared, however often. Unlike a clock it gives the same number each time.
 * Knows the syntax that the library uses: characters, classes, groups, alternatives, lookahead, `^`, `$`, `*`, `+`, `?`.
 */
export function regexpSteps(run: () => unknown): number {
  const { exec } = RegExp.prototype;
  const compiled = new Map<string, Matcher>();
  const simulate = ({ source, flags, sticky }: RegExp, text: string, from: number) => {
    const matcher = compiled.get(source + flags) ?? compile(source, flags.includes('i'));
    compiled.set(source + flags, matcher);
    for (let at = from; at <= text.length; at += 1) {
      if (matcher(text, at, () => true)) return at;
      if (sticky) break;
    }
    return undefined;
  };
  const counting: typeof exec = function (this: RegExp, text) {
    RegExp.prototype.exec = exec;
    const from = this.global || this.sticky ? this.lastIndex : 0;
    const found = this.exec(text);
    if (simulate(this, text, from) !== found?.index) throw new Error(`${this.source} is not what was simulated`);
    RegExp.prototype.exec = counting;
    return found;
  };
  steps = 0;
  RegExp.prototype.exec = counting;
  try {
    run();
  } finally {
    RegExp.prototype.exec = exec;
  }
  return steps;
}

const sequence =
  (parts: readonly Matcher[]): Matcher =>
  (text, at, rest) => {
    const go = (index: number, position: number): boolean => {
      const part = parts[index];
      return part === undefined ? rest(position) : part(text, position, (next) => go(index + 1, next));
    };
    return go(0, at);
  };

const alternatives =
  (options: readonly Matcher[]): Matcher =>
  (text, at, rest) =>
    options.some((option) => option(text, at, rest));

const repeated =
  (part: Matcher, least: number, most: number): Matcher =>
  (text, at, rest) => {
    const go = (count: number, position: number): boolean =>
      (count < most && part(text, position, (next) => next > position && go(count + 1, next))) ||
      (count >= least && rest(position));
    return go(0, at);
  };

/** The same for one character. A loop, so that a long text does not exhaust the stack. */
const repeatedCharacter =
  (part: Matcher, least: number, most: number): Matcher =>
  (text, at, rest) => {
    let count = 0;
    while (count < most && part(text, at + count, () => true)) count += 1;
    for (; count >= least; count -= 1) if (rest(at + count)) return true;
    return false;
  };

function compile(source: string, ignoreCase: boolean): Matcher {
  let position = 0;
  const take = (expression: RegExp): string | undefined => {
    const [found] = source.slice(position).match(expression) ?? [];
    position += found?.length ?? 0;
    return found;
  };

  function disjunction(): Matcher {
    const options = [terms()];
    while (take(/^\|/)) options.push(terms());
    return options.length === 1 ? (options[0] as Matcher) : alternatives(options);
  }

  function terms(): Matcher {
    const parts: Matcher[] = [];
    while (position < source.length && !/^[|)]/.test(source.slice(position))) parts.push(term());
    return sequence(parts);
  }

  function term(): Matcher {
    if (take(/^\^/)) return (_, at, rest) => at === 0 && rest(at);
    if (take(/^\$/)) return (text, at, rest) => at === text.length && rest(at);
    const group = take(/^\((?:\?[:=])?/);
    if (group === undefined) return quantified(character(), repeatedCharacter);
    const inner = disjunction();
    take(/^\)/);
    if (group === '(?=') return (text, at, rest) => inner(text, at, () => true) && rest(at);
    return quantified(inner, repeated);
  }

  function quantified(part: Matcher, repeat: typeof repeated): Matcher {
    switch (take(/^[*+?]/)) {
      case '*':
        return repeat(part, 0, Number.POSITIVE_INFINITY);
      case '+':
        return repeat(part, 1, Number.POSITIVE_INFINITY);
      case '?':
        return repeat(part, 0, 1);
      default:
        return part;
    }
  }

  function character(): Matcher {
    const written = take(/^(?:\[(?:[^\]\\]|\\[\s\S])*\]|\\x[0-9A-F]{2}|\\[\s\S]|[\s\S])/) as string;
    const one = new RegExp(`^${written}$`, ignoreCase ? 'i' : '');
    const known = new Map<string, boolean>();
    return (text, at, rest) => {
      steps += 1;
      const given = text[at];
      if (given === undefined) return false;
      const matches = known.get(given) ?? one.test(given);
      known.set(given, matches);
      return matches && rest(at + 1);
    };
  }

  return disjunction();
}

/** Returns by how much the steps grow where the text is twice as long: 2 if the time is linear, 4 if it is quadratic. */
export function stepGrowth(run: (size: number) => () => unknown, size = 200): number {
  return regexpSteps(run(2 * size)) / regexpSteps(run(size));
}
