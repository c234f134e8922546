import { Controller, Get, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, RequireAcr } from 'nestjs-step-up';
import {
  type AuthorizationBehavior,
  authorizationBehaviors,
  createTestAuthorizationServer,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import * as openid from 'openid-client';
import {
  type AuthorizationParametersOptions,
  authorizationError,
  authorizationParameters,
  type StepUpErrorCode,
  type StepUpOutcome,
  stepUpFetch,
  verifyStepUp,
} from '../../lib/client/index.js';
import { adapters, captureLog, type RunningApplication, startApplication } from '../support/application.js';

const REDIRECT_URI = 'https://client.example/callback';
const SCOPE = 'openid transfer:write';
const MAX_AGE_SECONDS = 60;
/** A time limit of this many seconds ends once the user is at the page of the server. */
const TIME_LIMIT = 50;

@Controller()
class BankController {
  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {
    return [];
  }

  @Get('transfer')
  @RequireAcr('mfa', { maxAge: MAX_AGE_SECONDS })
  transfer() {
    return { done: true };
  }
}

let server: TestAuthorizationServer;
let bank: RunningApplication;
let configuration: openid.Configuration;
const log = captureLog();
afterAll(() => log.restore());
beforeEach(async () => {
  server = await createTestAuthorizationServer();
  configuration = await openid.discovery(new URL(server.issuer), 'test-client', undefined, openid.None(), {
    execute: [openid.allowInsecureRequests],
  });
  bank = await startApplication({
    createAdapter: adapters[0][1],
    controllers: [BankController],
    options: {
      authorizationServers: [{ issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:example:mfa' } }],
    },
  });
});
afterEach(async () => {
  await bank.close();
  await server.close();
});

/** Sends the browser to the authorization server and comes back with tokens, if the browser does. */
async function signIn(parameters: Record<string, string>) {
  const verifier = openid.randomPKCECodeVerifier();
  const state = openid.randomState();
  const nonce = openid.randomNonce();
  const url = openid.buildAuthorizationUrl(configuration, {
    redirect_uri: REDIRECT_URI,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...parameters,
  });
  const location = (await fetch(url, { redirect: 'manual' })).headers.get('location');
  if (location === null) return new Promise<never>(() => {});
  return openid
    .authorizationCodeGrant(configuration, new URL(location), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
    })
    .catch((error) => {
      throw authorizationError(error) ?? error;
    });
}

/** Ends each time limit as soon as the server has been asked for the step-up. `jest.restoreAllMocks()` undoes it. */
function endTimeLimits(): void {
  const { setTimeout } = globalThis;
  const start = (end: () => void, milliseconds?: number) => {
    if (milliseconds !== TIME_LIMIT * 1000) return setTimeout(end, milliseconds);
    const look = () => void (server.authorizationRequests.length > 1 ? end() : setImmediate(look));
    look();
    return setTimeout(() => undefined, 0);
  };
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(start as typeof setTimeout);
}

interface ClientOptions extends Pick<AuthorizationParametersOptions, 'mode'> {
  /** Whether the client keeps a token only if `verifyStepUp` is satisfied. Default is `true`. */
  verifies?: boolean;
  satisfies?: (acr: string) => boolean;
  /** Seconds. */
  timeout?: number;
}

/** A client whose user has signed in with a password, longer ago than a transfer allows. */
async function signedInClient({ verifies = true, satisfies, timeout, ...asking }: ClientOptions = {}) {
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 2 * MAX_AGE_SECONDS * 1000);
  const signedIn = await signIn({ scope: SCOPE }).finally(() => clock.mockRestore());
  const { sub: subject, iss: issuer } = signedIn.claims() as openid.IDToken;
  const session = { accessToken: signedIn.access_token };
  const outcomes: StepUpOutcome['outcome'][] = [];
  let prompts = 0;
  let requests = 0;

  const api = stepUpFetch({
    origins: [bank.url],
    accessToken: () => session.accessToken,
    fetch: (input, init) => {
      requests += 1;
      return fetch(input, init);
    },
    ...(timeout !== undefined && { timeout }),
    stepUp: async (challenge, { challengedAt }) => {
      prompts += 1;
      const tokens = await signIn(authorizationParameters(challenge, { scope: SCOPE, ...asking }));
      const { outcome } = verifyStepUp(tokens.claims(), {
        ...challenge,
        challengedAt,
        subject,
        issuer,
        ...(satisfies !== undefined && { satisfies }),
      });
      outcomes.push(outcome);
      if (verifies && outcome !== 'satisfied') return undefined;
      session.accessToken = tokens.access_token;
      return session.accessToken;
    },
  });

  return {
    /** The status of the answer, or the code of the error. */
    async get(path: string): Promise<number | StepUpErrorCode> {
      try {
        const response = await api(`${bank.url}/${path}`);
        await response.arrayBuffer();
        return response.status;
      } catch (error) {
        return (error as { code: StepUpErrorCode }).code;
      }
    },
    get observed() {
      const stored = session.accessToken !== signedIn.access_token;
      return { outcomes, prompts, requests, stored };
    },
  };
}

interface Expected {
  behavior: AuthorizationBehavior;
  client?: ClientOptions;
  /** What the application sees: the status of the answer, or the code of the error. */
  result: number | StepUpErrorCode;
  /** What `verifyStepUp` says; absent where no tokens came back. */
  outcome?: StepUpOutcome['outcome'];
}

const outcomes: readonly Expected[] = [
  { behavior: 'honors', result: 200, outcome: 'satisfied' },
  { behavior: 'honors', client: { mode: 'essential' }, result: 200, outcome: 'satisfied' },
  { behavior: 'ignoresAcrValues', result: 401, outcome: 'acr_unmet' },
  { behavior: 'ignoresEssential', result: 200, outcome: 'satisfied' },
  { behavior: 'ignoresEssential', client: { mode: 'essential' }, result: 401, outcome: 'acr_unmet' },
  { behavior: 'returnsHigherAcr', result: 401, outcome: 'acr_unmet' },
  { behavior: 'omitsAuthTime', result: 401, outcome: 'auth_time_missing' },
  { behavior: 'authTimeInMilliseconds', result: 401, outcome: 'auth_time_invalid' },
  { behavior: 'needsOpenid', result: 200, outcome: 'satisfied' },
  { behavior: 'failsUnmet', result: 'ERR_STEP_UP_UNMET' },
  { behavior: 'declines', result: 'ERR_STEP_UP_DECLINED' },
  { behavior: 'neverReturns', client: { timeout: TIME_LIMIT }, result: 'ERR_STEP_UP_TIMEOUT' },
];

it('the table has every behavior', () => {
  expect(new Set(outcomes.map(({ behavior }) => behavior))).toEqual(new Set(authorizationBehaviors));
});

const titled = outcomes.map((expected) => {
  const { behavior, client = {} } = expected;
  return [client.mode === 'essential' ? `${behavior}, asked by an essential claim` : behavior, expected] as const;
});

describe.each(titled)('%s', (_, { behavior, client: options, result, outcome }) => {
  const satisfied = outcome === 'satisfied';
  beforeEach(endTimeLimits);
  afterEach(() => jest.restoreAllMocks());

  it(`C-50 C-54 C-55 gives ${result}, prompts once, and ${satisfied ? 'retries once' : 'stores and retries nothing'}`, async () => {
    const client = await signedInClient(options);
    server.behavior = behavior;
    expect(await client.get('transfer')).toBe(result);
    expect(client.observed).toEqual({
      outcomes: outcome === undefined ? [] : [outcome],
      prompts: 1,
      requests: satisfied ? 2 : 1,
      stored: satisfied,
    });
  });

  it('C-64 prompts once for requests in parallel', async () => {
    const client = await signedInClient(options);
    server.behavior = behavior;
    const results = await Promise.all([client.get('transfer'), client.get('transfer'), client.get('transfer')]);
    expect(results).toEqual([result, result, result]);
    expect(client.observed).toMatchObject({ prompts: 1, requests: satisfied ? 6 : 3, stored: satisfied });
  });

  it('leaves the session working', async () => {
    const client = await signedInClient(options);
    server.behavior = behavior;
    await client.get('transfer');
    expect(await client.get('accounts')).toBe(200);
    expect(client.observed.prompts).toBe(1);
  });
});

it('C-34 a client that leaves openid out is told so by a server that needs it', async () => {
  server.behavior = 'needsOpenid';
  const asked = authorizationParameters({ scheme: 'Bearer', maxAge: 0 }, { scope: 'transfer:write', openid: false });
  await expect(signIn(asked)).rejects.toMatchObject({
    code: 'ERR_STEP_UP_AUTHORIZATION_FAILED',
    error: 'invalid_request',
  });
});

it('C-44 the sign-in of another user satisfies nothing', async () => {
  const client = await signedInClient();
  server.subject = 'bob';
  expect(await client.get('transfer')).toBe(401);
  expect(client.observed).toEqual({ outcomes: ['subject_mismatch'], prompts: 1, requests: 1, stored: false });
});

it('C-31 C-34 the authorization server is asked for what the challenge says', async () => {
  const client = await signedInClient();
  await client.get('transfer');
  expect(server.authorizationRequests).toHaveLength(2);
  expect(server.authorizationRequests[1]).toMatchObject({
    acr_values: 'urn:example:mfa',
    max_age: String(MAX_AGE_SECONDS),
    scope: SCOPE,
  });
});

it('C-46 each authorization request has its own state, nonce and PKCE challenge', async () => {
  const client = await signedInClient();
  await client.get('transfer');
  for (const name of ['state', 'nonce', 'code_challenge']) {
    expect(new Set(server.authorizationRequests.map((parameters) => parameters[name])).size).toBe(2);
  }
});

describe('C-58 a client that believes the server is stopped after one prompt', () => {
  it.each<[AuthorizationBehavior, ClientOptions]>([
    ['ignoresAcrValues', { verifies: false }],
    ['ignoresEssential', { verifies: false, mode: 'essential' }],
    ['returnsHigherAcr', { satisfies: (acr) => acr === 'urn:example:phr' }],
    ['omitsAuthTime', { verifies: false }],
    ['authTimeInMilliseconds', { verifies: false }],
  ])('%s', async (behavior, options) => {
    const client = await signedInClient(options);
    server.behavior = behavior;
    expect(await client.get('transfer')).toBe('ERR_STEP_UP_LOOP');
    expect(client.observed).toMatchObject({ prompts: 1, requests: 2 });
  });
});

describe('C-42 a user who tries again and again is prompted five times a minute', () => {
  it.each<AuthorizationBehavior>(['ignoresAcrValues', 'failsUnmet', 'declines'])('%s', async (behavior) => {
    const client = await signedInClient();
    server.behavior = behavior;
    const results: unknown[] = [];
    for (let attempt = 1; attempt <= 7; attempt += 1) results.push(await client.get('transfer'));
    expect(results.slice(5)).toEqual(['ERR_STEP_UP_REFUSED_BY_POLICY', 'ERR_STEP_UP_REFUSED_BY_POLICY']);
    expect(client.observed).toMatchObject({ prompts: 5, stored: false });
  });
});
