import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
