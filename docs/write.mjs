// Writes docs/authorization-servers.md from the profiles: node docs/write.mjs
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const { outputFiles } = await build({
  entryPoints: [here('authorization-servers.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const source = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`;
const { authorizationServersPage } = await import(source);
writeFileSync(here('authorization-servers.md'), authorizationServersPage());
