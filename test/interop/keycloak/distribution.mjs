// A distribution of Keycloak as it is on Maven Central, unpacked once and left as it is.
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../setup/cache.mjs';
import { checkJava } from '../setup/java.mjs';
import { maven } from '../setup/maven.mjs';

const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';

/**
 * Gives the home directory of Keycloak, fetched with Maven where it is not there yet.
 *
 * @throws Missing without Java, or without Maven where it would have to fetch
 */
export function keycloakHome(version) {
  checkJava('Keycloak');
  return cached(`keycloak-${version}`, (directory) => {
    console.log(`Fetching Keycloak ${version} from Maven Central, once (170 MB)`);
    const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:zip`;
    const unpacked = join(directory, 'unpacked');
    maven([UNPACK, `-Dartifact=${artifact}`, `-DoutputDirectory=${unpacked}`], {
      cwd: directory,
      what: `Fetching Keycloak ${version}`,
    });
    for (const folder of ['bin', 'conf', 'lib', 'providers', 'themes']) {
      renameSync(join(unpacked, `keycloak-${version}`, folder), join(directory, folder));
    }
    rmSync(unpacked, { recursive: true });
  });
}
