import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { proxyOf } from '../../lib/token/proxy.js';
import { serverOfEachTest } from './json-server.js';

const ADDRESS = 'http://as.example/metadata';

/** A proxy that knows one host, whatever its name: the server of the test. */
class TestProxy {
  /** What it was asked for: the host of a tunnel, or the whole address. */
  readonly requests: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer(({ url = '' }, response) => {
    this.requests.push(url);
    response.setHeader('content-type', 'application/json').end('{"by":"proxy"}');
  }).on('connection', (socket) => this.#sockets.add(socket));
  address = '';

  async listen(target: string): Promise<void> {
    this.#server.on('connect', ({ url }, socket, head) => {
      this.requests.push(url ?? '');
      const { hostname, port } = new URL(target);
      const upstream = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      this.#sockets.add(upstream);
      for (const one of [upstream, socket]) one.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.address = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const server = serverOfEachTest();
let proxy: TestProxy;
beforeEach(async () => {
  proxy = new TestProxy();
  await proxy.listen(server.origin);
  server.json('/metadata', { by: 'proxy' });
});
afterEach(() => proxy.close());

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-step-up-proxy-'));
  for (const name of ['fetch-json', 'proxy']) {
    const source = readFileSync(join(__dirname, `../../lib/token/${name}.ts`), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(join(folder, `${name}.mjs`), outputText);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Fetches a document in a process of its own, because Jest hides the global dispatcher of Node. Returns the document, and
 * whether a proxy is known to be used.
 */
async function read(setUp: string, env: Record<string, string> = {}): Promise<object> {
  const main = join(folder, 'main.mjs');
  writeFileSync(
    main,
    `import * as undici from ${JSON.stringify(pathToFileURL(require.resolve('undici')).href)};
    import { fetchJson } from './fetch-json.mjs';
    import { proxyOf } from './proxy.mjs';
    const proxy = ${JSON.stringify(proxy.address)};
    ${setUp}
    const document = await fetchJson('${ADDRESS}', new AbortController().signal).catch(() => 'unreachable');
    const { isUsed } = proxyOf('${ADDRESS}', { HTTP_PROXY: proxy });
    console.log(JSON.stringify({ document, isUsed }));
    process.exit();`,
  );
  const ofProxies = ['NODE_USE_ENV_PROXY', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy'];
  const others = Object.entries(process.env).filter(([name]) => !ofProxies.includes(name));
  const { stdout } = await promisify(execFile)(process.execPath, [main], {
    env: { ...Object.fromEntries(others), ...env },
  });
  return JSON.parse(stdout);
}

describe('field RS-08 a process behind a proxy', () => {
  it.each<[dispatcher: string, setUp: string]>([
    ['EnvHttpProxyAgent of undici', 'undici.setGlobalDispatcher(new undici.EnvHttpProxyAgent({ httpProxy: proxy }));'],
    [
      'EnvHttpProxyAgent under the name that a minifier gives it',
      'class a extends undici.EnvHttpProxyAgent {} undici.setGlobalDispatcher(new a({ httpProxy: proxy }));',
    ],
    ['ProxyAgent of undici', 'undici.setGlobalDispatcher(new undici.ProxyAgent(proxy));'],
  ])('uses it by the global dispatcher %s', async (_, setUp) => {
    expect(await read(setUp)).toEqual({ document: { by: 'proxy' }, isUsed: true });
    expect(proxy.requests).toEqual([expect.stringContaining('as.example')]);
  });

  it.each<[what: string, setUp: string, env: Record<string, string>]>([
    ['a dispatcher without proxy', 'undici.setGlobalDispatcher(new undici.Agent());', {}],
    ['no dispatcher', '', {}],
    ['the variable alone', '', { HTTP_PROXY: 'http://127.0.0.1:1' }],
  ])('does not use it by %s', async (_, setUp, env) => {
    expect(await read(setUp, env)).toEqual({ document: 'unreachable', isUsed: false });
    expect(proxy.requests).toEqual([]);
  });

  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const knowsVariable = major >= 24 || (major === 22 && minor >= 21);

  it('uses it by NODE_USE_ENV_PROXY on the versions of Node that know the variable, as the advice says', async () => {
    const outcome = await read('', { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.address });
    expect(outcome).toEqual({ document: knowsVariable ? { by: 'proxy' } : 'unreachable', isUsed: knowsVariable });
    const { reason } = proxyOf(ADDRESS, { HTTP_PROXY: proxy.address }) ?? {};
    expect(reason).toContain(knowsVariable ? 'if NODE_USE_ENV_PROXY=1 is set too' : `Node ${major} does not use it`);
  });
});
