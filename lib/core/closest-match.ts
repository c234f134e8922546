/**
 * Returns the candidate with the least edit distance to a word; `undefined` without candidates. Case decides only between
 * candidates that are equally near without it.
 */
export function closestMatch(word: string, candidates: readonly string[]): string | undefined {
  const byDistance = candidates.map((candidate) => ({
    candidate,
    letters: editDistance(word.toLowerCase(), candidate.toLowerCase()),
    exact: editDistance(word, candidate),
  }));
  return byDistance.sort((a, b) => a.letters - b.letters || a.exact - b.exact)[0]?.candidate;
}

/** How many characters have to be inserted, left out or replaced to make one word of another. */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const substitution = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
