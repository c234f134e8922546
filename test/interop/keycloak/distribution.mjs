// The distribution of Keycloak as it is on Maven Central, unpacked once and left as it is.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Missing } from '../missing.mjs';

export const VERSION = '26.7.3';
const JAVA = 17;

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/nestjs-step-up/', import.meta.url));
const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';

/**
 * Gives the home directory of Keycloak, fetched with Maven where it is not there yet.
 *
 * @throws Missing without Java, or without Maven where it would have to fetch
 */
export function keycloakHome() {
  checkJava();
  const home = join(CACHE, `keycloak-${VERSION}`);
  if (existsSync(join(home, 'bin', 'kc.sh'))) return home;

  const command = process.env.MAVEN ?? 'mvn';
  if (spawnSync(command, ['--version']).status !== 0) {
    throw new Missing(
      'Maven was not found, and Keycloak is not fetched yet. Install it with `apt-get install maven`, or name yours with ' +
        'MAVEN=/path/to/mvn.',
    );
  }
  mkdirSync(CACHE, { recursive: true });
  // beside its place, so that a download that breaks off leaves nothing there
  const directory = mkdtempSync(join(CACHE, 'unpacking-'));
  try {
    console.log(`Fetching Keycloak ${VERSION} from Maven Central, once (170 MB)`);
    const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
    const { status, stdout } = spawnSync(
      command,
      ['-q', '-B', UNPACK, `-Dartifact=${artifact}`, `-DoutputDirectory=${directory}`],
      { encoding: 'utf8', cwd: directory },
    );
    if (status !== 0) throw new Missing(`Maven could not fetch Keycloak ${VERSION}:\n${stdout}`);
    renameSync(join(directory, `keycloak-${VERSION}`), home);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return home;
}

function checkJava() {
  const command = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  const { status, stderr } = spawnSync(command, ['-version'], { encoding: 'utf8' });
  const version = /version "(\d+)/.exec(stderr ?? '')?.[1];
  if (status !== 0 || !(Number(version) >= JAVA)) {
    const found = version === undefined ? 'Java was not found' : `Java ${version} is too old`;
    throw new Missing(
      `${found}; Keycloak needs ${JAVA} or later. Install it with \`apt-get install openjdk-${JAVA}-jre-headless\`, or ` +
        'name yours with JAVA_HOME.',
    );
  }
}
