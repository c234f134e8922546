import fc from 'fast-check';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { acrOf, type Environment, observe } from './random-application/application.js';
import { applications } from './random-application/arbitrary.js';
import type { Blueprint } from './random-application/blueprint.js';
import { expectationOf } from './random-application/model.js';

/**
 * A failing application is printed with a seed and a path. `STEP_UP_SEED` and `STEP_UP_PATH` replay it, `STEP_UP_RUNS` tries
 * more applications than `npm test` does.
 */
const { STEP_UP_RUNS = '120', STEP_UP_SEED = '9470', STEP_UP_PATH } = process.env;
const numRuns = Number(STEP_UP_RUNS);
const replay = { seed: Number(STEP_UP_SEED), ...(STEP_UP_PATH && { path: STEP_UP_PATH }) };

describe('a random application', () => {
  const seen = { applications: 0, booted: 0, handlersRan: 0 };
  let environment: Environment;

  beforeAll(async () => {
    const server = await createTestAuthorizationServer();
    const accessToken = (word: string, expiresIn = 86_400) => server.accessToken({ acr: acrOf(word), expiresIn });
    const tokens = {
      phr: await accessToken('phr'),
      mfa: await accessToken('mfa'),
      pwd: await accessToken('pwd'),
      expired: await accessToken('phr', -60),
      none: undefined,
    };
    environment = { server, tokens };
  });
  afterAll(() => environment.server.close());

  // Ends a run that hangs: a busy machine takes seconds for an application.
  const timeout = 600_000 + numRuns * 10_000;
  it(
    'runs a handler only for the tokens that may make it run',
    () => fc.assert(property(), { numRuns, ...replay }),
    timeout,
  );

  (STEP_UP_PATH ? it.skip : it)('boots often enough to show anything (a replay of one path boots too little)', () => {
    expect(seen.booted / seen.applications).toBeGreaterThan(0.4);
    expect(seen.handlersRan / seen.booted).toBeGreaterThan(1);
  });

  function property() {
    return fc.asyncProperty(applications(), async (blueprint) => {
      expect(await faultsOf(blueprint)).toEqual([]);
    });
  }

  /** How an application differs from the model. */
  async function faultsOf(blueprint: Blueprint): Promise<string[]> {
    const { stops, isPlain, handlers } = expectationOf(blueprint);
    const { stoppedBy, ran } = await observe(blueprint, environment);
    seen.applications += 1;
    if (stoppedBy !== undefined) return isPlain && !stops ? [`the boot stops: ${stoppedBy}`] : [];
    seen.booted += 1;
    const faults = isPlain && stops ? ['the boot does not stop'] : [];
    for (const [handler, { mayRun, isServed }] of handlers) {
      const ranFor = [...(ran.get(handler) ?? [])];
      seen.handlersRan += ranFor.length > 0 ? 1 : 0;
      const holes = ranFor.filter((token) => !mayRun.includes(token));
      const refused = isServed ? mayRun.filter((token) => !ranFor.includes(token)) : [];
      faults.push(...holes.map((token) => `${handler} runs for "${token}"`));
      faults.push(...refused.map((token) => `${handler} does not run for "${token}"`));
    }
    return faults;
  }
});
