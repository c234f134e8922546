// The JavaScript layer of React Native, for a script that is loaded after this one: its own URL, and the `fetch` and the
// signals that it brings. Below them an XMLHttpRequest of Node stands for the native one.

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import flowRemoveTypes from 'flow-remove-types';

const require = createRequire(import.meta.url);

class XMLHttpRequest {
  readyState = 0;
  response = '';
  responseURL = '';
  #headers = {};
  #received = {};

  open(method, url) {
    Object.assign(this, { method, url });
  }
  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }
  getAllResponseHeaders() {
    return Object.entries(this.#received)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  }
  send(body) {
    const sent = request(this.url, { method: this.method, headers: this.#headers }, (response) => {
      response.setEncoding('utf8').on('data', (chunk) => {
        this.response += chunk;
      });
      response.on('end', () => {
        this.#received = response.headers;
        Object.assign(this, { status: response.statusCode, responseURL: this.url, responseText: this.response });
        this.onload();
      });
    });
    sent.on('error', () => this.onerror());
    sent.end(body ?? undefined);
  }
  abort() {
    this.onabort?.();
  }
}

/** As in React Native: blobs can be made of texts and of blobs, not of bytes. */
class Blob {
  constructor(parts = []) {
    if (parts.some((part) => typeof part !== 'string' && !(part instanceof Blob))) {
      throw new Error("Creating blobs from 'ArrayBuffer' and 'ArrayBufferView' are not supported");
    }
  }
}

async function reactNativeURL() {
  const { outputFiles } = await build({
    entryPoints: [join(dirname(require.resolve('react-native/package.json')), 'Libraries/Blob/URL.js')],
    bundle: true,
    write: false,
    format: 'cjs',
    plugins: [
      {
        name: 'flow',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /NativeBlobModule$/ }, ({ path }) => ({ path, namespace: 'native' }));
          onLoad({ filter: /./, namespace: 'native' }, () => ({ contents: 'export default undefined;' }));
          onLoad({ filter: /\.js$/ }, ({ path }) => ({
            contents: flowRemoveTypes(readFileSync(path, 'utf8'), { all: true }).toString(),
          }));
        },
      },
    ],
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0].text)(module, module.exports, require);
  return module.exports.URL;
}

const URL = await reactNativeURL();
if ('canParse' in URL) throw new Error('This URL is not that of React Native');
for (const name of ['fetch', 'Headers', 'Request', 'Response', 'FormData', 'ReadableStream']) delete globalThis[name];
Object.assign(globalThis, { XMLHttpRequest, Blob, self: globalThis });
require('whatwg-fetch');
const { AbortController, AbortSignal } = require('abort-controller');
Object.assign(globalThis, { URL, AbortController, AbortSignal });
if ('reason' in new AbortController().signal) throw new Error('These signals are not those of React Native');
