import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Missing } from './missing.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Each folder with a `server.mjs` is an authorization server. */
export const folders = readdirSync(at('.')).filter((folder) => existsSync(at(`${folder}/server.mjs`)));

// leaving by `exit` lets a server that is a process of its own be ended
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/** What a server's folder says of it. Starts nothing. */
export async function loadServer(folder) {
  if (!folders.includes(folder)) {
    throw new Missing(`There is no server "${folder ?? ''}" in test/interop; there are ${folders.join(', ')}.`);
  }
  return await import(`./${folder}/server.mjs`);
}

/** @throws Missing for what has to be installed, and for a folder that is not there */
export async function startServer(folder) {
  const { name, setUp, start, differences } = await loadServer(folder);
  console.log(`Starting ${name}`);
  const since = Date.now();
  const server = await start();
  console.log(`${name} is up after ${((Date.now() - since) / 1_000).toFixed(1)} s: ${server.issuer}`);
  return { name, setUp, differences, server };
}
