import {
  type AuthenticationRequirements,
  type Challenge,
  INSUFFICIENT_USER_AUTHENTICATION,
  parseChallenges,
} from '../core/index.js';

/** A response of supertest, `fetch`, axios, Playwright, or the `inject()` of Fastify and light-my-request. */
export interface ChallengedResponse {
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly headers: object;
}

/** An error that carries the response, as axios throws it. */
export interface ChallengedError {
  readonly response?: ChallengedResponse | undefined;
}

/** The expected challenge. `acrValues` are the strings of the authorization server, not words of the application. */
export interface ExpectedStepUpChallenge extends AuthenticationRequirements {
  /** Default is any realm, or none. */
  realm?: string | undefined;
}

/** The parameters that are compared. */
const COMPARED = ['acr_values', 'max_age', 'scope', 'realm'] as const;

/**
 * Checks that a response is a step-up challenge: status 401, and in `WWW-Authenticate` one challenge with the error
 * `insufficient_user_authentication`, or one each for Bearer and DPoP. Requirements that are not expected must be
 * absent, and the order of `acrValues` counts. Does not check the body.
 *
 * @example
 * ```ts
 * expectStepUpChallenge(response, { acrValues: ['urn:example:mfa'], maxAge: 300 });
 * ```
 * @throws Error that lists the differences, or names what is no response
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export function expectStepUpChallenge(
  response: ChallengedResponse | ChallengedError,
  expected: ExpectedStepUpChallenge,
): void {
  const { status, headers } = partsOf(response);
  const lines = headerLines(headers, 'www-authenticate');
  const differences = [...differing('status', 401, status), ...challengeDifferences(lines, expected)];
  if (differences.length === 0) return;
  throw new Error(
    [
      'The response is not the expected step-up challenge.',
      ...differences.map((difference) => `  ${difference}`),
      `WWW-Authenticate: ${lines.length === 0 ? 'none' : lines.join('\nWWW-Authenticate: ')}`,
    ].join('\n'),
  );
}

/** The status and the headers, which are methods in responses of Playwright. */
function partsOf(given: unknown): { status: unknown; headers: object } {
  const { response = given } = (given ?? {}) as { response?: unknown };
  const { status, statusCode, headers } = (response ?? {}) as Record<string, unknown>;
  const read = (part: unknown): unknown => (typeof part === 'function' ? part.call(response) : part);
  const found = read(headers);
  if (typeof found === 'object' && found !== null) return { status: read(status ?? statusCode), headers: found };
  throw new Error(`This is no response: "status" and "headers" are needed, received ${kindOf(given)}`);
}

function kindOf(given: unknown): string {
  if (typeof given !== 'object' || given === null) return given === null ? 'null' : typeof given;
  if ('then' in given) return 'a Promise; await it';
  if (given instanceof Error) return `a ${given.name}: ${given.message}`;
  return `an Object ${Object.keys(given).length === 0 ? 'without members' : `with ${Object.keys(given).join(', ')}`}`;
}

function challengeDifferences(lines: readonly string[], expected: ExpectedStepUpChallenge): string[] {
  const deviations: string[] = [];
  const parsed = parseChallenges(lines, { onDeviation: ({ code }) => deviations.push(code) });
  const challenges = parsed.filter(isStepUpChallenge);
  if (challenges.length === 0) {
    const errors = parsed.map(({ scheme, parameters }) => `${scheme} ${parameters['error'] ?? 'without error'}`);
    const received = [...errors, ...deviations.map((deviation) => `a challenge discarded as ${deviation}`)].join(', ');
    return [`challenge: expected Bearer ${INSUFFICIENT_USER_AUTHENTICATION}, received ${received || 'none'}`];
  }
  const schemes = new Set(challenges.map(({ scheme }) => scheme.toLowerCase()));
  return [
    ...differing('step-up challenges', schemes.size, challenges.length),
    ...challenges.flatMap(({ parameters }) => parameterDifferences(parameters, expected)),
  ];
}

function isStepUpChallenge({ scheme, parameters }: Challenge): boolean {
  return /^(bearer|dpop)$/i.test(scheme) && parameters['error'] === INSUFFICIENT_USER_AUTHENTICATION;
}

function parameterDifferences(
  received: Readonly<Record<string, string>>,
  { acrValues, maxAge, scope, realm = received['realm'] }: ExpectedStepUpChallenge,
): string[] {
  const expected = { acr_values: acrValues?.join(' '), max_age: maxAge?.toString(), scope, realm };
  return COMPARED.flatMap((name) => differing(name, expected[name], received[name]));
}

function differing(name: string, expected: unknown, received: unknown): string[] {
  return expected === received ? [] : [`${name}: expected ${show(expected)}, received ${show(received)}`];
}

function show(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

/** Returns the lines of a header. `fetch` and supertest have joined them into one. */
function headerLines(headers: object, name: string): string[] {
  if ('get' in headers && typeof headers.get === 'function') {
    const value: unknown = headers.get(name);
    return typeof value === 'string' ? [value] : [];
  }
  const [, value] = Object.entries(headers).find(([present]) => present.toLowerCase() === name) ?? [];
  return value === undefined ? [] : [value].flat().map(String);
}
