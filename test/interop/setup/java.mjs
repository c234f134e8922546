import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Missing } from '../missing.mjs';

const JAVA = 17;

/** Returns the version of the Java that a command runs, such as `17.0.15`. */
export function javaVersion(command) {
  const { status, stderr } = spawnSync(command, ['-version'], { encoding: 'utf8' });
  return status === 0 ? /version "(.+?)"/.exec(stderr)?.[1] : undefined;
}

/**
 * Returns the command of a Java that is new enough.
 *
 * @throws Missing without one, and says what to install
 */
export function checkJava(server) {
  const command = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const version = javaVersion(command);
  if (Number.parseInt(version, 10) >= JAVA) return command;
  const found = version === undefined ? 'Java was not found' : `Java ${version} is too old`;
  throw new Missing(
    `${found}; ${server} needs ${JAVA} or later. Install it with \`apt-get install openjdk-${JAVA}-jdk-headless\`, or ` +
      'name yours with JAVA_HOME.',
  );
}
