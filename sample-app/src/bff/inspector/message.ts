import type { Exchange } from '../../shared/exchange.js';

/** An HTTP message as text, for people to look at. */
export interface Message {
  readonly text: string;
  /** Whether this server received it. */
  readonly isReceived: boolean;
}

const TOKENS = ['access_token', 'id_token', 'id_token_hint', 'refresh_token'];
/** Members of JSON: `code` is an error code there. */
const SECRET_MEMBERS = new Set(TOKENS);
const SECRET_PARAMETERS = new Set([...TOKENS, 'code', 'code_verifier']);
/** Random and long, and of no interest to the reader. */
const RANDOM = new Set(['state', 'nonce', 'code_challenge']);
const REQUEST_FIELDS = ['authorization', 'content-type'];
const RESPONSE_FIELDS = ['www-authenticate', 'cache-control', 'content-type', 'retry-after'];
/** Characters that are kept of a message. */
const MAX_LENGTH = 3000;

/** The request and the response of an exchange. What could be used by somebody else is cut short. */
export function messagesOf({ request, response }: Exchange): [request: Message, response: Message] {
  const { method, url, headers, body } = request;
  const isForm = headers.get('content-type')?.startsWith('application/x-www-form-urlencoded');
  const sent = [`${method} ${url.pathname} HTTP/1.1`, `Host: ${url.host}`, ...fields(headers, REQUEST_FIELDS)];
  const received = [`HTTP/1.1 ${response.status} ${response.statusText}`, ...fields(response.headers, RESPONSE_FIELDS)];
  return [
    message([...sent, ...(isForm ? ['', formText(new URLSearchParams(body))] : jsonText(body))], false),
    message([...received, ...jsonText(response.body)], true),
  ];
}

/** The request that a browser makes of this server. */
export function visitOf({ pathname, host, searchParams }: URL): Message {
  return message([`GET ${pathname}`, `  ?${formText(searchParams)} HTTP/1.1`, `Host: ${host}`], true);
}

/** The response that sends a browser to another server. */
export function redirectTo({ origin, pathname, searchParams }: URL): Message {
  return message(['HTTP/1.1 303 See Other', `Location: ${origin}${pathname}`, `  ?${formText(searchParams)}`], false);
}

function message(lines: readonly string[], isReceived: boolean): Message {
  return { text: lines.join('\n').slice(0, MAX_LENGTH), isReceived };
}

function fields(headers: Headers, names: readonly string[]): string[] {
  return names
    .filter((name) => headers.has(name))
    .map((name) => `${fieldName(name)}: ${fieldText(name, headers.get(name) ?? '')}`);
}

function fieldName(name: string): string {
  return name === 'www-authenticate' ? 'WWW-Authenticate' : name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

function fieldText(name: string, value: string): string {
  // the client's own secret is nobody's to see, not even in part
  if (name === 'authorization') return value.replace(/^Basic .*/, 'Basic …').replace(/^Bearer (.*)/, bearer);
  return value.replaceAll(/, (?=[a-z_]+=")/g, ',\n  ');
}

function bearer(_: string, token: string): string {
  return `Bearer ${shorten(token)}`;
}

function jsonText(text: string): string[] {
  if (text === '') return [];
  try {
    const pretty = JSON.stringify(JSON.parse(text), shortenedMember, 2);
    // lists of one text stay on their line
    return ['', pretty.replaceAll(/\[\n\s+("[^"\n]*")\n\s+\]/g, '[$1]')];
  } catch {
    return [];
  }
}

function shortenedMember(name: string, value: unknown): unknown {
  return SECRET_MEMBERS.has(name) && typeof value === 'string' ? shorten(value) : value;
}

function formText(parameters: URLSearchParams): string {
  return [...parameters]
    .map(([name, value]) => `${name}=${SECRET_PARAMETERS.has(name) || RANDOM.has(name) ? shorten(value) : value}`)
    .join('\n  &');
}

/** Returns `'eyJhbGci…k3Qw'` for a token. */
function shorten(text: string): string {
  return text.length <= 16 ? text : `${text.slice(0, 8)}…${text.slice(-4)}`;
}
