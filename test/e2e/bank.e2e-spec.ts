import { get } from 'node:http';
import SwaggerParser from '@apidevtools/swagger-parser';
import { type Sample, startSample } from '../../sample-app/src/sample.js';
import { Client } from '../../sample-app/src/walkthrough/client.js';
import { ADA } from '../../sample-app/src/walkthrough/user.js';

let sample: Sample;
let token: string;

beforeAll(async () => {
  sample = await startSample();
  const client = await Client.create(sample);
  token = (await client.signIn(ADA, { acr_values: 'urn:example:mfa' })).accessToken;
});
afterAll(async () => sample?.close());

/** Opens a page of a server under the name that a browser calls it by. */
function visit(url: string, host: string): Promise<{ status?: number; location?: string }> {
  return new Promise((resolve, reject) => {
    get(`${url}/?code=a&state=b`, { headers: { host } }, ({ statusCode, headers }) =>
      resolve({ status: statusCode, location: headers.location }),
    ).on('error', reject);
  });
}

const transfer = (body: string) =>
  fetch(`${sample.bank}/transfers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  });

const valid = { from: 'ada-everyday', to: 'bob-everyday', amount: 1 };

describe('a transfer that makes no sense is refused by name, and moves nothing', () => {
  it.each([
    ['no object', '[]', 'body'],
    ['an unknown member', { ...valid, note: 'rent' }, 'note'],
    ['a fraction of a cent', { ...valid, amount: 0.5 }, 'amount'],
    ['a negative amount', { ...valid, amount: -1 }, 'amount'],
    ['nothing at all', { ...valid, amount: 0 }, 'amount'],
    ['an amount as text', { ...valid, amount: '100' }, 'amount'],
    ['more than can be counted', '{"from":"ada-everyday","to":"bob-everyday","amount":1e300}', 'amount'],
    ['no account', { to: valid.to, amount: 1 }, 'from'],
    ["another customer's account", { ...valid, from: 'bob-everyday', to: 'ada-everyday' }, 'from'],
    ['an account that does not exist', { ...valid, to: 'eve-everyday' }, 'to'],
    ['an account named as what every object has', { ...valid, to: '__proto__' }, 'to'],
    ['the same account twice', { ...valid, to: valid.from }, 'to'],
  ])('%s', async (_, body, member) => {
    const answer = await transfer(typeof body === 'string' ? body : JSON.stringify(body));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_transfer', member });
  });

  it('more than there is', async () => {
    const moved = await transfer(JSON.stringify({ from: 'ada-everyday', to: 'ada-savings', amount: 1000_00 }));
    expect(moved.status).toBe(201);
    await transfer(JSON.stringify({ from: 'ada-everyday', to: 'ada-savings', amount: 1000_00 }));
    const refused = await transfer(JSON.stringify({ from: 'ada-everyday', to: 'ada-savings', amount: 1000_00 }));
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ error: 'insufficient_funds' });
  });
});

describe('a tool of MCP', () => {
  it.each([
    [1000_01, 'The amount is more than a tool may transfer'],
    [0, 'The amount must be a positive integer number of cents'],
  ])('refuses %d cents, and moves nothing: a passkey cannot be asked for by the amount', async (amount, reason) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const balances = async () => (await fetch(`${sample.bank}/accounts`, { headers })).json();
    const before = await balances();
    const response = await fetch(`${sample.bank}/mcp`, {
      method: 'POST',
      headers: { ...headers, accept: 'application/json, text/event-stream' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'transfer', arguments: { ...valid, amount } },
      }),
    });
    expect(await response.json()).toMatchObject({ result: { isError: true, content: [{ text: reason }] } });
    expect(await balances()).toEqual(before);
  });
});

describe('the page', () => {
  it('comes with a policy that lets it run its own scripts and talk to the authorization server alone', async () => {
    const page = await fetch(`${sample.bank}/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ` +
        `${sample.bank.replace('http', 'ws')} ${sample.issuer}; ` +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(await page.text()).not.toMatch(/<script>|\son[a-z]+=|style=/);
  });

  it.each(['/main.mjs', '/vendor/oauth4webapi/index.js', '/style.css', '/configuration.json'])(
    'serves %s',
    async (path) => {
      expect((await fetch(sample.bank + path)).status).toBe(200);
    },
  );

  it.each(['localhost', '127.0.0.2', 'other.example'])('called %s, sends a browser to its own name', async (name) => {
    const response = await visit(sample.bank, `${name}:${new URL(sample.bank).port}`);
    expect(response).toEqual({ status: 302, location: `${sample.bank}/?code=a&state=b` });
  });

  it('answers clients of the API by another name too', async () => {
    const response = await fetch(`${sample.bank.replace('127.0.0.1', 'localhost')}/accounts`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(200);
  });

  it('leads to the application on a server, without JavaScript by itself', async () => {
    const html = await (await fetch(`${sample.bank}/`)).text();
    expect(html).toContain('<noscript><meta http-equiv="refresh" content="0; url=/on-a-server"></noscript>');
    const response = await fetch(`${sample.bank}/on-a-server`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, sample.bff]);
  });

  it('RS-25 the API behind it wants a token', async () => {
    const answer = await fetch(`${sample.bank}/accounts`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="bank", resource_metadata="${sample.bank}/.well-known/oauth-protected-resource"`,
    );
  });
});

