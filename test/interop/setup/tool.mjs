// The programs that fetch and build servers.
import { spawnSync } from 'node:child_process';
import { Missing } from '../missing.mjs';

/** Seconds for one program: a compiler on a slow machine is the longest. */
const LASTS_AT_MOST = 1_200;

/**
 * Runs a program to its end.
 *
 * @throws Missing where it is not there, with `install`, or where it fails, with the end of what it printed
 */
export function tool(command, options, { install, what, ...further }) {
  const { error, status, stdout, stderr } = spawnSync(command, options, {
    encoding: 'utf8',
    timeout: LASTS_AT_MOST * 1_000,
    maxBuffer: 64 * 1_024 * 1_024,
    ...further,
  });
  if (error?.code === 'ENOENT') throw new Missing(`${command} was not found. ${install}`);
  if (error !== undefined || status !== 0) {
    const printed = `${stdout ?? ''}${stderr ?? ''}`.trim().slice(-4_000);
    throw new Missing(`${what} failed: ${error?.message ?? `${command} ended with status ${status}`}\n${printed}`);
  }
  return stdout;
}
