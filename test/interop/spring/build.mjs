// The application in this folder, compiled by Maven, which fetches Spring from Maven Central.
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../setup/cache.mjs';
import { checkJava } from '../setup/java.mjs';
import { tool } from '../setup/tool.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const INPUTS = ['pom.xml', ...sourcesIn('src')];
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Version of Spring Boot, which chooses that of Spring Security. */
export const BOOT = /<parent>[\s\S]*?<version>(.*?)<\/version>/.exec(readFileSync(join(HERE, 'pom.xml'), 'utf8'))[1];

/**
 * Returns the class path of the application and the version of Spring Security in it.
 *
 * @throws Missing without a JDK or without Maven
 */
export function springApplication() {
  const java = checkJava('Spring');
  const hash = createHash('sha256');
  for (const path of INPUTS) hash.update(readFileSync(join(HERE, path)));
  const target = cached(`spring-${BOOT}-${hash.digest('hex').slice(0, 12)}`, (directory) => {
    console.log(`Compiling an application with Spring Boot ${BOOT}, once (25 MB from Maven Central)`);
    for (const path of INPUTS) cpSync(join(HERE, path), join(directory, path));
    tool(process.env.MAVEN ?? 'mvn', ['-q', '-B', 'compile', COPY, '-DoutputDirectory=lib'], {
      cwd: directory,
      what: 'Maven',
      install:
        'Install it and a JDK with `apt-get install maven openjdk-17-jdk-headless`, or name yours with MAVEN=/path/to/mvn.',
    });
    rmSync(join(directory, 'target', 'maven-status'), { recursive: true, force: true });
  });
  return { java, classPath: [join(target, 'target', 'classes'), join(target, 'lib', '*')].join(':') };
}

function sourcesIn(folder) {
  return readdirSync(join(HERE, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(HERE.length))
    .sort();
}
