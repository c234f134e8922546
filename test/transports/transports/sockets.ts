// @ts-nocheck: see ../harness/tokens.ts
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { decorate } from '../harness/decorate';

/** A gateway whose message `transfer` is guarded by the decorators. `connected` is called for each client. */
export function wsApplication({ guards, ran, connected }) {
  @WebSocketGateway()
  class BankGateway {
    handleConnection() {
      return connected?.();
    }
    transfer() {
      return { event: 'transferred', data: ran() };
    }
  }
  decorate(BankGateway, 'transfer', [SubscribeMessage('transfer'), ...guards]);
  return { providers: [BankGateway], configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)) };
}

export function ioApplication({ guards, ran }) {
  @WebSocketGateway()
  class BankGateway {
    transfer() {
      return { event: 'transferred', data: ran() };
    }
    acknowledged() {
      return ran();
    }
  }
  decorate(BankGateway, 'transfer', [SubscribeMessage('transfer'), ...guards]);
  decorate(BankGateway, 'acknowledged', [SubscribeMessage('acknowledged'), ...guards]);
  return { providers: [BankGateway], configure: (app) => app.useWebSocketAdapter(new IoAdapter(app)) };
}

/** A socket of `ws` that has opened. `ask` sends a message, and gives the next one that comes, or the close code. */
export async function openWs({ port }, token) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return {
    closed,
    close: () => socket.terminate(),
    ask: (event) =>
      new Promise((resolve) => {
        socket.once('message', (raw) => {
          const message = JSON.parse(String(raw));
          resolve({ form: `\`${message.event}\` message`, held: message });
        });
        socket.once('close', (code, reason) => resolve({ form: `close ${code}`, held: String(reason) }));
        socket.send(JSON.stringify({ event, data: { amount: 1 } }));
      }),
  };
}

/** The same of `socket.io-client`. */
export async function openIo({ port }, token) {
  const auth = token === undefined ? {} : { token };
  const options = { transports: ['websocket'], auth, reconnection: false, forceNew: true };
  const socket = io(`http://127.0.0.1:${port}`, options);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return {
    close: () => socket.disconnect(),
    ask: (event) =>
      new Promise((resolve) => {
        socket.onAny((name, held) => resolve({ form: `\`${name}\` event`, held }));
        socket.once('disconnect', (reason) => resolve({ form: 'disconnect', held: reason }));
        socket.emit(event, { amount: 1 });
      }),
    acknowledge: async (event) => ({
      form: 'acknowledgement',
      held: await socket.emitWithAck(event, { amount: 1 }),
    }),
  };
}

async function once(open, ask) {
  const socket = await open;
  try {
    return await ask(socket);
  } finally {
    socket.close();
  }
}

export const socketTransports = [
  {
    name: 'ws: a message',
    create: (parts) => ({
      ...wsApplication(parts),
      call: (running, token) => once(openWs(running, token), ({ ask }) => ask('transfer')),
    }),
  },
  {
    name: 'socket.io: a message',
    create: (parts) => ({
      ...ioApplication(parts),
      call: (running, token) => once(openIo(running, token), ({ ask }) => ask('transfer')),
    }),
  },
  {
    name: 'socket.io: `emitWithAck`',
    create: (parts) => ({
      ...ioApplication(parts),
      call: (running, token) => once(openIo(running, token), ({ acknowledge }) => acknowledge('acknowledged')),
    }),
  },
];
