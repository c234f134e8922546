// What verifying and judging cost beside the bare signature check: see README.md, "In one process".
import { createPublicKey, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { GATE, JUDGING_NS, KNOWN_TOKEN, NEW_TOKEN, RULED_OUT_TOKEN } from './budgets.mjs';
import { median, quartiles, ratioOfQuiet } from './statistics.mjs';

const require = createRequire(import.meta.url);
const { checkAuthorizationServers } = require('../dist/authorization-servers/index.js');
const { assess } = require('../dist/core/index.js');
const { AccessTokenVerifier } = require('../dist/token/index.js');
const { createTestAuthorizationServer } = require('../dist/testing/test-authorization-server.js');

/** A turn of one candidate: long enough that the state in which the one before has left the processor counts little. */
const TOKENS = 400;
/** The candidates that take little time verify as many tokens again and again in a turn. */
const REPEATED = 4;
const EXPIRED = 100;
const JUDGEMENTS = 100_000;

/** The bare check of a signature, with what it needs to split and decode the token. */
function rawCheck(algorithm, signingKey) {
  const digest = algorithm === 'EdDSA' ? null : 'sha256';
  const key = {
    RS256: signingKey,
    PS256: { key: signingKey, padding: 6, saltLength: 32 },
    ES256: { key: signingKey, dsaEncoding: 'ieee-p1363' },
    EdDSA: signingKey,
  }[algorithm];
  return (token) => {
    const end = token.lastIndexOf('.');
    if (!verify(digest, Buffer.from(token.slice(0, end)), key, Buffer.from(token.slice(end + 1), 'base64url'))) {
      throw new Error('the raw check fails');
    }
  };
}

/** What is measured of one algorithm: each candidate verifies all of its tokens in a turn. */
class Field {
  static async of(algorithm) {
    const field = new Field();
    const server = await createTestAuthorizationServer({ algorithm });
    const signed = (length, more) => {
      const options = { acr: 'urn:example:mfa', claims: { amr: ['pwd', 'otp'] }, ...more };
      return Promise.all(Array.from({ length }, () => server.accessToken(options)));
    };
    const tokens = await signed(TOKENS);
    const expired = await signed(EXPIRED, { expiresIn: -60 });
    const { keys } = await (await fetch(server.jwksUri)).json();
    const servers = checkAuthorizationServers([{ issuer: server.issuer, audience: server.audience }]);
    const known = new AccessTokenVerifier(servers, 5);
    for (const token of tokens) await known.verify(token);
    // Has room for half of the tokens, so that each is forgotten before it comes again: a full cache, as in production.
    const fresh = new AccessTokenVerifier(servers, 5, { tokenCacheBytes: known.tokenCache.bytes / 2 });
    // Fetches the keys with a token that does not come again.
    await fresh.verify(await server.accessToken());
    const refused = (token) => {
      try {
        known.verify(token);
      } catch {
        return;
      }
      throw new Error('an expired token is accepted');
    };
    const repeated = (list) => Array.from({ length: REPEATED * TOKENS }, (_, index) => list[index % list.length]);
    Object.assign(field, { algorithm, server, fresh, keyRequests: server.keyRequests, times: {} });
    field.candidates = [
      { name: 'raw', inputs: tokens, run: rawCheck(algorithm, createPublicKey({ key: keys[0], format: 'jwk' })) },
      { name: 'new', inputs: tokens, run: (token) => fresh.verify(token) },
      { name: 'known', inputs: repeated(tokens), run: (token) => known.verify(token) },
      { name: 'ruledOut', inputs: repeated(expired), run: refused },
    ];
    for (const { name } of field.candidates) field.times[name] = [];
    return field;
  }

  /** One round. The candidates take their turns forwards and backwards by turns, so that none always follows the same. */
  measure(round, isCounted) {
    for (const { name, inputs, run } of round % 2 === 0 ? this.candidates : this.candidates.toReversed()) {
      const microseconds = cpuOf(inputs, run);
      if (isCounted) this.times[name].push(microseconds);
    }
  }

  /** Ratios of a candidate to the raw check, round by round. */
  ratios(name) {
    return this.times[name].map((time, round) => time / this.times.raw[round]);
  }
}

/** Microseconds of CPU time of all threads for one input. */
function cpuOf(inputs, run) {
  const before = process.cpuUsage();
  for (const input of inputs) run(input);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / inputs.length;
}

/** Measures the algorithms in turn. None of them is measured before the compiler has seen all of them. */
export async function measured({ warmUp, rounds, algorithms = Object.keys(NEW_TOKEN) }) {
  const fields = [];
  for (const algorithm of algorithms) fields.push(await Field.of(algorithm));
  for (let round = 0; round < warmUp + rounds; round += 1) {
    for (const field of fields) field.measure(round, round >= warmUp);
  }
  for (const { server } of fields) await server.close();
  return fields;
}

function judging({ warmUp, rounds }) {
  const requirements = { acrValues: ['urn:example:phr', 'urn:example:mfa'], maxAge: 300 };
  const event = { acr: 'urn:example:mfa', authTime: Date.now() / 1000 };
  const inputs = Array.from({ length: JUDGEMENTS });
  const judge = () => void assess(event, requirements, { now: Date.now() / 1000, clockTolerance: 5 });
  const times = Array.from({ length: warmUp + rounds }, () => cpuOf(inputs, judge) * 1000);
  return times.slice(warmUp);
}

/** What is compared with raw, by the name of the candidate. */
const TITLES = { new: 'a new token', known: 'a known token', ruledOut: 'ruled out by claims' };

/** Reports each ratio with its budget and with what the gate looks at, and counts what has to be zero. */
export async function inProcess(size, report, count) {
  for (const field of await measured(size)) {
    const { algorithm, server, fresh, keyRequests, times } = field;
    for (const [name, title] of Object.entries(TITLES)) {
      const budget = { new: NEW_TOKEN[algorithm], known: KNOWN_TOKEN, ruledOut: RULED_OUT_TOKEN }[name];
      const ratios = field.ratios(name);
      const gate = { value: ratioOfQuiet(times[name], times.raw), most: GATE * budget };
      report({ what: `${algorithm}: ${title} ÷ raw`, value: median(ratios), spread: quartiles(ratios), budget, gate });
    }
    count(`${algorithm}: key fetches when warm`, server.keyRequests - keyRequests);
    count(`${algorithm}: new tokens that were known`, fresh.tokenCache.hits);
  }
  const nanoseconds = judging(size);
  report({
    what: 'judging with the clock, ns',
    value: median(nanoseconds),
    spread: quartiles(nanoseconds),
    budget: JUDGING_NS,
  });
}
