import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const tests = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(?:e2e-)?spec\.ts$/.test(file))
  .map((file) => `test/${file}`);

/** The words of a script that are paths of this repository. What a build makes is not in it. */
function pathsIn(script: string): string[] {
  const words = script.split(/[\s"']+/).filter((word) => /^[\w.-]+(?:\/[\w.-]+)*\.(?:[cm]?js|ts|json)$/.test(word));
  return words.filter((word) => !word.startsWith('dist'));
}

/** The paths that a script gives to Jest, which takes them for patterns, and passes over one without tests. */
function testedBy(script = ''): string[] {
  return /^jest (?!-)/.test(script) ? script.split(' ').slice(1) : [];
}

/** The tests at a path: a file, or a folder with files. */
function testsAt(path: string): string[] {
  return tests.filter((test) => test === path || test.startsWith(`${path}/`));
}

describe('the scripts of package.json', () => {
  it('name no file that does not exist', () => {
    const paths = Object.values(scripts).flatMap(pathsIn);
    expect(paths).toContain('.ci/node-version.cjs');
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('give no path to Jest under which there is no test', () => {
    const paths = Object.values(scripts).flatMap(testedBy);
    expect(paths).toContain('test/token');
    expect(paths.filter((path) => testsAt(path).length === 0)).toEqual([]);
    expect([testsAt('test/tok'), testsAt('test/soak')]).toEqual([[], []]);
  });

  it('run with test:security every test of hostile input, of tokens that are bound to keys, and of guards', () => {
    const run = testedBy(scripts['test:security']).flatMap(testsAt);
    const subject =
      /\/(?:fuzz|guards|proofs)\/|bound-tokens|mutual-tls|misbehaving|known-faults|attachment|token-locations/;
    expect(tests.filter((test) => subject.test(test) && !run.includes(test))).toEqual([]);
  });
});
