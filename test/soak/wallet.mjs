// The tokens that good clients hold: used many times, until they expire. What they deserve changes on the way.
import { legalAnswers } from './deserts.mjs';
import { methodAndPath } from './kinds.mjs';
import { now } from './moments.mjs';
import { bound, jwt, opaque, proofOf } from './tokens.mjs';

const SIZE = 60;
/** Tokens that are looked at for a request. */
const TRIES = 20;
const LIFETIME = [12, 40];
/** Proofs that were served, for those who use them again. */
const MAX_PROOFS = 50;
/** Seconds. A younger proof is refused for nothing but its use. */
const MAX_PROOF_AGE = 8;

export class Wallet {
  #tokens = new Map();
  #proofs = [];

  constructor(world) {
    this.world = world;
  }

  /** A request to which any answer but the good one is wrong, unless something is away. */
  good(route, kind) {
    return this.#found(TRIES, true, () => this.#request(route, kind));
  }

  /** A request with a token that was good a moment ago. */
  worn() {
    return this.#found(TRIES, false, () => this.#request(this.world.pick(['account', 'transfer', 'scoped'])));
  }

  #found(tries, isGood, make) {
    for (let count = 0; count < tries; count += 1) {
      const request = make();
      if (this.#isGood(request) === isGood) return request;
    }
    return undefined;
  }

  #request(route, kind) {
    const { world } = this;
    const { server } = world;
    const api = world.pick(world.apis);
    const chosen = kind ?? world.pick(['jwt', 'jwt', 'tenant', 'opaque', 'bound']);
    const token = this.#token(chosen, server);
    if (token.keys === undefined) return { api, route, token };
    return { api, route, token, scheme: 'DPoP', proof: proofOf(token, methodAndPath(route)) };
  }

  /** Whether a request deserves nothing but what it asks for, and answers of an outage. */
  #isGood(request) {
    const at = now();
    const answers = legalAnswers(this.world, { ...request, api: request.api.name }, { from: at, to: at });
    return answers.every(({ status }) => status === 200 || status === 503);
  }

  #token(kind, server) {
    const tokens = this.#tokens.get(kind) ?? [];
    this.#tokens.set(kind, tokens);
    const index = this.world.integer(SIZE);
    const held = tokens[index];
    if (held !== undefined && held.claims.exp + 12 > now()) return held;
    const at = Math.floor(now());
    const [shortest, longest] = LIFETIME;
    const lifetime = shortest + this.world.integer(longest - shortest);
    const claims = { exp: at + lifetime, auth_time: at - this.world.integer(10) };
    const make = {
      jwt: () => jwt(server.main, { claims }),
      tenant: () => jwt(this.world.pick(server.issuers.slice(1)), { claims }),
      opaque: () => opaque(server, { claims }),
      bound: () => bound(this.world.pick(server.issuers), { claims }),
    };
    if (held?.kind === 'opaque') server.opaque.delete(held.text);
    tokens[index] = make[kind]();
    return tokens[index];
  }

  /** A token that was good a moment ago, perhaps still in the memory of an API. */
  revoked() {
    const { server } = this.world;
    const token = this.world.integer(2) === 0 ? this.#token('opaque', server) : opaque(server);
    token.revokedAt = Math.min(token.revokedAt, now());
    return token;
  }

  noteServed({ api, route, token, proof }, from) {
    this.#proofs.push({ route, token, proof: { ...proof, first: { api, from } } });
    if (this.#proofs.length > MAX_PROOFS) this.#proofs.shift();
  }

  replayed() {
    const { world } = this;
    const young = this.#proofs.filter(({ proof }) => now() - proof.madeAt < MAX_PROOF_AGE);
    if (young.length === 0) return undefined;
    const replay = world.pick(young);
    // Without Redis an API knows its own proofs only.
    const api = world.redis === undefined ? replay.proof.first.api : world.pick(world.apis);
    return { ...replay, api, scheme: 'DPoP' };
  }
}
