import type { Exchange } from '../shared/exchange.js';
import { begin, bold, dim, green, red, WIDTH, write, yellow } from './terminal.js';

/** Headers that say something about the protocol; cookies and the rest are left out. */
const REQUEST_HEADERS = ['authorization', 'content-type'];
const RESPONSE_HEADERS = ['www-authenticate', 'location', 'cache-control'];
/** Parameters whose values are secret or random: their beginning is enough to recognise them. */
const SHORTENED = new Set([
  'access_token',
  'code_challenge',
  'code_verifier',
  'id_token',
  'nonce',
  'password',
  'refresh_token',
  'state',
]);

/** Prints exchanges as a reader wants to see them: tokens shortened, parameters one to a line, no noise. */
export class Transcript {
  readonly #parties: ReadonlyMap<string, string>;
  /** Whether exchanges are printed at present. */
  isOn = false;
  /** Called once, between the next request and its response. */
  beforeResponse: (() => void) | undefined;
  /** Called once, before the user's browser opens a page to sign in on. */
  beforePage: (() => void) | undefined;

  constructor({ bank, issuer }: { bank: string; issuer: string }) {
    this.#parties = new Map([
      [new URL(bank).host, 'resource server'],
      [new URL(issuer).host, 'authorization server'],
    ]);
  }

  readonly observe = ({ request, response }: Exchange): void => {
    if (!this.isOn) return;
    const { url, method } = request;
    if (url.pathname.startsWith('/interaction/')) this.#once('beforePage');
    begin('exchange');
    const party = this.#parties.get(url.host) ?? url.host;
    write(`  ${dim('→')} ${bold(`${method} ${shortPath(url)}`)} ${dim(`to the ${party}`)}`);
    for (const [name, value] of url.searchParams) write(`      ${parameter(name, value)}`);
    this.#headers(request.headers, REQUEST_HEADERS);
    this.#body(request.headers, request.body);

    if (this.#once('beforeResponse')) begin('exchange');
    const color = response.status < 300 ? green : response.status < 400 ? yellow : red;
    write(`  ${dim('←')} ${bold(color(`${response.status} ${response.statusText}`))}`);
    this.#headers(response.headers, RESPONSE_HEADERS);
    if (!response.headers.has('location')) this.#body(response.headers, response.body);
  };

  #once(hook: 'beforeResponse' | 'beforePage'): boolean {
    const called = this[hook];
    this[hook] = undefined;
    called?.();
    return called !== undefined;
  }

  #headers(headers: Headers, shown: readonly string[]): void {
    for (const name of shown) {
      const value = headers.get(name);
      if (value === null) continue;
      if (name === 'location') this.#location(value);
      else if (name === 'www-authenticate') this.#challenge(value);
      else if (name === 'authorization')
        write(`    ${fieldName(name)}: Bearer ${shortToken(value.slice('Bearer '.length))}`);
      else if (name !== 'cache-control' || headers.has('www-authenticate')) write(`    ${fieldName(name)}: ${value}`);
    }
  }

  #location(value: string): void {
    const url = new URL(value, 'http://relative.invalid');
    const origin = url.hostname === 'relative.invalid' ? '' : url.origin;
    write(`    Location: ${origin}${shortPath(url)}`);
    for (const [name, parameterValue] of url.searchParams) write(`      ${parameter(name, parameterValue)}`);
  }

  #challenge(value: string): void {
    const [first = '', ...further] = value.split(/, (?=[a-z_]+=")/);
    write(`    WWW-Authenticate: ${[first, ...further].join(',\n      ')}`);
  }

  #body(headers: Headers, body: string): void {
    const type = headers.get('content-type') ?? '';
    if (body === '') return;
    if (type.startsWith('text/html')) write(dim(`    a page: “${/<h1>(.*?)<\/h1>/.exec(body)?.[1] ?? 'untitled'}”`));
    else if (type.startsWith('application/json')) this.#json(body);
    else for (const [name, value] of new URLSearchParams(body)) write(`    ${parameter(name, value)}`);
  }

  #json(body: string): void {
    const members = Object.entries(JSON.parse(body)).map(([name, value]) => {
      const shown = SHORTENED.has(name) ? shorten(name, String(value)) : value;
      const isList = Array.isArray(shown) && typeof shown[0] === 'object';
      const text = isList
        ? `[\n        ${shown.map((member) => JSON.stringify(member)).join(',\n        ')}\n      ]`
        : JSON.stringify(shown);
      return `${JSON.stringify(name)}: ${text}`;
    });
    const line = `    { ${members.join(', ')} }`;
    write(line.length <= WIDTH ? line : `    {\n      ${members.join(',\n      ')}\n    }`);
  }
}

function parameter(name: string, value: string): string {
  const isCode = name === 'code' && !/^\d{6}$/.test(value);
  return `${name}=${isCode || SHORTENED.has(name) ? shorten(name, value) : value}`;
}

function shorten(name: string, value: string): string {
  if (name === 'password') return '•'.repeat(value.length);
  return value.startsWith('eyJ') ? shortToken(value) : `${value.slice(0, 6)}…`;
}

/** Beginning and end of a token: two of one server differ at the end alone. */
function shortToken(token: string): string {
  return `${token.slice(0, 6)}…${token.slice(-6)}`;
}

/** Identifiers in paths are long and say nothing. Words do. */
function shortPath({ pathname }: URL): string {
  return pathname.replace(/[\w-]{15,}/g, (id) => (/^[a-z-]+$/.test(id) ? id : `${id.slice(0, 6)}…`));
}

function fieldName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
