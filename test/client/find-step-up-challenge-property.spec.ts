import fc, { type Arbitrary } from 'fast-check';
import { findStepUpChallenge, type StepUpChallenge } from '../../lib/client/index.js';

/** A failing value is printed with a seed and a path. `STEP_UP_SEED` and `STEP_UP_PATH` replay it. */
const { STEP_UP_RUNS = '10000', STEP_UP_SEED = '9470', STEP_UP_PATH } = process.env;
const parameters = {
  numRuns: Number(STEP_UP_RUNS),
  seed: Number(STEP_UP_SEED),
  ...(STEP_UP_PATH && { path: STEP_UP_PATH }),
};

const FIELD = 'Bearer error="insufficient_user_authentication", acr_values="mfa"';
const BODY = { error: 'insufficient_user_authentication', acr_values: 'mfa' };
const NAMES = [
  ...['response', 'error', 'errors', 'graphQLErrors', 'networkError', 'extensions', 'originalError', 'cause'],
  ...['reason', 'data', 'body', 'bodyText', 'result', 'payload', 'headers', 'metadata', 'status', 'statusCode'],
  ...['has', 'get', 'getMap', 'getResponseHeader', 'www-authenticate', 'WWW-Authenticate', 'length', 'name', 'value'],
  ...['0', '1', 'claims', 'acr_values', 'max_age', 'toString', 'then', 'constructor', '__proto__'],
];

const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom(
    FIELD,
    JSON.stringify(BODY),
    'www-authenticate',
    'WWW-Authenticate',
    '{',
    '[',
    '[[[',
    'insufficient_claims',
  ),
  fc.constantFrom('Bearer error="insufficient_claims", claims="bnVsbA=="', 'Bearer a="', 'Bearer ,,,,'),
  fc
    .tuple(
      fc.constantFrom('a', '"', '\\', ',', 'a=', 'Bearer ', '{"a":', '[', ' '),
      fc.integer({ min: 1, max: 60_000 }),
    )
    .map(([part, times]) => part.repeat(times)),
);

const thrower = () => {
  throw new Error('a trap');
};
/** Objects that have everything, without end. */
const bottomless: object = new Proxy(() => bottomless, { get: () => bottomless, apply: () => bottomless });
const endless = (): object => new Proxy({}, { get: (_, name) => (name === 'constructor' ? undefined : endless()) });

/** What an object may be wrapped into. */
const wrappers: ((value: Record<string, unknown>) => unknown)[] = [
  (value) => value,
  (value) => Object.freeze(value),
  (value) => Object.defineProperties(new Error('failed'), Object.getOwnPropertyDescriptors(value)),
  (value) => Object.assign(Object.create(null), value),
  (value) => Object.defineProperty(value, Object.keys(value)[0] ?? 'response', { get: thrower, enumerable: true }),
  (value) => Object.defineProperty(value, 'headers', { get: thrower }),
  (value) => new Proxy(value, { get: thrower }),
  (value) => new Proxy(value, { ownKeys: thrower }),
  (value) => new Proxy(value, { getPrototypeOf: thrower, has: thrower, getOwnPropertyDescriptor: thrower }),
  (value) => Proxy.revocable(value, {}),
  (value) => {
    const { proxy, revoke } = Proxy.revocable(value, {});
    revoke();
    return proxy;
  },
  (value) => Object.assign(value, { cause: value, errors: [value, value], response: { error: value } }),
  (value) => new Map(Object.entries(value)),
  (value) => Object.values(value),
  (value) => Object.entries(value),
  (value) => ({ ...value, has: thrower, get: thrower }),
  (value) => ({ ...value, has: () => true, get: () => value }),
  (value) => ({ ...value, headers: thrower, status: thrower }),
  (value) => ({ ...value, headers: () => value, status: () => 401 }),
];

/** Functions that make the values: what reads a value to show it would meet its traps. */
type Make = () => unknown;
const making = (values: readonly unknown[]) =>
  fc.constantFrom(...values).map(
    (value): Make =>
      () =>
        value,
  );

const { value } = fc.letrec<{ value: Make; leaf: Make; object: Make }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('object')),
  leaf: fc.oneof(
    fc.oneof(text, fc.anything()).map(
      (made): Make =>
        () =>
          made,
    ),
    making([undefined, null, 200, 401, 403, 500, Number.NaN, 1n, Symbol('s'), FIELD, BODY, new Date(Number.NaN)]),
    making([new Response(), new Headers(), new WeakMap(), Promise.resolve(BODY), thrower]),
    fc.constantFrom<Make>(endless, () => bottomless),
  ),
  object: fc
    .tuple(
      fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 5 })), tie('value'), { maxKeys: 6 }),
      fc.constantFrom(...wrappers),
    )
    .map(([members, wrap]): Make => {
      return () => wrap(Object.fromEntries(Object.entries(members).map(([name, make]) => [name, make()])));
    }),
})) as { value: Arbitrary<Make> };

test('ten thousand values, cyclic ones, traps, proxies and long texts among them, give a challenge or nothing', () => {
  const seen = { found: 0, nothing: 0 };
  fc.assert(
    fc.property(value, (make) => {
      const challenge: StepUpChallenge | undefined = findStepUpChallenge(make(), { lenient: true });
      seen[challenge === undefined ? 'nothing' : 'found'] += 1;
      return challenge === undefined || typeof challenge.scheme === 'string';
    }),
    parameters,
  );
  expect(seen.found).toBeGreaterThan(parameters.numRuns / 100);
  expect(seen.nothing).toBeGreaterThan(parameters.numRuns / 10);
});

describe('the work is in proportion to what there is, and has an end', () => {
  /** Counts the reads of a structure. */
  function reads(build: (count: <T extends object>(value: T) => T) => unknown): number {
    let seen = 0;
    const count = <T extends object>(value: T) =>
      new Proxy(value, {
        get(target, name, receiver) {
          seen += 1;
          return Reflect.get(target, name, receiver);
        },
      });
    findStepUpChallenge(build(count));
    return seen;
  }

  test.each<[name: string, build: (size: number) => (count: <T extends object>(value: T) => T) => unknown]>([
    ['a chain', (size) => (count) => Array.from({ length: size }).reduce<object>((cause) => count({ cause }), {})],
    ['a list', (size) => (count) => ({ errors: Array.from({ length: size }, () => count({ message: 'x' })) })],
    [
      'a mesh',
      (size) => (count) => {
        const nodes = Array.from({ length: size }, () => count({ errors: [] as object[] }));
        for (const { errors } of nodes) errors.push(...nodes);
        return nodes[0];
      },
    ],
  ])('%s', (_, build) => {
    const [small, large, huge] = [50, 500, 2_000].map((size) => reads(build(size)));
    expect(large! / small!).toBeLessThan(12);
    expect(huge! / small!).toBeLessThan(25);
  });

  test.each([
    ['a field', 'Bearer a="b", '],
    ['JSON', '{"error":'],
  ])('%s above 1 MiB is not looked at', (_, part) => {
    const read = jest.spyOn(RegExp.prototype, 'exec');
    const parse = jest.spyOn(JSON, 'parse');
    const source = part.repeat(1_048_576);
    findStepUpChallenge(source);
    findStepUpChallenge({ status: 401, data: source, headers: { 'www-authenticate': source } });
    const calls = [...read.mock.calls, ...parse.mock.calls].filter(([text]) => text === source);
    read.mockRestore();
    parse.mockRestore();
    expect(calls).toEqual([]);
  });
});
