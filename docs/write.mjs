// Writes docs/authorization-servers.md from the profiles, and the files of docs/examples into docs/examples.md:
// node docs/write.mjs
import { readFileSync, writeFileSync } from 'node:fs';
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

// below the link to a file stands the file
const page = readFileSync(here('examples.md'), 'utf8');
const withFiles = page.replace(/^(\[`([\w-]+\.ts)`\]\(examples\/\2\)\n)(?:\n```ts\n.*?^```\n)?/gms, (_, link, file) => {
  return `${link}\n\`\`\`ts\n${readFileSync(here(`examples/${file}`), 'utf8')}\`\`\`\n`;
});
writeFileSync(here('examples.md'), withFiles);
