import 'reflect-metadata';

type Load = (path: string) => Record<string, unknown>;
type Run = (input: unknown) => unknown;

interface Target {
  readonly name: string;
  readonly seeds: readonly unknown[];
  readonly dictionary: readonly unknown[];
  prepare(load: Load): Run | Promise<Run>;
}

interface Options {
  readonly seed: number;
  readonly mayGoOn: (inputs: number) => boolean;
}

interface Found {
  readonly inputs: number;
  readonly failure?: { readonly input: unknown; readonly error: unknown };
}

// What `npm run fuzz` runs too.
const { atFixedTime }: { atFixedTime<T>(work: () => Promise<T>): Promise<T> } = require('./fixed-time.mjs');
const { search }: { search(target: object, options: Options): Promise<Found> } = require('./search.mjs');
const { TARGETS }: { TARGETS: readonly Target[] } = require('./targets/index.mjs');

/** Inputs next to the seeds. `npm run fuzz` is guided by coverage, and tries more. */
const INPUTS = Number(process.env['STEP_UP_FUZZ_INPUTS'] ?? 400);
const SEED = Number(process.env['STEP_UP_SEED'] ?? 9470);

const load: Load = (path) => require(`../../lib/${path}`);
const outcomeOf = async (name: string, loaded: Load, inputs: number) => {
  const target = TARGETS.find((one) => one.name === name)!;
  const run = await target.prepare(loaded);
  return atFixedTime(() => search({ ...target, run }, { seed: SEED, mayGoOn: (count) => count < inputs }));
};

let { fetch } = globalThis;
beforeEach(() => {
  fetch = globalThis.fetch;
});
afterEach(() => {
  globalThis.fetch = fetch;
});

test.each(TARGETS.map(({ name }) => name))('%s: seeds, what was found once, and what is made of them', async (name) => {
  const { inputs, failure } = await outcomeOf(name, load, INPUTS);
  expect(failure).toBeUndefined();
  expect(inputs).toBeGreaterThanOrEqual(INPUTS);
});

describe('a fault of the package is found', () => {
  /** The package with one function in the place of its own. */
  const replacing =
    (path: string, name: string, make: (own: never) => unknown): Load =>
    (wanted) =>
      wanted === path ? { ...load(path), [name]: make(load(path)[name] as never) } : load(wanted);

  test.each<[target: string, fault: string, loaded: Load]>([
    [
      'challenges',
      'a parser that throws',
      replacing('core/index', 'parseChallenges', () => () => {
        throw new Error('x');
      }),
    ],
    [
      'challenges',
      'a parser that splits at commas',
      replacing(
        'core/index',
        'parseChallenges',
        () => (line: string) => line.split(',').map((scheme) => ({ scheme, parameters: {} })),
      ),
    ],
    [
      'authorization-header',
      'a token with a comma',
      replacing('token/index', 'presentedToken', () => () => ({ scheme: 'Bearer', token: 'a,b' })),
    ],
    [
      'access-token',
      'another audience',
      replacing(
        'authorization-servers/index',
        'checkAuthorizationServers',
        (own: (options: unknown) => object[]) => (options: unknown) =>
          own(options).map((server) => ({ ...server, audience: new Set(['https://api.example', 'x', '']) })),
      ),
    ],
    [
      'introspection',
      'an audience that is absent',
      replacing(
        'authorization-servers/index',
        'checkAuthorizationServers',
        (own: (options: unknown) => { profile: object }[]) => (options: unknown) =>
          own(options).map((server) => ({ ...server, profile: { ...server.profile, absentClaims: new Set(['aud']) } })),
      ),
    ],
    [
      'dpop-proof',
      'proofs that are accepted twice',
      replacing(
        'token/proofs/dpop-proof',
        'DPoPProofs',
        () =>
          class {
            verify() {}
          },
      ),
    ],
    [
      'options',
      'another error',
      replacing('nest/step-up-settings', 'checkOptions', () => () => {
        throw new TypeError('"x"');
      }),
    ],
  ])('%s: %s', async (name, _, loaded) => {
    const { failure } = await outcomeOf(name, loaded, 2_000);
    expect(failure).toBeDefined();
  });
});
