import { closeText, frameText, handshakeText } from './socket-message.mjs';

/** What step-ups are counted for: the name of the message. */
export const SOCKET = { method: 'transfer', path: '/socket' };

/** The page closes with it once there is an answer. */
const DONE = 1000;
/** The bank closes with it if it does not accept the token. It says so before, in an `exception`. */
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
      socket.close(DONE);
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (answer === undefined && code !== TOKEN_REFUSED) return reject(new Error(`The socket was closed: ${code}`));
      const texts = answer === undefined ? [] : [frameText('page', answer)];
      const body = answer === undefined ? { error: 'invalid_token' } : bodyOf(JSON.parse(answer));
      listener.received([...texts, closeText(code === DONE ? 'bank' : 'page', { code, reason })], { body });
      resolve(body);
    });
  });
}

/** What is no receipt is a refusal, also if it does not name its error. */
function bodyOf({ event, data }) {
  return event === 'receipt' ? data : { error: 'unknown', ...data };
}
