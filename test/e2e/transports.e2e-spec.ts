import { once } from 'node:events';
import WebSocket from 'ws';
import { type Sample, startSample } from '../../sample-app/src/sample.js';
import { Client } from '../../sample-app/src/walkthrough/client.js';
import { ADA } from '../../sample-app/src/walkthrough/user.js';

interface Outcome {
  /** What was performed. */
  readonly receipt?: { readonly amount: number };
  /** What stands in a refusal, whatever the transport. */
  readonly refusal?: Record<string, unknown>;
}

type Send = (token: string, order: object) => Promise<Outcome>;

const ORDER = { from: 'ada-everyday', to: 'bob-everyday', amount: 25_00 };

let sample: Sample;
let tokens: { password: string; mfa: string };
/** Cents in the account that pays, as the bank says. */
let balance: () => Promise<number>;

beforeAll(async () => {
  sample = await startSample();
  const client = await Client.create(sample);
  const password = (await client.signIn(ADA)).accessToken;
  const mfa = (await client.signIn(ADA, { acr_values: 'urn:example:mfa' })).accessToken;
  tokens = { password, mfa };
  balance = async () => {
    const { accounts } = (await (await client.accounts(password)).json()) as { accounts: { balance: number }[] };
    return accounts[0]?.balance ?? Number.NaN;
  };
});
afterAll(async () => sample?.close());

