// The load: paced, so that a busy machine gets less of it, and bounded in what is under way.
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { difference } from './answers.mjs';
import { legalAnswers } from './deserts.mjs';
import { BAD, methodAndPath } from './kinds.mjs';
import { now } from './moments.mjs';
import { bound, opaque, proofOf } from './tokens.mjs';
import { Wallet } from './wallet.mjs';

const BAD_SHARE = 0.2;
const MAX_UNDER_WAY = 64;
/** More than the 16,384 insertions at which the table of a Map that holds 10,000 entries becomes twice as large, for good. */
const PRIMED = { opaque: 16_500, bound: 1_100 };
const TICK = 20;
/** Milliseconds. Longer than an API waits for anything. */
const NO_ANSWER_AFTER = 20_000;
const MAX_FAULTS_KEPT = 20;

export class Load {
  sent = 0;
  heldBack = 0;
  wrong = 0;
  aborted = 0;
  /** By kind of input: how many, and how many by answer. */
  kinds = new Map();
  answers = new Map();
  faults = [];
  #underWay = new Set();
  #due = 0;
  #agent = new Agent({ keepAlive: true, maxSockets: MAX_UNDER_WAY });

  constructor(world, { rate, random }) {
    const wallet = new Wallet(world);
    Object.assign(world, {
      pick: (list) => list[Math.floor(random() * list.length)],
      integer: (below) => Math.floor(random() * below),
      good: (route, kind) => wallet.good(route, kind),
      revoked: () => wallet.revoked(),
      worn: () => wallet.worn(),
      replayed: () => wallet.replayed(),
      formerKeyOf: (issuer) => issuer.former,
    });
    this.world = world;
    this.wallet = wallet;
    this.random = random;
    this.perTick = (rate * TICK) / 1000;
  }

  /**
   * Fills what is bounded by a number of entries, so that it does not grow while the memory is measured: 10,000 tokens that an
   * API remembers as active, 1,000 answers about them, 1,000 keys of proofs.
   */
  async prime() {
    const { world } = this;
    const route = 'account';
    const requests = [
      ...Array.from({ length: PRIMED.opaque }, () => ({ route, token: opaque(world.server) })),
      ...Array.from({ length: PRIMED.bound }, () => ({ route, token: bound(world.server.main), scheme: 'DPoP' })),
    ];
    const work = async () => {
      for (let request = requests.pop(); request !== undefined; request = requests.pop()) {
        const { token } = request;
        for (const api of world.apis) {
          const proof = token.keys && proofOf(token, methodAndPath(route));
          await this.#exchange('before the warm-up', { ...request, api, proof });
        }
      }
    };
    await Promise.all(Array.from({ length: MAX_UNDER_WAY / 2 }, work));
  }

  start() {
    this.timer = setInterval(() => this.#tick(), TICK);
  }

  async stop() {
    clearInterval(this.timer);
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  #tick() {
    this.#due += this.perTick;
    for (; this.#due >= 1; this.#due -= 1) {
      if (this.#underWay.size >= MAX_UNDER_WAY) {
        this.heldBack += 1;
        continue;
      }
      const one = this.#one().catch((error) => this.#fault(`the load itself: ${error.stack}`));
      this.#underWay.add(one);
      one.finally(() => this.#underWay.delete(one));
    }
  }

  async #one() {
    const { world } = this;
    const [kind, request] = this.random() < BAD_SHARE ? this.#bad() : this.#good();
    // Nothing fits yet, such as at the start.
    if (request?.route === undefined) return;
    request.api ??= world.pick(world.apis);
    if (request.twin !== true) return void (await this.#exchange(kind, request));
    // A proof is good once: not for each of two requests that come at once.
    const names = await Promise.all([this.#exchange(kind, request, true), this.#exchange(kind, request, true)]);
    if (names.filter((name) => name === 'served').length > 1) this.#wrong(kind, request, 'both are served');
  }

  #bad() {
    const kind = this.world.pick(Object.keys(BAD));
    return [kind, BAD[kind](this.world)];
  }

  #good() {
    const { world, wallet } = this;
    if (world.integer(20) === 0) return ['no guard', { route: 'open', answers: [{ ...OPEN }] }];
    const request = wallet.good(world.pick(['account', 'transfer', 'scoped']));
    return ['good', request];
  }

  async #exchange(kind, request, isTwin = false) {
    const from = now();
    this.sent += 1;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    request.api.sent += 1;
    const response = await this.#send(request);
    const span = { from, to: now() };
    if (request.aborts === true) {
      this.aborted += 1;
      return 'aborted';
    }
    if (response instanceof Error) return this.#wrong(kind, request, String(response));
    const answers = request.answers ?? legalAnswers(this.world, { ...request, api: request.api.name }, span);
    if (isTwin) answers.push(...twinAnswers(this.world, request, span));
    const answer = answers.find((one) => difference(response, one) === undefined);
    if (answer === undefined) {
      const expected = [...new Set(answers.map(({ name }) => name))].join(', or ');
      return this.#wrong(kind, request, `${difference(response, answers[0])} instead of ${expected}`);
    }
    this.answers.set(answer.name, (this.answers.get(answer.name) ?? 0) + 1);
    if (answer.name === 'served' && request.proof?.first === undefined && request.proof !== undefined) {
      this.wallet.noteServed({ ...request, api: request.api.name }, from);
    }
    return answer.name;
  }

  #send(request) {
    if (request.octets !== undefined) return sendOctets(request.api.port, request.octets);
    const { method, path } = methodAndPath(request.route);
    const { token, scheme = 'Bearer', proof } = request;
    const headers = {
      ...(token && { authorization: `${scheme} ${token.text}` }),
      ...(proof?.text !== undefined && { dpop: proof.text }),
      ...request.headers,
    };
    const options = { host: '127.0.0.1', port: request.api.port, method, path: path + (request.query ?? ''), headers };
    return new Promise((resolve) => {
      const sending = httpRequest({ ...options, agent: this.#agent }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', resolve);
        response.on('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, headers: response.headersDistinct, text });
        });
      });
      const timer = setTimeout(() => sending.destroy(new Error('no answer')), NO_ANSWER_AFTER);
      sending.on('error', (error) => {
        clearTimeout(timer);
        resolve(error);
      });
      sending.end();
      if (request.aborts === true) setTimeout(() => sending.destroy(new Error('aborted')), this.world.integer(4));
    });
  }

  #wrong(kind, { api, route, token, scheme }, what) {
    this.wrong += 1;
    const about = token?.claims && JSON.stringify({ ...token.claims, kid: token.kid });
    this.#fault(`${new Date().toISOString()} ${api.name} /${route} ${scheme ?? ''} ${kind}: ${what}; ${about ?? ''}`);
    return 'wrong';
  }

  #fault(text) {
    if (this.faults.length < MAX_FAULTS_KEPT) this.faults.push(text);
  }
}

const OPEN = { name: 'served', status: 200, body: { open: true } };

function twinAnswers(world, request, span) {
  const first = { api: request.api.name, from: span.from };
  const replay = { ...request, api: request.api.name, proof: { ...request.proof, first } };
  return legalAnswers(world, replay, span);
}

/** Sends what is no HTTP. Resolves with the status of the answer. */
function sendOctets(port, octets) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', resolve);
    socket.on('close', () => resolve({ status: Number(text.slice(9, 12)), headers: {}, text }));
    socket.end(octets, 'latin1');
  });
}
