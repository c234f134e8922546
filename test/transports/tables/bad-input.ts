// @ts-nocheck: see ../harness/tokens.ts
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { RequireAcr, StepUpService } from 'nestjs-step-up';
import { fetch } from 'undici';
import { callOnce, cellOf, createRan, faultsOfRefusal, isReadable, using } from '../harness/calls';
import { clock, within } from '../harness/time';
import { application, first, request as graphqlRequest, servers, socket } from '../transports/graphql';
import { uploads } from '../transports/http';
import { mcpController } from '../transports/mcp';
import { microservices, rpcApplication, sendOver } from '../transports/rpc';
import { ioApplication, openIo, openWs, wsApplication } from '../transports/sockets';

const ALIASES = 200;
const GIBIBYTE = 2 ** 30;
/** What the buffers of two sockets and of the adapter take before the refusal arrives. */
const MAX_SENT = 64 * 2 ** 20;

/** Each row: an application, and what is done to it with a token that is too weak. `needs` names a broker. */
const rows = [
  ...graphqlRows(),
  ...socketRows(),
  ...Object.entries(microservices).map(([name, { needs }]) => ({
    name: `${name}: messages without payload, headers and metadata`,
    needs,
    create: (parts, environment) => rpcApplication(name, parts, environment),
    async examine({ refusing, running, environment }) {
      for (const payload of [undefined, null, '', 0, [], 'token', { token: { token: 1 } }]) {
        await refusing(() => sendOver(name, running, environment, payload), { needsStepUp: false });
      }
    },
  })),
  {
    name: 'MCP: calls whose tool cannot be told, alone and in a batch',
    create: (parts) => mcpController({ ...parts, isRequired: true }),
    async examine({ refusing, running, tokens }) {
      const call = { jsonrpc: '2.0', id: 1, method: 'tools/call' };
      const unnamed = [{}, { params: {} }, { params: { name: 1 } }, { params: { name: ['transfer'] } }];
      const others = [{ params: { name: 'Transfer' } }, { params: { name: 'other' } }];
      const bodies = [...unnamed, ...others].map((further) => ({ ...call, ...further }));
      const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' };
      for (const body of [...bodies, [list, { ...call, params: { name: 'transfer' } }], [list, bodies[0]], []]) {
        await refusing(() => post(`${running.url}/mcp`, tokens.weak, body));
      }
    },
  },
  ...Object.entries(uploads).map(([adapter, { create }]) => {
    const begun = [];
    return {
      name: `an upload of 1 GiB, ${adapter === 'express' ? 'Express' : 'Fastify'}`,
      create: (parts) => create(parts, (_request, file, done) => done(null, begun.push(file) < 0)),
      async examine({ refusing, fault, running, tokens }) {
        let sent: unknown;
        await refusing(async () => {
          const result = await uploadGibibyte(running, tokens.weak);
          sent = result.sent;
          return result;
        });
        if (!(sent < MAX_SENT)) fault(`SENT ${sent} bytes`);
        if (begun.length > 0) fault('READ the interceptor began to read the file');
      },
    };
  }),
];

function graphqlRows() {
  return Object.entries(servers).flatMap(([server, of]) => {
    const create = (parts) => application(of, parts);
    return [
      {
        name: `GraphQL, ${server}: a batch with one allowed and one refused operation`,
        create,
        async examine({ refusing, fault, running, tokens }) {
          const batch = [{ query: '{ open }' }, { query: 'mutation { transfer }' }, { query: '{ open }' }];
          await refusing(async () => {
            const { held } = await post(`${running.url}/graphql`, tokens.weak, batch);
            const [allowed, refused, after] = JSON.parse(held.body);
            if (allowed.data?.open !== 'open' || after.data?.open !== 'open') fault('NOT SERVED the allowed ones');
            return { form: 'one of three refused, `extensions`', held: refused };
          });
        },
      },
      {
        name: `GraphQL, ${server}: ${ALIASES} aliases of a refused mutation`,
        create,
        async examine({ refusing, fault, running, tokens }) {
          const aliases = Array.from({ length: ALIASES }, (_, index) => `a${index}: transfer`);
          await refusing(async () => {
            const answer = await graphqlRequest(running, tokens.weak, `mutation { ${aliases.join(' ')} }`);
            const { errors } = answer.held.response;
            if (errors.length !== ALIASES || !errors.every(isReadable)) fault(`UNREADABLE ${errors.length} errors`);
            return { ...answer, form: `${ALIASES} errors, \`extensions\`` };
          });
        },
      },
      {
        name: `GraphQL, ${server}: a token that expires while the graphql-ws socket is open`,
        create,
        examine: (parts) =>
          expiring(parts, async (token) => {
            const client = socket(parts.running, token);
            return { ask: () => first(client, 'subscription { transfers }'), close: () => client.dispose() };
          }),
      },
    ];
  });
}

