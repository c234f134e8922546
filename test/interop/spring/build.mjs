// The application in this folder, compiled by Maven, which fetches Spring from Maven Central.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkJava } from '../setup/java.mjs';
import { mavenProject, versionOf } from '../setup/maven.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Version of Spring Boot, which chooses that of Spring Security. */
export const BOOT = versionOf(HERE);

/**
 * Returns the class path of the application, and the command that runs it.
 *
 * @throws Missing without a JDK or without Maven
 */
export function springApplication() {
  const java = checkJava('Spring');
  const target = mavenProject(HERE, {
    name: `spring-${BOOT}`,
    goals: ['compile', COPY, '-DoutputDirectory=lib'],
    announcement: `Compiling an application with Spring Boot ${BOOT}, once (25 MB from Maven Central)`,
  });
  return { java, classPath: [join(target, 'target', 'classes'), join(target, 'lib', '*')].join(':') };
}
