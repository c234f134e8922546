import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Calls `run` for each version of Node, which npm's package "node" brings. Removes them afterwards.
 *
 * @param run receives the executable, and an environment in which `node` is that version
 */
export function withNodes(versions, run) {
  const workshop = mkdtempSync(join(tmpdir(), 'nestjs-step-up-nodes-'));
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
      run(node, env);
    }
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
