import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const { version } = JSON.parse(textOf('package.json')) as { version: string };

function check(...parameters: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, '.ci/release.cjs'), ...parameters], {
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

it('this version may be released under its own tag', () => {
  expect(check(`v${version}`)).toEqual({
    status: 0,
    said: expect.stringMatching(/^nestjs-step-up \d+\.\d+\.\d+, 20\d\d-\d\d-\d\d\n$/),
  });
});

describe('a release is refused', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'release-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each<[what: string, tag: string, given: { version?: string; lock?: string; heading?: string }, reason: string]>([
    ['for the tag of another version', 'v1.2.4', {}, 'the tag is "v1.2.4", and x is 1.2.3: tag it v1.2.3'],
    ['for the version without a v', '1.2.3', {}, 'the tag is "1.2.3"'],
    ['for a longer tag', 'v1.2.3-rc', {}, 'the tag is "v1.2.3-rc"'],
    ['for no tag', '', {}, 'the tag is ""'],
    ['with a lock file of another version', 'v1.2.3', { lock: '1.2.2' }, 'package-lock.json is of 1.2.2'],
    ['that the changelog does not have', 'v1.2.3', { heading: '## 1.2.2 - 2026-01-01' }, 'CHANGELOG.md is 1.2.2'],
    [
      'whose entry has no day',
      'v1.2.3',
      { heading: '## 1.2.3 - unreleased' },
      'CHANGELOG.md says "unreleased" of 1.2.3',
    ],
    ['without a changelog', 'v1.2.3', { heading: '' }, 'CHANGELOG.md is undefined'],
  ])('%s', (_, tag, { lock = '1.2.3', heading = '## 1.2.3 - 2026-01-01' }, reason) => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', version: '1.2.3' }));
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ version: lock, packages: { '': { version: lock } } }),
    );
    writeFileSync(join(folder, 'CHANGELOG.md'), `# Changelog\n\n${heading}\n\n- more\n`);
    expect(check(tag, folder)).toEqual({ status: 1, said: expect.stringContaining(reason) });
  });
});

describe('the workflow of a release', () => {
  const workflow = textOf('.github/workflows/release.yml');
  const steps = workflow.slice(workflow.indexOf('steps:'));
  const at = (line: string) => steps.indexOf(line);

  it('checks the tag before all else, and tests before it publishes', () => {
    const order = [
      'node .ci/release.cjs "$GITHUB_REF_NAME"',
      'npm ci',
      'npm test',
      'npm run test:package',
      'npm publish',
    ];
    expect(order.map(at)).toEqual(order.map(at).toSorted((one, other) => one - other));
    expect(order.map(at)).not.toContain(-1);
  });

  it('publishes both packages with provenance, once both are complete', () => {
    const publishing = [...steps.matchAll(/- run: npm publish (.*)(?:\n +working-directory: (.*))?/g)];
    expect(publishing.map(([, how, where]) => [how, where])).toEqual([
      ['--provenance --access public', undefined],
      ['--provenance --access public', 'dist-client'],
    ]);
    expect(at('npm run pack:client')).toBeLessThan(at('npm publish'));
    expect(workflow).toContain('id-token: write');
  });

  it('runs for tags alone', () => {
    expect(workflow).toContain("on:\n  push: { tags: ['v*'] }\npermissions:");
  });
});
