// The authorization server of the soak: several issuers on one port. It goes away and comes back with its keys and tokens,
// and knows which key document each API has received when.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { now } from './moments.mjs';

/** Ways in which it cannot be asked: no answer comes, nobody listens, every answer is an error. */
export const OUTAGES = ['silent', 'stopped', 'failing'];
export const CLIENT = { clientId: 'api', clientSecret: randomUUID() };
export const TENANTS = 3;

class Issuer {
  /** Keys in the key document. The last one may not sign yet. */
  published = [];
  /** By API: the key documents that it has received, the newest last. */
  received = new Map();

  constructor(id) {
    this.id = id;
    this.publish();
    this.signWithNewest();
  }

  publish() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' };
    this.published.push({ kid: jwk.kid, jwk, privateKey, publishedAt: now(), withdrawnAt: Number.POSITIVE_INFINITY });
  }

  signWithNewest() {
    this.signing = this.published.at(-1);
  }

  withdrawOthers() {
    for (const key of this.published) if (key !== this.signing) key.withdrawnAt = now();
    this.published = [this.signing];
  }

  sign(claims, header = {}, key = this.signing) {
    const parts = [{ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header }, claims];
    const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }
}

export class AuthorizationServer {
  issuers = ['main', ...Array.from({ length: TENANTS }, (_, index) => `tenant-${index}`)].map((id) => new Issuer(id));
  /** Opaque tokens, with the answer about each. */
  opaque = new Map();
  /** `{ from, to }` of each outage. */
  outages = [];
  requests = { keys: 0, introspection: 0 };
  #state = 'running';
  #server;

  async start() {
    this.#server = createServer((request, response) => this.#respond(request, response));
    this.#server.listen(this.port ?? 0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
    this.origin = `http://127.0.0.1:${this.port}`;
    for (const issuer of this.issuers) issuer.iss = `${this.origin}/${issuer.id}`;
    this.main = this.issuers[0];
  }

  async fail(how) {
    this.outages.push({ from: now(), to: Number.POSITIVE_INFINITY, how });
    this.#state = how;
    if (how === 'stopped') await this.#close();
  }

  async recover() {
    const outage = this.outages.at(-1);
    if (outage?.to !== Number.POSITIVE_INFINITY) return;
    // Whoever waits for an answer that does not come has failed only then.
    if (this.#state === 'silent') await this.#close();
    this.#state = 'running';
    if (!this.#server.listening) await this.start();
    outage.to = now();
  }

  async #close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async stop() {
    if (this.#server.listening) await this.#close();
  }

  async #respond(request, response) {
    if (this.#state === 'silent') return;
    if (this.#state === 'failing') return void response.writeHead(500).end();
    const [, id, endpoint, api] = request.url.split('/');
    const issuer = this.issuers.find((one) => one.id === id);
    if (endpoint === 'jwks' && issuer !== undefined) return this.#sendKeys(issuer, api, response);
    if (endpoint === 'introspect' && request.method === 'POST') return this.#introspect(request, response);
    response.writeHead(404).end();
  }

  #sendKeys(issuer, api, response) {
    this.requests.keys += 1;
    const keys = issuer.published.map(({ jwk }) => jwk);
    const documents = issuer.received.get(api) ?? [];
    documents.push({ at: now(), kids: new Set(keys.map(({ kid }) => kid)) });
    issuer.received.set(api, documents.slice(-20));
    sendJson(response, { keys });
  }

  async #introspect(request, response) {
    this.requests.introspection += 1;
    const expected = `Basic ${Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString('base64')}`;
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.headers.authorization !== expected) return void response.writeHead(401).end();
    const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('token');
    const known = this.opaque.get(token);
    const isActive = known !== undefined && known.revokedAt > now() && known.claims.exp > now();
    sendJson(response, isActive ? { active: true, token_type: 'Bearer', ...known.claims } : { active: false });
  }
}

function sendJson(response, body) {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
}
