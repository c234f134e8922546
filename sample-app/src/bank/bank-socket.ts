import type { IncomingMessage } from 'node:http';

/** The subprotocol of the bank. */
export const BANK_PROTOCOL = 'bank';
/** What stands in front of the token in the list of subprotocols. */
const TOKEN = 'access-token.';

/**
 * Moves the access token of a page into the `Authorization` header, where other clients have it. A browser sets no headers
 * on a socket, but it can name subprotocols: the page names the bank's, and one that carries its token. Several tokens
 * become several values, which are refused.
 */
export function moveToken({ headers }: IncomingMessage): void {
  const offered = headers['sec-websocket-protocol'] ?? '';
  for (const name of offered.split(/, */)) {
    if (!name.startsWith(TOKEN)) continue;
    const { authorization = [] } = headers;
    headers.authorization = [authorization, name.replace(TOKEN, 'Bearer ')].flat().join(', ');
  }
}