describe('the application on a server', () => {
  it('called localhost, sends a browser to its own name, where its cookie is', async () => {
    const response = await visit(sample.bff, `localhost:${new URL(sample.bff).port}`);
    expect(response).toEqual({ status: 302, location: `${sample.bff}/?code=a&state=b` });
  });

  it('leads to the page', async () => {
    const response = await fetch(`${sample.bff}/in-the-browser`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, sample.bank]);
  });
});

describe('starting', () => {
  it('takes free ports where the wanted ones are taken', async () => {
    const port = Number(new URL(sample.bank).port);
    const second = await startSample({ ports: { bank: port, authorizationServer: port } });
    expect(new Set([sample.bank, second.bank, second.issuer]).size).toBe(3);
    expect((await fetch(`${second.bank}/configuration.json`)).status).toBe(200);
    await second.close();
    await expect(fetch(`${second.bank}/configuration.json`)).rejects.toThrow('fetch failed');
  });
});

describe('the description of the API by OpenAPI', () => {
  it('shows what the controllers require, and that a transfer is challenged', async () => {
    const { paths } = (await (await fetch(`${sample.bank}/docs-json`)).json()) as {
      paths: Record<string, Record<string, Record<string, unknown>>>;
    };
    expect(Object.keys(paths)).toEqual(['/accounts', '/transfers', '/mcp']);
    expect(paths['/mcp']?.['post']?.['x-step-up']).toEqual({ access: 'required', dynamic: true });
    expect(paths['/accounts']?.['get']?.['x-step-up']).toEqual({ access: 'token' });
    expect(paths['/transfers']?.['post']?.['x-step-up']).toEqual({
      access: 'required',
      words: ['mfa'],
      acr_values: ['urn:example:mfa', 'phr'],
      max_age: 300,
    });
  });

  it('has a page of its own', async () => {
    const page = await fetch(`${sample.bank}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
  });
});

describe('the document of its API', () => {
  type Operation = Record<string, unknown> & { responses: Record<string, { headers?: object }>; security?: object[] };
  let document: { paths: Record<string, Record<string, Operation>> };
  beforeAll(async () => {
    document = (await (await fetch(`${sample.bank}/docs-json`)).json()) as typeof document;
  });

  it('is shown by Swagger UI, under a policy that lets it run its own scripts alone', async () => {
    const page = await fetch(`${sample.bank}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(await page.text()).toContain('swagger-ui');
  });

  it('is valid OpenAPI', async () => {
    await expect(SwaggerParser.validate(structuredClone(document) as never)).resolves.toBeDefined();
  });

  it('says of each operation what it requires, and has the challenge among its responses', () => {
    const transfer = document.paths['/transfers']?.['post'] as Operation;
    expect(transfer['x-step-up']).toMatchObject({ access: 'required', max_age: 300 });
    expect(transfer.description).toMatch(/300 seconds|5 minutes|five minutes/);
    expect(Object.keys(transfer.responses['401']?.headers ?? {})).toEqual(['WWW-Authenticate']);
    expect(transfer.responses['403']).toBeDefined();
    expect(transfer.security).toEqual([{ bearer: [] }]);
  });
});
