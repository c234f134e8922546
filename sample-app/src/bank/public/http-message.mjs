// HTTP messages as text, for people to look at, GraphQL included. What could be used by somebody else is cut short before it is kept.

const TOKENS = ['access_token', 'id_token', 'id_token_hint', 'refresh_token'];
/** Members of JSON: `code` is an error code there. */
const SECRET_MEMBERS = new Set(TOKENS);
const SECRET_PARAMETERS = new Set([...TOKENS, 'code', 'code_verifier']);
/** Random and long, and of no interest to the reader. */
const RANDOM = new Set(['state', 'nonce', 'code_challenge']);
/** The fields of a response that matter here. */
const FIELDS = ['www-authenticate', 'cache-control', 'content-type', 'retry-after'];

/** `'eyJhbGci…k3Qw'` for a token. */
export function shorten(text) {
  return text.length <= 16 ? text : `${text.slice(0, 8)}…${text.slice(-4)}`;
}

/** Whether a message came to the page. */
export function isReceived(text) {
  return /^HTTP\/|^WebSocket .* to the page/.test(text);
}

/** A request with its body, which has been read already; without what the browser adds on the way. */
export function requestText({ method, url, headers }, body) {
  const { pathname, host } = new URL(url);
  const fields = [...headers].map(([name, value]) => `${fieldName(name)}: ${shortenedField(name, value)}`);
  const isForm = headers.get('content-type')?.startsWith('application/x-www-form-urlencoded');
  const content = isForm ? formText(new URLSearchParams(body)) : jsonText(body);
  return [`${method} ${pathname} HTTP/1.1`, `Host: ${host}`, ...fields, ...(body === '' ? [] : ['', content])].join(
    '\n',
  );
}

/** A response with its JSON body, which has been read already. */
export function responseText({ status, statusText, headers }, body) {
  const fields = FIELDS.filter((name) => headers.has(name)).map(
    (name) => `${fieldName(name)}: ${brokenAtParameters(headers.get(name))}`,
  );
  const content = body === undefined ? [] : ['', prettyJson(body)];
  return [`HTTP/1.1 ${status} ${statusText}`, ...fields, ...content].join('\n');
}

/** The request a browser makes when it is sent to a URL, one parameter a line. */
export function navigationText(address) {
  const { pathname, host, searchParams } = new URL(address, location.href);
  const query = formText(searchParams);
  return `GET ${pathname}${query === '' ? '' : `\n  ?${query}`} HTTP/1.1\nHost: ${host}`;
}

function jsonText(text) {
  try {
    const { query, variables, ...body } = JSON.parse(text);
    return query === undefined ? prettyJson({ ...body, variables }) : `${query}\n\nvariables: ${prettyJson(variables)}`;
  } catch {
    return text;
  }
}

function formText(parameters) {
  return [...parameters]
    .map(([name, value]) => `${name}=${SECRET_PARAMETERS.has(name) || RANDOM.has(name) ? shorten(value) : value}`)
    .join('\n  &');
}

/** Lists of one text stay on their line. */
export function prettyJson(value) {
  return JSON.stringify(value, shortenedMember, 2).replaceAll(/\[\n\s+("[^"\n]*")\n\s+\]/g, '[$1]');
}

function shortenedMember(name, value) {
  // where in the operation it is: the path says that already
  if (name === 'locations') return undefined;
  return SECRET_MEMBERS.has(name) && typeof value === 'string' ? shorten(value) : value;
}

function shortenedField(name, value) {
  return name === 'authorization' ? value.replace(/\S+$/, shorten) : value;
}

function brokenAtParameters(value) {
  return value.replaceAll(/, (?=[a-z_]+=")/g, ',\n  ');
}

function fieldName(name) {
  return name === 'www-authenticate' ? 'WWW-Authenticate' : name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
