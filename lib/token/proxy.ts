/** Variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Proxy {
  /** The variable that names the proxy. Its value can have a password and is not shown. */
  readonly variable: string;
  /** Whether requests of this process go through a proxy. */
  readonly isUsed: boolean;
  /** Why the proxy is not used, and what works. Completes a sentence. */
  readonly reason: string;
}

const OF_HTTP = ['http_proxy', 'HTTP_PROXY'];

/** For each protocol, in the order in which they count: https falls back to the proxy for http. */
const VARIABLES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'https:': [['https_proxy', 'HTTPS_PROXY'], OF_HTTP],
  'http:': [OF_HTTP],
};

/** Where the fetch of Node keeps what sends its requests. `setGlobalDispatcher()` of undici replaces it. */
const DISPATCHERS = ['undici.globalDispatcher.1', 'undici.globalDispatcher.2'].map((name) => Symbol.for(name));

/**
 * Returns the proxy that the environment names for an address; `undefined` without one. Node does not use it by itself.
 *
 * @param nodeVersion without `v`. Default is that of this process.
 */
export function proxyOf(
  address: string,
  env: Environment,
  nodeVersion: string = process.versions.node,
): Proxy | undefined {
  const { protocol, hostname } = new URL(address);
  // The lower-case variable counts alone if it is set, even if it is empty.
  const variable = (VARIABLES[protocol] ?? [])
    .map((names) => names.find((name) => env[name] !== undefined))
    .find((name) => name !== undefined && env[name] !== '');
  if (variable === undefined || isExempt(hostname, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined;
  return { variable, isUsed: sendsThroughProxy(), reason: reasonFor(nodeVersion) };
}

/** @see [Node: NODE_USE_ENV_PROXY](https://nodejs.org/api/cli.html#node_use_env_proxy1) */
function reasonFor(nodeVersion: string): string {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const agent = 'setGlobalDispatcher(new EnvHttpProxyAgent()) of the package undici';
  return major >= 24 || (major === 22 && minor >= 21)
    ? `Node uses it only if NODE_USE_ENV_PROXY=1 is set too: set it here and for your API, or call ${agent}`
    : `Node ${major} does not use it: call ${agent} in your API, and here in a file that ` +
        'NODE_OPTIONS="--import ./proxy.mjs" loads; or take Node 24, or 22.21, with NODE_USE_ENV_PROXY=1';
}

/** The agents of undici keep those for proxies under symbols with this description. A bundle can rename their classes. */
const OF_PROXY = /\bproxy agent\b/;

function sendsThroughProxy(): boolean {
  return DISPATCHERS.map((name): unknown => Reflect.get(globalThis, name)).some(
    (dispatcher) =>
      typeof dispatcher === 'object' &&
      dispatcher !== null &&
      Object.getOwnPropertySymbols(dispatcher).some(({ description }) => OF_PROXY.test(description ?? '')),
  );
}

/** Returns whether `NO_PROXY` names a host, or a domain that it is in. Ports are left out. */
function isExempt(hostname: string, noProxy: string): boolean {
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .map((entry) => entry.replace(/:\d+$/, '').replace(/^\*?\./, ''))
    .some((entry) => entry === '*' || (entry !== '' && (hostname === entry || hostname.endsWith(`.${entry}`))));
}
