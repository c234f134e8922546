import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const trimmed = (code: string) =>
  code
    .trim()
    .split('\n')
    .map((line) => line.trim());

const page = textOf('docs/client.md');
const played = trimmed(textOf('test/clients/libraries.mjs')).join('\n');
/** The recipes of the page: their title, the lines that it counts, and the code below it. */
const recipes = [...page.matchAll(/^### ([^\n]+): (\d+) lines\n(?:(?!^#).)*?^```js\n(.*?)^```$/gms)].map(
  ([, title = '', lines, code = '']) => ({ title, lines: Number(lines), code: trimmed(code) }),
);

describe('the recipes of docs/client.md', () => {
  test('there is one for each library that needs one', () => {
    expect(recipes.map(({ title }) => title)).toEqual([
      'axios',
      'RxJS',
      'Angular',
      'Apollo Client',
      'urql',
      'graphql-ws',
      'socket.io',
      'TanStack Query',
    ]);
  });

  test.each(recipes)('$title has as many lines as its title says', ({ lines, code }) => {
    expect(code).toHaveLength(lines);
  });

  test.each(recipes)('$title is code that is run with the library', ({ code }) => {
    expect(played).toContain(code.join('\n'));
  });

  // the call of each row, up to what it is given
  const calls = [...page.matchAll(/^\| [^|]+ \| `(?:[\w.]+\()+.*?`/gm)]
    .map(
      ([row]) =>
        /(\w+\((?:\{ \.\.\.|undefined, |'oidc', undefined, |\{ authorizationParams: )?\w+\(challenge, options\))/.exec(
          row,
        )?.[1],
    )
    .filter((call) => call !== undefined);

  test('what libraries that sign users in are given is code that is run with them', () => {
    expect(calls).toHaveLength(7);
    const source = textOf('test/clients/sign-in-libraries.ts').replace(/\s+/g, ' ');
    for (const call of calls) expect(source).toContain(call.replace('{ ...', ''));
  });
});
