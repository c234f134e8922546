import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Missing } from '../missing.mjs';

const JAVA = 17;

/**
 * Returns the command of a Java that is new enough.
 *
 * @throws Missing without one, and says what to install
 */
export function checkJava(server) {
  const command = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const { status, stderr } = spawnSync(command, ['-version'], { encoding: 'utf8' });
  const version = /version "(\d+)/.exec(stderr ?? '')?.[1];
  if (status === 0 && Number(version) >= JAVA) return command;
  const found = version === undefined ? 'Java was not found' : `Java ${version} is too old`;
  throw new Missing(
    `${found}; ${server} needs ${JAVA} or later. Install it with \`apt-get install openjdk-${JAVA}-jdk-headless\`, or ` +
      'name yours with JAVA_HOME.',
  );
}
