// What goes over a socket as text, for people to look at: the handshake, each frame, and the close code.
import { prettyJson, shorten } from './http-message.mjs';

/** The two messages that open a socket. A page sees neither; what they say is in the standard. */
export function handshakeText({ url, protocol }, token) {
  const { pathname, host } = new URL(url);
  return [
    `GET ${pathname} HTTP/1.1\nHost: ${host}\nConnection: Upgrade\nUpgrade: websocket\n` +
      `Sec-WebSocket-Protocol: bank,\n  access-token.${shorten(token)}`,
    `HTTP/1.1 101 Switching Protocols\nSec-WebSocket-Protocol: ${protocol}`,
  ];
}

/** @param receiver `bank` or `page` */
export function frameText(receiver, frame) {
  return `WebSocket frame to the ${receiver}\n\n${prettyJson(JSON.parse(frame))}`;
}

export function closeText(receiver, { code, reason }) {
  return `WebSocket close ${code} to the ${receiver}${reason === '' ? '' : `\n\n${reason}`}`;
}
