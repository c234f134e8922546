import { type Challenge, type ChallengeDeviation, parseChallenges } from '../core/index.js';
import { type DeviationListener, report } from './deviation.js';

// What stands, unquoted, between "name=" and the next parameter: one value, then further URNs after a space or a comma.
// A quoted-string matches without its end as well, or the search would start again at each quote inside of it.
const UNQUOTED =
  /"[^"\\]*(?:\\[\s\S]?[^"\\]*)*"?|((?:acr_values|scope|realm|resource_metadata)[ \t]*=[ \t]*)([^\s",\\]+(?:[ ,][^\s",=:\\]+:[^\s",=\\]*)*)/gi;

// Far above what browsers and servers accept, and far below what exhausts the stack of an engine for expressions.
export const MAX_FIELD_CHARACTERS = 1_048_576;

/**
 * Reads the challenges of a `WWW-Authenticate` field and reports what had to be discarded. In lenient mode, a line that
 * cannot be read is tried once more with quotes around values that lack them, such as `acr_values=urn:example:mfa`.
 * A line above 1,048,576 characters is not: what is unreadable in it stays so.
 */
export function readChallenges(
  field: string | readonly string[],
  options: { lenient?: boolean | undefined; onDeviation?: DeviationListener | undefined },
): Challenge[] {
  return [field].flat().flatMap((line) => {
    let found = read(line);
    const unreadable = found.deviations.some(({ code }) => code === 'unreadable');
    if (options.lenient === true && unreadable && line.length <= MAX_FIELD_CHARACTERS) {
      const quoted = line.replace(UNQUOTED, (whole, name?: string, value?: string) =>
        name ? `${name}"${value}"` : whole,
      );
      if (quoted !== line) {
        report(options, 'unquoted_value', 'WWW-Authenticate', 'It needs quotes');
        found = read(quoted);
      }
    }
    for (const deviation of found.deviations) options.onDeviation?.(deviation);
    return found.challenges;
  });
}

function read(line: string) {
  const deviations: ChallengeDeviation[] = [];
  const challenges = parseChallenges(line, { onDeviation: (deviation) => deviations.push(deviation) });
  return { challenges, deviations };
}
