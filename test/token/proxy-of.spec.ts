import { proxyOf } from '../../lib/token/index.js';

const SERVER = 'https://as.example';
const PROXY = 'http://user:secret@proxy.example:3128';
const AGENT = 'setGlobalDispatcher(new EnvHttpProxyAgent()) of the package undici';
const withoutVariable = (major: number) =>
  `Node ${major} does not use it: call ${AGENT} in your API, and here in a file that ` +
  'NODE_OPTIONS="--import ./proxy.mjs" loads; or take Node 24, or 22.21, with NODE_USE_ENV_PROXY=1';
const WITH_VARIABLE = `Node uses it only if NODE_USE_ENV_PROXY=1 is set too: set it here and for your API, or call ${AGENT}`;

test.each<[what: string, address: string, env: Record<string, string>, variable: string | undefined]>([
  ['no variable', SERVER, {}, undefined],
  ['an empty variable', SERVER, { HTTPS_PROXY: '' }, undefined],
  ['the variable for https', SERVER, { HTTPS_PROXY: PROXY }, 'HTTPS_PROXY'],
  ['the variable in lower case, which comes first', SERVER, { https_proxy: PROXY, HTTPS_PROXY: PROXY }, 'https_proxy'],
  ['the variable for http, which https falls back to', SERVER, { HTTP_PROXY: PROXY }, 'HTTP_PROXY'],
  ['the variable for http in lower case', SERVER, { http_proxy: PROXY, HTTP_PROXY: '' }, 'http_proxy'],
  ['both variables', SERVER, { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY }, 'HTTPS_PROXY'],
  ['the variable for http, and http', 'http://127.0.0.1:1', { HTTP_PROXY: PROXY }, 'HTTP_PROXY'],
  ['a variable for https alone, and http', 'http://127.0.0.1:1', { HTTPS_PROXY: PROXY }, undefined],
  [
    'a host that ends in a dot, and an empty entry',
    'https://as.example.',
    { HTTPS_PROXY: PROXY, NO_PROXY: ',a' },
    'HTTPS_PROXY',
  ],
  ['a host that is an address', 'https://[2001:db8::1]', { HTTPS_PROXY: PROXY, NO_PROXY: '[2001:db8::1]' }, undefined],
  ['another protocol', 'ftp://as.example', { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY }, undefined],
  ['an empty variable in lower case', SERVER, { https_proxy: '', HTTPS_PROXY: PROXY }, undefined],
  ['an empty variable for https', SERVER, { HTTPS_PROXY: '', HTTP_PROXY: PROXY }, 'HTTP_PROXY'],
])('field RS-08 the proxy for an address is found: %s', (_, address, env, variable) => {
  expect(proxyOf(address, env)?.variable).toBe(variable);
});

test.each<[noProxy: string, isExempt: boolean]>([
  ['as.example', true],
  ['AS.Example', true],
  ['a.example, as.example', true],
  ['a.example as.example', true],
  ['a.example ,\tas.example', true],
  ['as.example:443', true],
  ['example', true],
  ['.example', true],
  ['.example:443', true],
  ['*.example', true],
  ['*', true],
  ['', false],
  [',', false],
  ['s.example,,other.example', false],
  ['.s.example', false],
  ['as.example.org', false],
  ['as.example.', false],
  ['443', false],
  ['x*.example', false],
])('field RS-08 NO_PROXY %j exempts an address: %s', (noProxy, isExempt) => {
  const isFound = (env: Record<string, string>) => proxyOf(SERVER, { HTTPS_PROXY: PROXY, ...env }) !== undefined;
  expect([isFound({ NO_PROXY: noProxy }), isFound({ no_proxy: noProxy })]).toEqual([!isExempt, !isExempt]);
  // that in lower case counts alone
  expect(isFound({ no_proxy: noProxy, NO_PROXY: isExempt ? '' : '*' })).toBe(!isExempt);
});

test.each<[nodeVersion: string, reason: string]>([
  ['20.19.0', withoutVariable(20)],
  ['20.21.0', withoutVariable(20)],
  ['22.20.0', withoutVariable(22)],
  ['22.21.0', WITH_VARIABLE],
  ['23.21.0', withoutVariable(23)],
  ['24.0.0', WITH_VARIABLE],
  ['26.1.0', WITH_VARIABLE],
])('field RS-08 on Node %s it is said what makes it use the proxy', (nodeVersion, reason) => {
  expect(proxyOf(SERVER, { HTTPS_PROXY: PROXY }, nodeVersion)).toEqual({
    variable: 'HTTPS_PROXY',
    isUsed: false,
    reason,
  });
});

describe('field RS-08 a proxy is used if what sends the requests is an agent for proxies', () => {
  const NAMES = ['undici.globalDispatcher.1', 'undici.globalDispatcher.2'].map((name) => Symbol.for(name));
  const former = NAMES.map((name) => [name, Reflect.get(globalThis, name)] as const);
  afterEach(() => {
    for (const [name, value] of former) {
      if (value === undefined) Reflect.deleteProperty(globalThis, name);
      else Reflect.set(globalThis, name, value);
    }
  });

  const agent = (description?: string) => ({ [Symbol('options')]: {}, [Symbol(description)]: {} });
  test.each<[what: string, dispatcher: unknown, isUsed: boolean]>([
    ['one for https', agent('https proxy agent'), true],
    ['one for all', agent('proxy agent options'), true],
    ['one that only sounds like it', agent('no-proxy agents'), false],
    ['one whose symbols say nothing', agent(), false],
    ['one without symbols', {}, false],
    ['null', null, false],
    ['a text', 'proxy agent', false],
    ['none', undefined, false],
  ])('%s', (_, dispatcher, isUsed) => {
    for (const name of NAMES) {
      for (const other of NAMES) Reflect.set(globalThis, other, other === name ? dispatcher : agent());
      expect(proxyOf(SERVER, { HTTPS_PROXY: PROXY })?.isUsed).toBe(isUsed);
    }
  });
});
