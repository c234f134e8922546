import { type Challenge, type ChallengeDeviation, parseChallenges } from '../core/index.js';
import { type DeviationListener, report } from './deviation.js';

// What stands, unquoted, between "name=" and the next parameter: one value, then further URNs after a space or a comma.
// A quoted-string matches without its end as well, or the search would start again at each quote inside of it.
const UNQUOTED =
  /"[^"\\]*(?:\\[\s\S]?[^"\\]*)*"?|((?:acr_values|scope|realm|resource_metadata)[ \t]*=[ \t]*)([^\s",\\]+(?:[ ,][^\s",=:\\]+:[^\s",=\\]*)*)/gi;

// Far above what browsers and servers accept, and far below what exhausts the stack of an engine for expressions.
const MAX_LENIENT_CHARACTERS = 1_048_576;

/**
 * Reads the challenges of a `WWW-Authenticate` field and reports what had to be discarded. In lenient mode, a line that
 * cannot be read is tried once more with quotes around values that lack them, such as `acr_values=urn:example:mfa`.
 * A line above 1,048,576 characters is not: what is unreadable in it stays so.
 */
export function readChallenges(
  field: string | readonly string[],
  { lenient, onDeviation }: { lenient?: boolean | undefined; onDeviation?: DeviationListener | undefined },
): Challenge[] {
  return [field].flat().flatMap((line) => {
    const strict = readLine(line);
    const quoted =
      lenient === true &&
      line.length <= MAX_LENIENT_CHARACTERS &&
      strict.deviations.some(({ code }) => code === 'unreadable')
        ? withQuotes(line)
        : line;
    const read = quoted === line ? strict : readLine(quoted);
    if (read !== strict) report(onDeviation, 'unquoted_value');
    for (const deviation of read.deviations) onDeviation?.(deviation);
    return read.challenges;
  });
}

function readLine(line: string): { challenges: Challenge[]; deviations: ChallengeDeviation[] } {
  const deviations: ChallengeDeviation[] = [];
  const challenges = parseChallenges(line, { onDeviation: (deviation) => deviations.push(deviation) });
  return { challenges, deviations };
}

function withQuotes(line: string): string {
  return line.replace(UNQUOTED, (whole, name?: string, value?: string) =>
    name === undefined ? whole : `${name}"${value}"`,
  );
}
