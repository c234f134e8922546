import type { IncomingMessage, ServerResponse } from 'node:http';
import { OAuthError } from './oauth-error.js';

/** The address asked for, without its query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}

/**
 * The parameters of a request: of its form where it is a POST, of its query otherwise.
 *
 * @throws OAuthError where a parameter comes twice: RFC 6749 §3.1 and §3.2
 */
export async function parametersOf(request: IncomingMessage): Promise<ReadonlyMap<string, string>> {
  const encoded = request.method === 'POST' ? await textOf(request) : (request.url?.split('?')[1] ?? '');
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(encoded)) {
    if (parameters.has(name)) throw new OAuthError('invalid_request', `The parameter "${name}" is given twice`);
    parameters.set(name, value);
  }
  return parameters;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Answers with JSON that pages of any origin may read, and nobody may store. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
      ...(status === 401 && { 'www-authenticate': 'Basic realm="test authorization server"' }),
    })
    .end(JSON.stringify(body));
}
