import { closeText, frameText, handshakeText } from './socket-message.mjs';

/** What step-ups are counted for: the name of the message. */
export const SOCKET = { method: 'transfer', path: '/socket' };

/** The bank closes with it if it does not accept the token. */
const TOKEN_REFUSED = 4401;

/**
 * Sends a transfer over a socket of its own, and closes it once there is an answer.
 *
 * @param listener told what went over the socket: `sent(texts)` and `received(texts, body)`
 * @returns the receipt, or what the bank refused with
 */
export function transferBySocket(order, token, listener) {
  return new Promise((resolve, reject) => {
    const url = new URL(SOCKET.path, location.origin.replace('http', 'ws'));
    // a browser cannot set headers on a socket, so the token is one of the subprotocols it offers
    const socket = new WebSocket(url, ['bank', `access-token.${token}`]);
    let answer;
    socket.addEventListener('open', () => {
      const frame = JSON.stringify({ event: 'transfer', data: order });
      listener.sent([...handshakeText(socket, token), frameText('bank', frame)], { way: 'socket' });
      socket.send(frame);
    });
    socket.addEventListener('message', ({ data }) => {
      answer = data;
      socket.close(1000);
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (answer === undefined && code !== TOKEN_REFUSED) return reject(new Error(`The socket was closed: ${code}`));
      const body = answer === undefined ? { error: 'invalid_token' } : JSON.parse(answer).data;
      const texts = answer === undefined ? [] : [frameText('page', answer)];
      listener.received([...texts, closeText(answer === undefined ? 'page' : 'bank', { code, reason })], { body });
      resolve(body);
    });
  });
}
