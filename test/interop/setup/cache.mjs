// What the run fetches, compiles and unpacks, outside the repository, so that a fresh clone finds it again.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const root =
  process.env.STEP_UP_INTEROP_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nestjs-step-up');

/**
 * Returns a folder of the cache, made once by `make(directory)`.
 *
 * `make` works in a folder beside it, so that what breaks off leaves nothing there. What it makes has to bear the move.
 */
export function cached(name, make) {
  const folder = join(root, name);
  if (existsSync(folder)) return folder;
  mkdirSync(root, { recursive: true });
  const directory = mkdtempSync(join(root, 'making-'));
  try {
    make(directory);
    // another run may have been faster
    if (!existsSync(folder)) renameSync(directory, folder);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return folder;
}
