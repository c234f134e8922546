import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const STAND_INS = /^(jest-util|jest-message-util|node:util)$/;
const NODE_ALONE = /^(path|perf_hooks|timers|timers\/promises|util)$/;

const browser = {
  name: 'browser',
  setup({ onResolve, onLoad }) {
    // the tests name the sources; what runs is the module that the package ships to browsers
    onResolve({ filter: /\/lib\/(client|core)\/.+\.js$/ }, ({ path }) => {
      const shipped = here(`../../dist/esm/${path.replace(/^.*\/lib\//, '')}`);
      return existsSync(shipped)
        ? { path: shipped }
        : { errors: [{ text: 'The package ships no such module. Run `npm run build` if it is not built.' }] };
    });
    onResolve({ filter: STAND_INS }, () => ({ path: here('client-suite-node.mjs') }));
    // these are looked for, and done without
    onResolve({ filter: NODE_ALONE }, ({ path }) => ({ path, namespace: 'absent' }));
    onLoad({ filter: /./, namespace: 'absent' }, () => ({ contents: 'module.exports = undefined;' }));
  },
};

/** One script for a page: what Jest gives, then the tests of one file. Anything else of Node is an error here. */
export async function bundle(file) {
  const { outputFiles } = await build({
    stdin: {
      contents: `import './test/browser/client-suite-page.mjs'; import './${file}';`,
      resolveDir: here('../..'),
      sourcefile: `${file}.browser.mjs`,
    },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2023',
    keepNames: true,
    define: { 'process.env.NODE_ENV': '"test"' },
    plugins: [browser],
    // the package has no side effects, its tests have
    ignoreAnnotations: true,
    logLevel: 'error',
  });
  return outputFiles[0].text;
}
