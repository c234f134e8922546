import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { Authenticated } from 'nestjs-step-up';

/** The subprotocol of the bank. */
export const BANK_PROTOCOL = 'bank';
/** What stands in front of the token in the list of subprotocols. */
const TOKEN = 'access-token.';

/** What is kept of a connection. */
export interface BankSocket {
  accessToken: string;
  signedIn: Promise<Authenticated>;
}

/**
 * Returns the access token of a handshake. A browser cannot set headers on a socket, but it can name subprotocols: the
 * page names the bank's, and one that carries its token.
 */
export function tokenOf({ headers }: IncomingMessage): string {
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(/, */);
  return protocols.find((protocol) => protocol.startsWith(TOKEN))?.slice(TOKEN.length) ?? '';
}

/** For the option `accessToken`: where the token is of a message over a socket. Elsewhere it is in the header. */
export function accessTokenOfSocket(context: ExecutionContext): string | undefined {
  return context.getType() === 'ws' ? context.switchToWs().getClient<BankSocket>().accessToken : undefined;
}
