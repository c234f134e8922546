// Loads TypeScript of lib and test by `require`, compiled as Jest does, each time anew. What is in node_modules stays.
import { existsSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { transformSync } from '@swc/core';

const require = createRequire(import.meta.url);
const [, { jsc, module }] = require('../../jest.config.js').projects[0].transform['^.+\\.ts$'];
const options = { jsc: { ...jsc, transform: { ...jsc.transform, hidden: { jest: true } } }, module, swcrc: false };
// Stryker works in a copy, and goes there only after it has loaded this.
const root = () => process.cwd() + sep;

const compiled = new Map();
Module._extensions['.ts'] = (loaded, file) => {
  if (!compiled.has(file))
    compiled.set(file, transformSync(readFileSync(file, 'utf8'), { ...options, filename: file }).code);
  loaded._compile(compiled.get(file), file);
};

const resolve = Module._resolveFilename;
Module._resolveFilename = (request, parent, ...rest) => {
  const [, name, path = ''] = /^(nestjs-step-up)(\/.*)?$/.exec(request) ?? [];
  if (name !== undefined) return join(root(), 'lib', path, 'index.ts');
  if (request.startsWith('.') && request.endsWith('.js') && parent?.filename?.endsWith('.ts')) {
    const source = join(dirname(parent.filename), `${request.slice(0, -2)}ts`);
    if (existsSync(source)) return source;
  }
  return resolve(request, parent, ...rest);
};

/** What stood in the place of the modules that the last file has replaced. */
const replaced = new Map();

/** Loads a file, and of lib and test all that it needs, with nothing left of what was loaded before. */
export function loadAnew(file) {
  for (const [path, before] of replaced) {
    if (before === undefined) delete require.cache[path];
    else require.cache[path] = before;
  }
  replaced.clear();
  for (const path of Object.keys(require.cache)) {
    if (path.startsWith(root()) && !path.startsWith(join(root(), 'node_modules'))) delete require.cache[path];
  }
  // a parent of its own, as a parent keeps all that it has loaded
  const parent = new Module(file);
  parent.filename = file;
  parent.paths = Module._nodeModulePaths(dirname(file));
  parent.require(file);
}

/** Puts a module in place of a file's own, for what is loaded after it. It is made as it is first needed, and may fail. */
export function replaceModule(request, from, make) {
  const file = createRequire(from).resolve(request);
  const replacement = new Module(file);
  let made;
  const get = () => {
    made ??= { exports: make() };
    return made.exports;
  };
  Object.assign(replacement, { filename: file, loaded: true });
  Object.defineProperty(replacement, 'exports', { get });
  if (!replaced.has(file)) replaced.set(file, require.cache[file]);
  require.cache[file] = replacement;
}

/** Loads a file's own module, whatever stands in its place. */
export function actualModule(request, from) {
  const resolved = createRequire(from).resolve(request);
  const replacement = require.cache[resolved];
  delete require.cache[resolved];
  try {
    return createRequire(from)(resolved);
  } finally {
    if (replacement !== undefined) require.cache[resolved] = replacement;
  }
}
