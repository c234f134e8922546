// Keycloak as a process: in development mode, everything in memory, on the loopback interface.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, ServerProcess } from '../setup/server-process.mjs';

/** Seconds within which it has to answer; the first start on a machine rebuilds it, which takes half a minute. */
const STARTS_WITHIN = 180;

/** Starts Keycloak with these realms. */
export async function startKeycloak(name, distribution, realms) {
  // a home of its own for each run, so that two runs on a machine do not import each other's realms
  const home = mkdtempSync(join(tmpdir(), 'interop-keycloak-'));
  const clearUp = () => rmSync(home, { recursive: true, force: true });
  process.once('exit', clearUp);
  for (const folder of ['conf', 'lib', 'providers', 'themes'])
    symlinkSync(join(distribution, folder), join(home, folder));
  // the script resolves links to find its home
  mkdirSync(join(home, 'bin'));
  cpSync(join(distribution, 'bin', 'kc.sh'), join(home, 'bin', 'kc.sh'));
  mkdirSync(join(home, 'data', 'import'), { recursive: true });
  for (const realm of realms) {
    writeFileSync(join(home, 'data', 'import', `${realm.realm}-realm.json`), JSON.stringify(realm));
  }
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
  return {
    url,
    async stop() {
      await keycloak.stop();
      clearUp();
      process.off('exit', clearUp);
    },
  };
}
