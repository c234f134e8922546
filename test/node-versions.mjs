import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Calls `run` for each version of Node, which npm's package "node" brings. Removes them when all runs have ended.
 *
 * @param run receives the executable, an environment in which `node` is that version, and the version. The next version
 * does not wait for a promise that it returns.
 */
export async function withNodes(versions, run) {
  const workshop = mkdtempSync(join(tmpdir(), 'nestjs-step-up-nodes-'));
  const runs = [];
  try {
    for (const version of versions) {
      const folder = join(workshop, version);
      mkdirSync(folder);
      writeFileSync(join(folder, 'package.json'), '{"private":true}');
      const options = ['--no-audit', '--no-fund', '--loglevel=error'];
      execFileSync('npm', ['install', ...options, `node@${version}`], { cwd: folder, stdio: 'inherit' });
      const bin = join(folder, 'node_modules', 'node', 'bin');
      const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
      const node = join(bin, 'node');
      console.log(`\nNode ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`);
      runs.push(run(node, env, version));
    }
    await Promise.all(runs);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
