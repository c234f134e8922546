// Plays every scenario with every library, in whatever runtime this is run, and prints the outcomes as JSON.
import assert from 'node:assert/strict';
import { stepUpFetch, stepUps } from 'nestjs-step-up/client';
import { startApi } from './api.mjs';
import { libraries } from './libraries.mjs';

const api = await startApi();

/** A session, and a client of a library over it. */
async function open(library, stepUp) {
  const session = { accessToken: 't1' };
  const seen = { prompts: 0, signals: [] };
  const options = {
    origins: [api.origin],
    accessToken: () => session.accessToken,
    stepUp: async (challenge, context) => {
      seen.prompts += 1;
      seen.signals.push(context.signal);
      session.accessToken = await stepUp(challenge, seen.prompts);
      return session.accessToken;
    },
  };
  const send = await library({ origin: api.origin, options, stepUpFetch, stepUps });
  return { send, seen };
}

const signIn = async ({ acrValues: [acr] }, prompt) => `t-${acr}-${prompt}`;

/** The code of our error, in whatever a library has wrapped it. */
function codeOf(error) {
  for (let one = error, depth = 0; one && depth < 5; depth += 1) {
    if (String(one.code).startsWith('ERR_STEP_UP')) return one.code;
    one = one.cause ?? one.networkError ?? one.originalError ?? one.reason;
  }
  return `without a code: ${error?.name} ${error?.message}`;
}
const failing = (promise) => promise.then((value) => `resolved with ${value}`, codeOf);

const scenarios = {
  async parallel(library) {
    const { send, seen } = await open(library, signIn);
    const results = await Promise.all(Array.from({ length: 5 }, () => send('/one')));
    assert.deepEqual({ results, prompts: seen.prompts }, { results: Array(5).fill('done'), prompts: 1 });
  },
  async 'two stages'(library) {
    const { send, seen } = await open(library, signIn);
    assert.deepEqual({ result: await send('/two'), prompts: seen.prompts }, { result: 'done', prompts: 2 });
  },
  async loop(library) {
    const { send, seen } = await open(library, signIn);
    const codes = [await failing(send('/never')), await failing(send('/never')), await failing(send('/never'))];
    assert.deepEqual({ codes, prompts: seen.prompts }, { codes: Array(3).fill('ERR_STEP_UP_LOOP'), prompts: 1 });
  },
  async declined(library) {
    const { send, seen } = await open(library, () => Promise.reject(new Error('popup closed')));
    const code = await failing(send('/one'));
    assert.deepEqual({ code, prompts: seen.prompts }, { code: 'ERR_STEP_UP_FAILED', prompts: 1 });
  },
  async abort(library) {
    let prompted;
    const begun = new Promise((resolve) => {
      prompted = resolve;
    });
    const { send, seen } = await open(library, () => {
      prompted();
      return new Promise(() => {});
    });
    if (send.aborts === false) return 'no signal';
    const controller = new AbortController();
    const left = send('/one', controller.signal).then(
      () => 'resolved',
      () => 'rejected',
    );
    await begun;
    controller.abort();
    assert.equal(await left, 'rejected');
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual(
      seen.signals.map(({ aborted }) => aborted),
      [true],
    );
  },
};

const outcomes = {};
for (const [name, library] of Object.entries(libraries)) {
  if (process.argv[2] !== undefined && process.argv[2] !== name) continue;
  outcomes[name] = {};
  for (const [scenario, play] of Object.entries(scenarios)) {
    outcomes[name][scenario] = await play(library).then(
      (note) => note ?? 'ok',
      ({ message }) => `FAILED: ${message}`,
    );
  }
}
api.close();
console.log(JSON.stringify(outcomes));
process.exit(0);
