import { proxyOf } from '../../lib/token/proxy.js';
import { nestjsStepUp } from './doctor.js';

const SERVER = 'https://as.example';
const PROXY = 'http://user:secret@proxy.example:3128';
const AGENT = 'setGlobalDispatcher(new EnvHttpProxyAgent()) of the package undici';
const ON_20 =
  `Node 20 does not use it: call ${AGENT} in your API, and here in a file that NODE_OPTIONS="--import ./proxy.mjs" ` +
  'loads; or take Node 24, or 22.21, with NODE_USE_ENV_PROXY=1';
const ON_24 = `Node uses it only if NODE_USE_ENV_PROXY=1 is set too: set it here and for your API, or call ${AGENT}`;

test.each<[what: string, address: string, env: Record<string, string>, variable: string | undefined]>([
  ['no variable', SERVER, {}, undefined],
  ['an empty variable', SERVER, { HTTPS_PROXY: '' }, undefined],
  ['the variable for https', SERVER, { HTTPS_PROXY: PROXY }, 'HTTPS_PROXY'],
  ['the variable in lower case, which comes first', SERVER, { https_proxy: PROXY, HTTPS_PROXY: PROXY }, 'https_proxy'],
  ['the variable for http, which https falls back to', SERVER, { HTTP_PROXY: PROXY }, 'HTTP_PROXY'],
  ['a variable for https alone, and http', 'http://127.0.0.1:1', { HTTPS_PROXY: PROXY }, undefined],
  ['an empty variable in lower case', SERVER, { https_proxy: '', HTTPS_PROXY: PROXY }, undefined],
  ['an empty variable for https', SERVER, { HTTPS_PROXY: '', HTTP_PROXY: PROXY }, 'HTTP_PROXY'],
  ['a host of NO_PROXY', SERVER, { HTTPS_PROXY: PROXY, NO_PROXY: 'a.example, as.example' }, undefined],
  ['a domain of NO_PROXY', SERVER, { HTTPS_PROXY: PROXY, no_proxy: '.example:443' }, undefined],
  ['every host in NO_PROXY', SERVER, { HTTPS_PROXY: PROXY, NO_PROXY: '*' }, undefined],
  ['another domain in NO_PROXY', SERVER, { HTTPS_PROXY: PROXY, NO_PROXY: 's.example,,other.example' }, 'HTTPS_PROXY'],
])('field RS-08 the proxy for an address is found: %s', (_, address, env, variable) => {
  expect(proxyOf(address, env)?.variable).toBe(variable);
});

test.each<[nodeVersion: string, reason: string]>([
  ['20.19.0', ON_20],
  ['22.20.0', ON_20.replace('Node 20', 'Node 22')],
  ['22.21.0', ON_24],
  ['24.0.0', ON_24],
  ['26.1.0', ON_24],
])('field RS-08 on Node %s it is said what makes it use the proxy', (nodeVersion, reason) => {
  expect(proxyOf(SERVER, { HTTPS_PROXY: PROXY }, nodeVersion)).toEqual({
    variable: 'HTTPS_PROXY',
    isUsed: false,
    reason,
  });
});

describe('field RS-08 with a proxy that is set', () => {
  const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
  const dispatcher: unknown = Reflect.get(globalThis, DISPATCHER);
  let fetched: jest.SpyInstance;
  beforeEach(() => {
    fetched = jest
      .spyOn(globalThis, 'fetch')
      .mockRejectedValue(
        new TypeError('fetch failed', { cause: Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }) }),
      );
  });
  afterEach(() => {
    fetched.mockRestore();
    Object.defineProperty(globalThis, DISPATCHER, { value: dispatcher, writable: true, configurable: true });
  });

  test('a host that is not found is not blamed on its spelling alone', async () => {
    const { exitCode, stderr } = await nestjsStepUp(['doctor', SERVER], { env: { HTTPS_PROXY: PROXY } });
    const { reason } = proxyOf(SERVER, { HTTPS_PROXY: PROXY })!;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        `nestjs-step-up: ${SERVER} cannot be reached (ENOTFOUND): HTTPS_PROXY is set, and ${reason}; if the server needs no ` +
        'proxy, there is no host of this name: check its spelling\n',
    });
    expect(stderr).not.toContain('secret');
  });

  test('a proxy that is used is to be checked too', async () => {
    Object.defineProperty(globalThis, DISPATCHER, {
      value: { [Symbol('https proxy agent')]: {} },
      writable: true,
      configurable: true,
    });
    const { stderr } = await nestjsStepUp(['doctor', SERVER], { env: { HTTPS_PROXY: PROXY } });
    expect(stderr).toBe(
      `nestjs-step-up: ${SERVER} cannot be reached (ENOTFOUND): it was asked through HTTPS_PROXY: check that proxy too; there ` +
        'is no host of this name: check its spelling\n',
    );
  });

  test('a server that is reached without the proxy earns a note', async () => {
    fetched.mockImplementation(async () => Response.json({ issuer: SERVER }));
    const { stdout } = await nestjsStepUp(['doctor', SERVER, '--json'], { env: { HTTPS_PROXY: PROXY } });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Record<string, string>[] };
    expect(diagnostics.find(({ code }) => code === 'proxy_unused')).toEqual({
      subject: 'metadata',
      code: 'proxy_unused',
      severity: 'note',
      message: 'HTTPS_PROXY is set, and was not used: requests went to the server directly',
      fix: `${proxyOf(SERVER, { HTTPS_PROXY: PROXY })?.reason}.`,
    });
    expect(stdout).not.toContain('secret');
  });
});
