import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mavenProject, versionOf } from '../test/interop/setup/maven.mjs';
import { freePorts, ServerProcess } from '../test/interop/setup/server-process.mjs';

/** Seconds that a start may take on a busy machine. */
const STARTS_WITHIN = 120;

/** A server of `servers/` in Java, started by `java -jar` without options. */
export class JavaServer {
  #process;

  constructor({ id, name, rows }, port, process) {
    Object.assign(this, { id, name, rows, port });
    this.#process = process;
  }

  static async start(one, { java, jar }, { issuer, audience }) {
    const [port] = await freePorts(1);
    const process = await ServerProcess.start({
      name: one.name,
      command: java,
      options: ['-jar', jar],
      env: { PORT: String(port), ISSUER: issuer, AUDIENCE: audience },
      addresses: [`http://127.0.0.1:${port}/open`],
      within: STARTS_WITHIN,
    });
    return new JavaServer(one, port, process);
  }

  get pid() {
    return this.#process.pid;
  }

  end() {
    return this.#process.stop();
  }
}

/**
 * Returns the file that Maven builds of a project, once for each state of its sources, and the version of its framework.
 *
 * @throws Missing without Maven or without a JDK
 */
export function buildOf({ folder, framework, jar }) {
  const path = fileURLToPath(new URL(`servers/${folder}/`, import.meta.url));
  const version = versionOf(path);
  const directory = mavenProject(path, {
    name: `bench-${folder}-${version}`,
    goals: ['package'],
    announcement: `Building a server with ${framework} ${version}, once (from Maven Central)`,
  });
  return { jar: join(directory, jar), version };
}