function socketRows() {
  const kinds = { ws: [wsApplication, openWs], 'socket.io': [ioApplication, openIo] };
  const rows = Object.entries(kinds).map(([name, [create, open]]) => ({
    name: `${name}: a token that expires while the socket is open`,
    create,
    examine: (parts) =>
      expiring(parts, async (token) => {
        const opened = await open(parts.running, token);
        return { ask: () => opened.ask('transfer'), close: opened.close };
      }),
  }));
  return [
    ...rows,
    ...['expired', 'weak'].map((token) => {
      let judge: unknown;
      return {
        name: `ws: a message before the handshake was judged, with a token that is ${token}`,
        create: (parts) => wsApplication({ ...parts, connected: () => judge() }),
        async examine({ refusing, fault, running, tokens }) {
          let answered: unknown;
          const isAnswered = new Promise((resolve) => {
            answered = resolve;
          });
          judge = async () => {
            await isAnswered;
            await running.app.get(StepUpService).authenticate(tokens[token]);
          };
          const { ask, close, closed } = await openWs(running, tokens[token]);
          await refusing(() => ask('transfer'), { needsStepUp: token === 'weak' });
          answered();
          // a weak token is a valid one
          if (token === 'expired' && (await within(20_000, closed)) !== 4401)
            fault('OPEN the socket was not closed by 4401');
          close();
        },
      };
    }),
  ];
}

/** The first message is served; the second, after `exp`, must not be. */
async function expiring({ refusing, fault, ran, issue }, open) {
  const { ask, close } = await open(await issue({ acr: 'urn:example:mfa', expiresIn: 20 }));
  try {
    const before = await within(30_000, ask());
    if (ran.times !== 1) fault(`NOT SERVED ${before?.form}`);
    // less than the pings of socket.io, more than the tolerance
    clock.advance(30);
    await refusing(ask, { needsStepUp: false });
  } finally {
    clock.reset();
    await close();
  }
}

async function post(url, token, body) {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const held = { status: response.status, headers: response.headers, body: await response.text() };
  return { form: `HTTP ${response.status}`, held };
}

/** Writes a file as fast as the server takes it, until an answer comes, as clients that keep connections do. */
async function uploadGibibyte({ port }, token) {
  const start = '--b\r\ncontent-disposition: form-data; name="file"; filename="file"\r\n\r\n';
  const sending = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    agent: new Agent({ keepAlive: true }),
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'multipart/form-data; boundary=b',
      'content-length': GIBIBYTE,
    },
  });
  let sent = 0;
  let isOver = false;
  const answered = once(sending, 'response').finally(() => {
    isOver = true;
  });
  sending.on('error', () => undefined);
  const chunk = Buffer.alloc(2 ** 16);
  sending.write(start);
  const write = async () => {
    while (!isOver && sent < GIBIBYTE - 2 ** 17) {
      sent += chunk.length;
      if (!sending.write(chunk)) await Promise.race([once(sending, 'drain'), answered]);
      await new Promise(setImmediate);
    }
  };
  await Promise.race([write().catch(() => undefined), answered]);
  const [{ statusCode, headers }] = await answered;
  sending.destroy();
  return { form: `HTTP ${statusCode}`, held: { status: statusCode, headers }, sent };
}

/** What clients can get wrong, or try: refused in the form of the transport, and no handler runs that must not. */
export async function badInput(environment) {
  for (const row of rows) {
    if (!environment.tries(row)) continue;
    const { name, create, examine } = row;
    const ran = createRan();
    const faults = [];
    const received = new Set();
    const guards = [RequireAcr('mfa', { maxAge: 300 })];
    const use = async (running) => {
      const refusing = async (call, { needsStepUp = true } = {}) => {
        const outcome = await callOnce({ ...running, call }, ran, undefined);
        received.add(cellOf(outcome));
        faults.push(...faultsOfRefusal(outcome, { needsStepUp }));
      };
      const fault = (what) => faults.push(what);
      const { tokens } = environment;
      const issue = (options) => environment.authorizationServer.accessToken(options);
      await examine({ refusing, fault, running, ran, tokens, issue, environment });
    };
    const failed = await using(environment, () => create({ guards, ran }, environment), use).catch((error) => error);
    if (failed !== undefined) faults.push(`BROKEN ${failed.stack ?? failed}`);
    const all = [...received].join('; ');
    environment.tell({
      table: 'bad input',
      row: name,
      column: 'received',
      received: all,
      faults: [...new Set(faults)],
    });
  }
}
