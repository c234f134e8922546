// npm run test:nest11 -- [--fresh] [jest arguments], or -- [--fresh] --script name: runs the suite of `npm test`, or another
// script, on the newest Nest 11. It runs in a copy of the project, of which the packages are kept between runs, and refuses
// to run if one of them is of another line of Nest.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { versions } from './enforcement/versions.mjs';
import { copyProject, openWorkshop } from './support/installation.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const newest = Object.keys(versions).findLast((version) => version.startsWith('11.'));
const nest11 = {
  ...Object.fromEntries(Object.entries(versions[newest]).filter(([name]) => name.startsWith('@nestjs/'))),
  '@nestjs/bullmq': '11.0.5',
  '@nestjs/jwt': '11.0.2',
  '@nestjs/swagger': '11.4.7',
  '@nestjs/testing': '11.2.6',
};
/** Tools, which belong to no line. */
const TOOLS = ['@nestjs/cli', '@nestjs/schematics'];
/** The major versions that belong to Nest 11 and have other numbers. */
const LINES = { '@nestjs/apollo': '13', '@nestjs/graphql': '13', '@nestjs/mapped-types': '2' };

const given = process.argv.slice(2);
const fresh = given[0] === '--fresh';
if (fresh) given.shift();
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const unnamed = Object.keys(devDependencies).filter(
  (name) => name.startsWith('@nestjs/') && !(name in nest11) && !TOOLS.includes(name),
);
if (unnamed.length > 0) throw new Error(`test/nest11.mjs names no version of Nest 11 for ${unnamed.join(', ')}`);

const folder = await copyProject(openWorkshop('nest11', { fresh }), newest, nest11);
const installed = packagesOfNest(join(folder, 'node_modules'));
console.log(installed.map(({ name, version }) => `${name} ${version}`).join('\n'));
const others = installed.filter(({ name, version }) => version.split('.')[0] !== (LINES[name] ?? '11'));
if (others.length > 0) throw new Error(`not of the line of Nest 11: ${others.map(({ path }) => path).join(', ')}`);
const missing = Object.keys(nest11).filter((name) => !installed.some(({ path }) => path === `${name}/package.json`));
if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}`);

const [command, ...parameters] =
  given[0] === '--script'
    ? ['npm', 'run', given[1], '--', ...given.slice(2)]
    : [process.execPath, join('node_modules', 'jest', 'bin', 'jest.js'), ...given];
process.exitCode = spawnSync(command, parameters, { cwd: folder, stdio: 'inherit' }).status ?? 1;

/** Every package of Nest that is installed, however deep, tools apart. */
function packagesOfNest(modules) {
  return readdirSync(modules, { recursive: true })
    .filter((path) => /(?:^|\/)@nestjs\/[\w.-]+\/package\.json$/.test(path))
    .map((path) => ({ path, ...JSON.parse(readFileSync(join(modules, path), 'utf8')) }))
    .filter(({ name }) => !TOOLS.includes(name));
}
