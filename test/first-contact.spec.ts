import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

describe('the check of the version of Node', () => {
  const check = (version: string) => {
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
    const script = `${pretend} require(${JSON.stringify(join(root, '.ci/node-version.cjs'))});`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    return { status, stderr };
  };

  it.each(['18.20.8', '20.18.3', '20.9.0', '19.30.0', '6.17.1'])(
    'refuses %s, and says which one is needed',
    (version) => {
      expect(check(version)).toEqual({
        status: 1,
        stderr: `
nestjs-step-up needs Node 20.19.0 or later, and this is Node ${version}.
Install a newer one from https://nodejs.org, such as by "nvm install 22".

`,
      });
    },
  );

  it.each(['20.19.0', '20.20.2', '22.0.0', '24.11.1', '100.0.0'])('accepts %s', (version) => {
    expect(check(version)).toEqual({ status: 0, stderr: '' });
  });

  it('runs before npm start, npm test and the walkthroughs', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    expect(scripts['pretest']).toBe('node .ci/node-version.cjs');
    const building = ['prestart', 'prewalkthrough', 'prewalkthrough:mcp'].map((name) => scripts[name]);
    expect(building).toEqual(Array(3).fill('node sample-app/build.mjs'));
    expect(textOf('sample-app/build.mjs')).toContain('../.ci/node-version.cjs');
  });
});

describe('what runs before npm start', () => {
  let folder: string;
  const change = (build: string) =>
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ engines: { node: '>=20.19.0' }, scripts: { build, 'build:sample': 'node -e 0' } }),
    );
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'first-contact-'));
    for (const name of ['lib', 'sample-app', 'dist-sample', '.ci']) mkdirSync(join(folder, name));
    for (const name of ['sample-app/build.mjs', '.ci/node-version.cjs']) cpSync(join(root, name), join(folder, name));
    for (const name of ['package-lock.json', 'tsconfig.json', 'nest-cli.json']) writeFileSync(join(folder, name), '{}');
    writeFileSync(
      join(folder, 'node-18.cjs'),
      "Object.defineProperty(process.versions, 'node', { value: '18.20.8' });",
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const build = (...parameters: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...parameters, 'sample-app/build.mjs'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  it('says what it builds, and builds nothing twice', () => {
    change('node -e 0');
    const built = /^Building the package … \d+ s\nBuilding the sample … \d+ s\n$/;
    expect(build()).toEqual({ status: 0, stdout: expect.stringMatching(built), stderr: '' });
    expect(build()).toEqual({ status: 0, stdout: 'Nothing has changed since the last build.\n', stderr: '' });
    writeFileSync(join(folder, 'lib/index.ts'), '');
    expect(build().stdout).toMatch(built);
  });

  it('shows why a build has failed', () => {
    change('node -e "console.log(\'error TS1005\'); process.exit(2)"');
    const { status, stdout } = build();
    expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringContaining('failed\nerror TS1005') });
  });

  it('builds nothing with an old Node, and says which one is needed', () => {
    change('node -e 0');
    expect(build('--require', './node-18.cjs')).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('needs Node 20.19.0 or later, and this is Node 18.20.8.'),
    });
  });
});

it('CONTRIBUTING names the packages of which npm warns on Node 20', () => {
  const { packages } = JSON.parse(textOf('package-lock.json')) as {
    packages: Record<string, { engines?: { node?: string }; optional?: boolean }>;
  };
  const warned = Object.entries(packages)
    .filter(([, { engines, optional }]) => optional !== true && /^[>=^~ ]*2[1-9]\b/.test(engines?.node ?? ''))
    .map(([path]) => path.split('node_modules/').at(-1) as string);
  const named = [...textOf('CONTRIBUTING.md').matchAll(/^- `([^`]+)` of /gm)].map(([, name]) => name);
  expect(named.sort()).toEqual([...new Set(warned)].sort());
});
