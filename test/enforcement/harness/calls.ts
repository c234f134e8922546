// @ts-nocheck: see types.ts
import { request } from 'node:http';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { io } from 'socket.io-client';
import WebSocket from 'ws';

/** Milliseconds without a word after which none is to come. A good token is waited for, also by a busy machine. */
const silenceFor = (tokenName) => (tokenName === 'good' ? 3000 : 400);

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
export function subscribe({ port, headers, token, tokenName }, query) {
  return conversation(
    port,
    { headers, path: '/graphql', protocol: 'graphql-transport-ws', tokenName },
    (socket, text) => {
      if (text === undefined)
        socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: token } }));
      else if (text.includes('connection_ack'))
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      else return !text.includes('ping');
    },
  );
}

/** One message to a gateway of platform-ws. */
export function message({ port, token, tokenName, headers }, event = 'secret', data = {}) {
  return conversation(port, { headers, tokenName }, (socket, text) => {
    if (text !== undefined) return true;
    socket.send(JSON.stringify({ event, data: { token, ...data } }));
  });
}

/** Opens a socket, hands each message to `next`, and gives all that came until it says so or nothing comes. */
export function conversation(port, { headers = {}, path = '/', protocol, tokenName }, next) {
  const silence = silenceFor(tokenName);
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol ?? [], { headers });
    const heard = [];
    let timer = setTimeout(end, Math.max(silence, 2000));
    function end() {
      clearTimeout(timer);
      socket.terminate();
      resolve(heard.join('\n'));
    }
    function quiet() {
      clearTimeout(timer);
      timer = setTimeout(end, silence);
    }
    socket.on('open', () => {
      quiet();
      if (next(socket, undefined)) end();
    });
    socket.on('message', (raw) => {
      quiet();
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
export function socketIo({ port, token, tokenName, headers }, event = 'secret', data = {}) {
  const silence = silenceFor(tokenName);
  return new Promise((resolve) => {
    const client = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      extraHeaders: headers,
      reconnection: false,
      forceNew: true,
    });
    const heard = [];
    let timer = setTimeout(end, Math.max(silence, 2000));
    function end() {
      clearTimeout(timer);
      client.disconnect();
      resolve(heard.join('\n'));
    }
    client.on('connect', () => {
      clearTimeout(timer);
      timer = setTimeout(end, silence);
      client.emit(event, { token, ...data });
    });
    client.onAny((...answer) => {
      heard.push(JSON.stringify(answer));
      end();
    });
    client.on('connect_error', end);
  });
}

/** One message, or one event, to a microservice over TCP. */
export async function rpc(
  { token, tokenName, rpcPort, port, hasRun },
  pattern = 'secret',
  { event = false, data = {} } = {},
) {
  const silence = silenceFor(tokenName);
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: rpcPort ?? port },
  });
  try {
    await client.connect();
    const sent = event ? client.emit(pattern, { token, ...data }) : client.send(pattern, { token, ...data });
    return await new Promise((resolve) => {
      const timer = setTimeout(() => end('silence'), event ? silence / 2 : silence);
      // an event has no answer: it is over once the handler has run, or nothing has happened for long enough
      const look = event ? setInterval(() => hasRun() && end('ran'), 5) : undefined;
      const end = (value) => {
        if (event && value !== 'silence' && value !== 'ran') return;
        clearInterval(look);
        clearTimeout(timer);
        resolve(value);
      };
      sent.subscribe({ next: (value) => end(JSON.stringify(value)), error: (error) => end(JSON.stringify(error)) });
    });
  } catch (error) {
    return String(error.code ?? error.message);
  } finally {
    client.close();
  }
}
