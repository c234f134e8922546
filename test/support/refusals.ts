/** Lists wrong values under the message that refuses them, as rows for `test.each`. */
export function refusals(
  wrongByMessage: Readonly<Record<string, readonly unknown[]>>,
): [wrong: unknown, message: string][] {
  return Object.entries(wrongByMessage).flatMap(([message, wrong]) =>
    wrong.map((value): [unknown, string] => [value, message]),
  );
}
