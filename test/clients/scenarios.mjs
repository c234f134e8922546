// Plays every scenario with every library, in whatever runtime this is run, and prints the outcomes as JSON.
import assert from 'node:assert/strict';
import { stepUpFetch, stepUps } from 'nestjs-step-up/client';
import { startApi } from './api.mjs';
import { libraries } from './libraries.mjs';

const plain = { ...(await startApi()), token: async (acr, prompt) => `t-${acr}-${prompt}` };
const nest = {
  origin: process.env.NEST_API,
  token: async (acr) => (await fetch(`${process.env.NEST_API}/token?acr=${acr}`)).text(),
};

/** A session, and a client of a library over it. */
async function open(library, stepUp = undefined) {
  const api = library.isOnNest ? nest : plain;
  const signIn = async ({ acrValues: [acr] }, prompt) => api.token(acr, prompt);
  const session = { accessToken: await api.token('pwd', 0) };
  const seen = { prompts: 0, signals: [] };
  const options = {
    origins: [api.origin],
    accessToken: () => session.accessToken,
    stepUp: async (challenge, context) => {
      seen.prompts += 1;
      seen.signals.push(context.signal);
      session.accessToken = await (stepUp ?? signIn)(challenge, seen.prompts);
      return session.accessToken;
    },
  };
  const send = await library({ origin: api.origin, options, stepUpFetch, stepUps });
  return { send, seen, signIn };
}

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
    const { send, seen } = await open(library);
    const results = await Promise.all(Array.from({ length: 5 }, () => send('/one')));
    assert.deepEqual({ results, prompts: seen.prompts }, { results: Array(5).fill('done'), prompts: 1 });
  },
  async 'two stages'(library) {
    const { send, seen } = await open(library);
    assert.deepEqual({ result: await send('/two'), prompts: seen.prompts }, { result: 'done', prompts: 2 });
  },
  async loop(library) {
    const { send, seen } = await open(library);
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
  /** The page is left while a step-up is open, and shown again by the browser. */
  async Back(library) {
    const page = new EventTarget();
    for (const name of ['addEventListener', 'removeEventListener']) globalThis[name] = page[name].bind(page);
    try {
      let prompted;
      const begun = new Promise((resolve) => {
        prompted = resolve;
      });
      const { send, seen, signIn } = await open(library, (challenge, prompt) => {
        if (prompt > 1) return signIn(challenge, prompt);
        prompted();
        return new Promise(() => {});
      });
      const left = failing(send('/one'));
      await begun;
      page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
      const code = await left;
      assert.deepEqual(
        { code, result: await send('/one'), prompts: seen.prompts },
        { code: 'ERR_STEP_UP_ABANDONED', result: 'done', prompts: 2 },
      );
    } finally {
      for (const name of ['addEventListener', 'removeEventListener']) delete globalThis[name];
    }
  },
};

const outcomes = {};
for (const [name, library] of Object.entries(libraries)) {
  if (process.argv[2] !== undefined && process.argv[2] !== name) continue;
  outcomes[name] = {};
  for (const [scenario, play] of Object.entries(scenarios)) {
    outcomes[name][scenario] = await play(library).then(
      () => 'ok',
      ({ message }) => `FAILED: ${message}`,
    );
  }
}
plain.close();
console.log(JSON.stringify(outcomes));
process.exit(0);