async function askGraphql(token: string, query: string, variables: object = {}) {
  const response = await fetch(`${sample.bank}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== '' && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as {
    data?: { transfer?: { amount: number }; accounts?: { number: string }[] } | null;
    errors?: { extensions: Record<string, unknown> & { originalError?: Record<string, unknown> } }[];
  };
}

/** Opens a socket as a page does, with each token as a subprotocol. */
function connect(token: string | string[], headers: Record<string, string> = {}): WebSocket {
  const named = [token].flat().filter((each) => each !== '');
  const protocols = ['bank', ...named.map((each) => `access-token.${each}`)];
  return new WebSocket(`${sample.bank.replace('http', 'ws')}/socket`, protocols, { headers });
}

const TRANSPORTS: [name: string, send: Send][] = [
  [
    'GraphQL',
    async (token, order) => {
      const query = 'mutation ($order: TransferInput!) { transfer(order: $order) { amount } }';
      const { data, errors } = await askGraphql(token, query, { order });
      const extensions = errors?.[0]?.extensions;
      return { receipt: data?.transfer, refusal: extensions?.originalError ?? extensions };
    },
  ],
  [
    'WebSocket',
    async (token, order) => {
      const socket = connect(token);
      await once(socket, 'open');
      socket.send(JSON.stringify({ event: 'transfer', data: order }));
      const [message] = await once(socket, 'message');
      socket.close();
      await once(socket, 'close');
      const { event, data } = JSON.parse(String(message));
      return event === 'receipt' ? { receipt: data } : { refusal: data };
    },
  ],
];

describe.each(TRANSPORTS)('the bank over %s', (_, send) => {
  it('RS-108 refuses a transfer after a password with what the challenge over HTTP would say', async () => {
    const before = await balance();
    const { receipt, refusal } = await send(tokens.password, ORDER);
    expect(receipt ?? undefined).toBeUndefined();
    expect(refusal).toMatchObject({
      error: 'insufficient_user_authentication',
      acr_values: 'urn:example:mfa phr',
      max_age: 300,
      reasons: ['acr_unmet'],
    });
    expect(await balance()).toBe(before);
  });

  it('performs it after a second factor', async () => {
    const before = await balance();
    const { receipt } = await send(tokens.mfa, ORDER);
    expect(receipt).toMatchObject({ amount: 25_00 });
    expect(await balance()).toBe(before - 25_00);
  });

  it('asks for a passkey if it is a lot of money', async () => {
    const before = await balance();
    const { refusal } = await send(tokens.mfa, { ...ORDER, amount: 1000_01 });
    expect(refusal).toMatchObject({ error: 'insufficient_user_authentication', acr_values: 'phr', max_age: 300 });
    expect(await balance()).toBe(before);
  });

  it.each([
    ['no amount at all', { amount: 0 }, 'amount'],
    ['a negative amount', { amount: -1 }, 'amount'],
    ["another customer's account", { from: 'bob-everyday', to: 'ada-everyday' }, 'from'],
    ['the same account twice', { to: 'ada-everyday' }, 'to'],
  ])('names what is wrong with %s', async (_, wrong, member) => {
    const { refusal } = await send(tokens.mfa, { ...ORDER, ...wrong });
    expect(refusal).toMatchObject({ error: 'invalid_transfer', member });
  });

  it('says that there is not enough money', async () => {
    const before = await balance();
    const most = { ...ORDER, to: 'ada-savings', amount: 1000_00 };
    expect((await send(tokens.mfa, most)).receipt).toBeDefined();
    expect((await send(tokens.mfa, most)).receipt).toBeDefined();
    expect((await send(tokens.mfa, most)).refusal).toMatchObject({ error: 'insufficient_funds' });
    await send(tokens.mfa, { from: 'ada-savings', to: 'ada-everyday', amount: 1000_00 });
    await send(tokens.mfa, { from: 'ada-savings', to: 'ada-everyday', amount: 1000_00 });
    expect(await balance()).toBe(before);
  });
});

describe('GraphQL', () => {
  it('RS-108 says of a token that it does not accept what HTTP would say', async () => {
    const query = 'mutation { transfer(order: {from: "a", to: "b", amount: 1}) { id } }';
    const { errors } = await askGraphql('a.b.c', query);
    expect(errors?.[0]?.extensions).toMatchObject({ error: 'invalid_token', code: 'INVALID_TOKEN' });
  });

  it('judges each field of an operation by itself: one that is allowed opens no other', async () => {
    const before = await balance();
    const { data, errors } = await askGraphql(
      tokens.mfa,
      `mutation ($small: TransferInput!, $large: TransferInput!) {
        small: transfer(order: $small) { amount }
        large: transfer(order: $large) { amount }
      }`,
      { small: { ...ORDER, amount: 1 }, large: { ...ORDER, amount: 1000_01 } },
    );
    expect(data).toEqual({ small: { amount: 1 }, large: null });
    expect(errors).toEqual([expect.objectContaining({ path: ['large'] })]);
    expect(await balance()).toBe(before - 1);
  });

  it('shows accounts after a password, and refuses a stranger without showing the requirement', async () => {
    const { data } = await askGraphql(tokens.password, '{ accounts { number } }');
    expect(data?.accounts).toEqual([{ number: 'ada-everyday' }, { number: 'ada-savings' }]);
    const { errors } = await askGraphql('', 'mutation { transfer(order: {from: "a", to: "b", amount: 1}) { id } }');
    expect(errors?.[0]?.extensions).not.toHaveProperty('acr_values');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('the socket', () => {
  it.each([
    ['no token', ''],
    ['a token that is none', 'a.b.c'],
    ['a token with another signature', 'MADE'],
  ])('is closed with 4401 for %s, and the bank goes on', async (_, given) => {
    const token = given === 'MADE' ? `${tokens.mfa.slice(0, -8)}AAAAAAAA` : given;
    const socket = connect(token);
    const messages: { event: string; data: { code: string } }[] = [];
    socket.on('message', (message) => messages.push(JSON.parse(String(message))));
    const [code, reason] = await once(socket, 'close');
    const error = given === '' ? 'unauthenticated' : 'invalid_token';
    expect([code, String(reason)]).toEqual([4401, error]);
    expect(messages).toMatchObject([{ event: 'exception', data: { code: error.toUpperCase() } }]);
    expect((await fetch(`${sample.bank}/configuration.json`)).status).toBe(200);
  });

  it('takes the token of a client that is not a browser from its Authorization header', async () => {
    const socket = connect('', { authorization: `Bearer ${tokens.password}` });
    await once(socket, 'open');
    socket.send(JSON.stringify({ event: 'transfer', data: ORDER }));
    const [message] = await once(socket, 'message');
    expect(JSON.parse(String(message)).data).toMatchObject({ error: 'insufficient_user_authentication' });
    socket.close();
    await once(socket, 'close');
  });

  it.each<[what: string, subprotocols: ('password' | 'mfa')[], header: ('password' | 'mfa')[]]>([
    ['in two subprotocols', ['password', 'mfa'], []],
    ['in a subprotocol and the header', ['mfa'], ['password']],
  ])('is closed with 4400 for tokens %s', async (_, subprotocols, [header]) => {
    const headers = header === undefined ? undefined : { authorization: `Bearer ${tokens[header]}` };
    const named = subprotocols.map((name) => tokens[name]);
    const [code, reason] = await once(connect(named, headers), 'close');
    expect([code, String(reason)]).toEqual([4400, 'invalid_request']);
  });

  it('performs nothing for a message that is sent before the handshake was judged', async () => {
    const before = await balance();
    const socket = connect('a.b.c');
    const messages: string[] = [];
    socket.on('message', (message) => messages.push(String(message)));
    socket.on('open', () => socket.send(JSON.stringify({ event: 'transfer', data: ORDER })));
    await once(socket, 'close');
    expect(messages.filter((message) => message.includes('receipt'))).toEqual([]);
    expect(await balance()).toBe(before);
  });

  it.each<[what: string, message: string]>([
    ['more than an order can have', 'x'.repeat(5000)],
    ['no JSON', '{'],
    ['null', 'null'],
    ['no event', '{"data":{}}'],
    ['the name of what every object has', '{"event":"__proto__","data":{}}'],
    ['an order that is a text', '{"event":"transfer","data":"all"}'],
    ['an order that is null', '{"event":"transfer","data":null}'],
    ['no order', '{"event":"transfer"}'],
  ])('moves nothing for a message with %s, and the bank goes on', async (_, message) => {
    const before = await balance();
    const socket = connect(tokens.mfa);
    await once(socket, 'open');
    socket.send(message);
    // messages of a socket are answered in order, unless it was closed
    socket.send(JSON.stringify({ event: 'transfer', data: { ...ORDER, amount: 0 } }));
    const ended = new Promise((resolve) => {
      socket.on('close', resolve);
      socket.on('message', (text) => String(text).includes('The amount') && resolve(text));
    });
    await ended;
    socket.terminate();
    expect(await balance()).toBe(before);
    expect((await fetch(`${sample.bank}/configuration.json`)).status).toBe(200);
  });

  it('does not keep the bank from stopping', async () => {
    const other = await startSample();
    const { accessToken } = await (await Client.create(other)).signIn(ADA);
    const url = `${other.bank.replace('http', 'ws')}/socket`;
    const socket = new WebSocket(url, ['bank', `access-token.${accessToken}`]);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await other.close();
    await closed;
  });

  it('speaks the protocol of the bank, and its answer does not repeat the token', async () => {
    const socket = connect(tokens.password);
    await once(socket, 'open');
    expect(socket.protocol).toBe('bank');
    socket.close();
    await once(socket, 'close');
  });
});
