import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorizationServersPage } from '../../docs/authorization-servers.js';
import { examples } from '../../docs/examples.js';
import {
  type AuthorizationServerOptions,
  checkAuthorizationServers,
  type ProfileName,
  profiles,
} from '../../lib/authorization-servers/index.js';

const page = authorizationServersPage();
const names = Object.keys(profiles) as ProfileName[];

/** The object of the first code block below a heading; test/readme.spec.ts compiles the block. */
function entryBelow(heading: string): unknown {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`));
  const [, entry] = /```ts\n.*?AuthorizationServerOptions = (\{.*?\});\n```/s.exec(section) as RegExpExecArray;
  return new Function('profiles', `return ${entry}`)(profiles);
}

test('the page is what the profiles say; "node docs/write.mjs" writes it anew', () => {
  expect(readFileSync(join(__dirname, '../../docs/authorization-servers.md'), 'utf8')).toBe(page);
});

test('every profile has its section, and a row that leads to it', () => {
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(headings).toEqual([...names.map((name) => profiles[name].title), 'Another server']);
  const anchors = headings.map((title) => title?.toLowerCase().replaceAll(' ', '-'));
  for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  expect(page.match(/^\| \[/gm)).toHaveLength(names.length);
});

test.each(names)('the entry of %s works as it stands there', (name) => {
  const entry = entryBelow(profiles[name].title as string) as AuthorizationServerOptions;
  const { options, changes } = examples[name];
  expect(entry).toEqual({ ...options, profile: changes === undefined ? name : { ...profiles[name], ...changes } });
  const [server] = checkAuthorizationServers([entry]);
  expect(server?.issuer).toBe(options.issuer);
  expect(server?.vocabulary.known?.length).toBeGreaterThan(0);
});

test.each(names)('the strings of %s in its entry are some of its own', (name) => {
  const known = profiles[name].acrValues;
  const [server] = checkAuthorizationServers([examples[name].options]);
  const { vocabulary } = server as NonNullable<typeof server>;
  const used = vocabulary.stringsFor(vocabulary.known ?? []);
  if (known === undefined) expect(used).not.toEqual([]);
  else expect(used.filter((value) => !known.includes(value))).toEqual([]);
});

test('nothing is left open in the text', () => {
  expect(page).not.toMatch(/undefined|\[object|\bTODO\b|null/);
});
