// Maven, and what it builds of the projects of this repository.
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cached } from './cache.mjs';
import { tool } from './tool.mjs';

/**
 * Runs Maven in a directory.
 *
 * @throws Missing without it, and says what to install
 */
export function maven(options, { cwd, what }) {
  return tool(process.env.MAVEN ?? 'mvn', ['-q', '-B', ...options], {
    cwd,
    what,
    install:
      'Install it and a JDK with `apt-get install maven openjdk-17-jdk-headless`, or name yours with MAVEN=/path/to/mvn.',
  });
}

/**
 * Returns the directory in which Maven has reached the `goals` of a project: of a copy, in the cache, and once for each
 * state of its sources.
 *
 * @throws Missing without Maven or without a JDK
 */
export function mavenProject(folder, { name, goals, announcement }) {
  const inputs = ['pom.xml', ...sourcesOf(folder)];
  const hash = createHash('sha256');
  for (const path of inputs) hash.update(readFileSync(join(folder, path)));
  return cached(`${name}-${hash.digest('hex').slice(0, 12)}`, (directory) => {
    console.log(announcement);
    for (const path of inputs) cpSync(join(folder, path), join(directory, path));
    maven(goals, { cwd: directory, what: 'Maven' });
    rmSync(join(directory, 'target', 'maven-status'), { recursive: true, force: true });
  });
}

/** The version that the `pom.xml` of a folder has first: there, that of the framework. */
export function versionOf(folder) {
  return /<version>(.*?)<\/version>/.exec(readFileSync(join(folder, 'pom.xml'), 'utf8'))[1];
}

function sourcesOf(folder) {
  return readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}
