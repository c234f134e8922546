// @ts-nocheck: see types.ts
import { subscribe as listen } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { request } from 'node:http';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { io } from 'socket.io-client';
import WebSocket from 'ws';

/** Milliseconds without a word after which nothing is to come, if nothing has happened to the call either. */
const SILENCE = 3000;

/** Milliseconds for an answer, once the handler has run or a refusal was told. No outcome depends on that answer. */
const ANSWER = 400;

/** `ran` and `refused`, of whichever call: rows run one after the other, in the process of their applications. */
export const happenings = new EventEmitter();
listen('nestjs-step-up:decision', ({ outcome }) => {
  if (outcome !== 'admitted' && outcome !== 'reported') happenings.emit('refused');
});

/** Calls `end` when nothing more is to come. Returns what starts the wait again, as something was heard. */
function whenOver(end, answer = ANSWER) {
  let timer: unknown;
  const wait = (milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(end, milliseconds);
  };
  const happened = () => wait(answer);
  for (const event of ['ran', 'refused']) happenings.on(event, happened);
  wait(SILENCE);
  return {
    again: () => wait(SILENCE),
    stop() {
      clearTimeout(timer);
      for (const event of ['ran', 'refused']) happenings.off(event, happened);
    },
  };
}

/** Waits no longer than that; what takes longer hangs. */
export function within(milliseconds, what, promise) {
  let timer: unknown;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`${what} hangs`), { hangs: true })), milliseconds);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const { now } = Date;

/** Sets `Date.now` of this process ahead, so that a token expires without a wait. Rows run one after the other. */
export const clock = {
  advance(seconds) {
    Date.now = () => now() + seconds * 1000;
  },
  reset() {
    Date.now = now;
  },
};

/** One HTTP request; the status and the body as text. */
export function http({ url, headers }, { path = '/', method = 'GET', body, headers: further = {} } = {}) {
  return new Promise((resolve) => {
    const sent = request(
      url + path,
      {
        method,
        agent: false,
        headers: {
          ...headers,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...further,
        },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
          if (response.headers['content-type']?.startsWith('text/event-stream') && text.includes('data:'))
            sent.destroy();
        });
        const done = () =>
          resolve({
            status: response.statusCode,
            text,
            challenge: response.headers['www-authenticate'] ?? '',
            cache: response.headers['cache-control'] ?? '',
          });
        response.on('end', done);
        response.on('close', done);
        response.on('error', done);
      },
    );
    sent.on('error', (error) => resolve({ status: 0, text: error.code ?? error.message }));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export function graphql(running, query, further = {}) {
  return http(running, { path: '/graphql', method: 'POST', body: { query }, ...further });
}

/** One operation over graphql-transport-ws. */
export function subscribe({ port, headers, token }, query) {
  return conversation(port, { headers, path: '/graphql', protocol: 'graphql-transport-ws' }, (socket, text) => {
    if (text === undefined) socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: token } }));
    else if (text.includes('connection_ack'))
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    else return !text.includes('ping');
  });
}

/** One message to a gateway of platform-ws. */
export function message({ port, token, headers }, event = 'secret', data = {}) {
  return conversation(port, { headers }, (socket, text) => {
    if (text !== undefined) return true;
    socket.send(JSON.stringify({ event, data: { token, ...data } }));
  });
}

/** Opens a socket, hands each message to `next`, and gives all that came until it says so or nothing more is to come. */
export function conversation(port, { headers = {}, path = '/', protocol }, next) {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol ?? [], { headers });
    const heard = [];
    const over = whenOver(end);
    function end() {
      over.stop();
      socket.terminate();
      resolve(heard.join('\n'));
    }
    socket.on('open', () => {
      if (next(socket, undefined)) end();
    });
    socket.on('message', (raw) => {
      over.again();
      heard.push(String(raw));
      if (next(socket, String(raw))) end();
    });
    socket.on('close', end);
    socket.on('error', (error) => {
      heard.push(error.code ?? error.message);
      end();
    });
  });
}

/** One message to a gateway of platform-socket.io. */
export function socketIo({ port, token, headers }, event = 'secret', data = {}) {
  return new Promise((resolve) => {
    const client = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      extraHeaders: headers,
      reconnection: false,
      forceNew: true,
    });
    const heard = [];
    const over = whenOver(end);
    function end() {
      over.stop();
      client.disconnect();
      resolve(heard.join('\n'));
    }
    client.on('connect', () => client.emit(event, { token, ...data }));
    client.onAny((...answer) => {
      heard.push(JSON.stringify(answer));
      end();
    });
    client.on('connect_error', end);
  });
}

/** One message, or one event, to a microservice over TCP. An event has no answer. */
export async function rpc({ token, rpcPort, port }, pattern = 'secret', { event = false, data = {} } = {}) {
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: rpcPort ?? port },
  });
  let over: unknown;
  try {
    await client.connect();
    return await new Promise((resolve) => {
      over = whenOver(() => resolve('silence'), event ? 0 : ANSWER);
      const sent = event ? client.emit(pattern, { token, ...data }) : client.send(pattern, { token, ...data });
      const answered = (value) => event || resolve(JSON.stringify(value));
      sent.subscribe({ next: answered, error: answered });
    });
  } catch (error) {
    return String(error.code ?? error.message);
  } finally {
    over?.stop();
    client.close();
  }
}
