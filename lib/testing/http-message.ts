import type { IncomingMessage, ServerResponse } from 'node:http';
import { OAuthError } from './oauth-error.js';

/** Returns the path of a request. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}

/**
 * Returns the parameters of a request: of its form if it is a POST, otherwise of its query.
 *
 * @throws OAuthError `invalid_request` for a parameter that occurs twice: RFC 6749 §3.1 and §3.2
 */
export async function parametersOf(request: IncomingMessage): Promise<ReadonlyMap<string, string>> {
  const encoded = request.method === 'POST' ? await textOf(request) : (request.url?.split('?')[1] ?? '');
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(encoded)) {
    if (parameters.has(name)) throw new OAuthError('invalid_request', `The parameter "${name}" occurs twice`);
    parameters.set(name, value);
  }
  return parameters;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Responds with JSON that pages of any origin may read and that must not be stored. */
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
