// Keycloak as a process: in development mode, everything in memory, on the loopback interface.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, ServerProcess } from '../setup/server-process.mjs';

/** Seconds within which it has to answer; the first start on a machine rebuilds it, which takes half a minute. */
const STARTS_WITHIN = 180;

/** Starts Keycloak with these realms. */
export async function startKeycloak(name, home, realms) {
  const directory = join(home, 'data', 'import');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const realm of realms) writeFileSync(join(directory, `${realm.realm}-realm.json`), JSON.stringify(realm));
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const options = ['--db=dev-mem', '--http-host=127.0.0.1', `--http-port=${port}`, '--import-realm'];
  const keycloak = await ServerProcess.start({
    name,
    command: 'sh',
    options: [join(home, 'bin', 'kc.sh'), 'start-dev', ...options],
    env: { JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m' },
    addresses: realms.map(({ realm }) => `${url}/realms/${realm}/.well-known/openid-configuration`),
    within: STARTS_WITHIN,
  });
  return { url, stop: () => keycloak.stop() };
}
