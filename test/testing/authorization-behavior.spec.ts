import { decodeJwt, type JWTPayload } from 'jose';
import {
  type AuthorizationBehavior,
  authorizationBehaviors,
  createTestAuthorizationServer,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';

const REDIRECT_URI = 'https://client.example/callback';
const REQUEST = {
  response_type: 'code',
  client_id: 'test-client',
  redirect_uri: REDIRECT_URI,
  scope: 'openid',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};
const NOW = 1_800_000_000;
const [PHR, MFA, PWD] = ['urn:example:phr', 'urn:example:mfa', 'urn:example:pwd'] as const;
const ESSENTIAL = { claims: JSON.stringify({ id_token: { acr: { essential: true, values: [MFA] } } }) };

let server: TestAuthorizationServer;
let now: number;
let clock: jest.SpyInstance;
beforeEach(async () => {
  now = NOW;
  clock = jest.spyOn(Date, 'now').mockImplementation(() => now * 1000);
  server = await createTestAuthorizationServer();
});
afterEach(async () => {
  clock.mockRestore();
  await server.close();
});

/** What comes of an authorization request: claims of both tokens, an error, or the page on which the user stays. */
type Outcome = { acr?: unknown; auth_time?: unknown } | string;

async function outcomeOf(parameters: Record<string, string>): Promise<Outcome> {
  const request = new URLSearchParams({ ...REQUEST, ...parameters });
  const response = await fetch(`${server.issuer}/authorize?${request}`, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (location === null) return `page with status ${response.status}`;
  const { searchParams } = new URL(location);
  const error = searchParams.get('error');
  if (error !== null) return error;
  const tokens = await fetch(`${server.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'test-client',
      redirect_uri: REDIRECT_URI,
      code: searchParams.get('code') as string,
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    }),
  });
  const { access_token: accessToken, id_token: idToken } = (await tokens.json()) as Record<string, string>;
  const outcome = authenticationIn(decodeJwt(accessToken as string));
  if (idToken !== undefined) expect(authenticationIn(decodeJwt(idToken))).toEqual(outcome);
  return outcome;
}

function authenticationIn({ acr, auth_time: authTime }: JWTPayload): Outcome {
  return { ...(acr !== undefined && { acr }), ...(authTime !== undefined && { auth_time: authTime }) };
}

/** A minute after the user signed in. */
async function steppedUp(behavior: AuthorizationBehavior, parameters: Record<string, string>): Promise<Outcome> {
  await outcomeOf({});
  now += 60;
  server.behavior = behavior;
  return outcomeOf(parameters);
}

const signedIn = { acr: PWD, auth_time: NOW };
const authenticatedAgain = { acr: MFA, auth_time: NOW + 60 };

describe('a plain sign-in', () => {
  const told = {
    omitsAuthTime: { acr: PWD },
    authTimeInMilliseconds: { acr: PWD, auth_time: NOW * 1000 },
  } as Partial<Record<AuthorizationBehavior, Outcome>>;

  it.each(authorizationBehaviors)('a plain sign-in succeeds under %s', async (behavior) => {
    server.behavior = behavior;
    expect(await outcomeOf({})).toEqual(told[behavior] ?? signedIn);
  });
});

const outcomesByAcr: Record<AuthorizationBehavior, Outcome> = {
  honors: authenticatedAgain,
  ignoresAcrValues: signedIn,
  ignoresEssential: authenticatedAgain,
  returnsHigherAcr: { acr: PHR, auth_time: NOW + 60 },
  omitsAuthTime: { acr: MFA },
  authTimeInMilliseconds: { acr: MFA, auth_time: (NOW + 60) * 1000 },
  needsOpenid: authenticatedAgain,
  failsUnmet: 'unmet_authentication_requirements',
  declines: 'access_denied',
  neverReturns: 'page with status 200',
};
const signedInAgain = { acr: PWD, auth_time: NOW + 60 };

describe.each<{ how: string; asked: Record<string, string>; outcomes: Record<AuthorizationBehavior, Outcome> }>([
  { how: 'acr_values', asked: { acr_values: MFA }, outcomes: outcomesByAcr },
  { how: 'an essential acr claim', asked: ESSENTIAL, outcomes: { ...outcomesByAcr, ignoresEssential: signedIn } },
  {
    how: 'max_age',
    asked: { max_age: '59' },
    outcomes: {
      ...outcomesByAcr,
      honors: signedInAgain,
      ignoresAcrValues: signedInAgain,
      ignoresEssential: signedInAgain,
      returnsHigherAcr: signedInAgain,
      omitsAuthTime: { acr: PWD },
      authTimeInMilliseconds: { acr: PWD, auth_time: (NOW + 60) * 1000 },
      needsOpenid: signedInAgain,
    },
  },
])('a step-up by $how', ({ how, asked, outcomes }) => {
  it.each(authorizationBehaviors)(`a step-up by ${how} has the outcome of %s`, async (behavior) => {
    expect(await steppedUp(behavior, asked)).toEqual(outcomes[behavior]);
  });
});

describe('needsOpenid', () => {
  it('needsOpenid lets a plain authorization without the scope openid pass', async () => {
    expect(await steppedUp('needsOpenid', { scope: 'transfer:write' })).toEqual(signedIn);
  });

  it.each<[what: string, parameters: Record<string, string>]>([
    ['acr_values', { acr_values: MFA }],
    ['max_age', { max_age: '0' }],
    ['claims', ESSENTIAL],
  ])('needsOpenid refuses %s without the scope openid, honors does not', async (_, parameters) => {
    expect(await steppedUp('needsOpenid', { ...parameters, scope: 'transfer:write' })).toBe('invalid_request');
    expect(await steppedUp('honors', { ...parameters, scope: 'transfer:write' })).toMatchObject({
      auth_time: expect.any(Number),
    });
  });
});

describe('honors', () => {
  it('honors authenticates the user no more often than asked', async () => {
    expect(await steppedUp('honors', { max_age: '60' })).toEqual(signedIn);
    expect(await steppedUp('honors', { acr_values: `${MFA} ${PWD}` })).toEqual(signedIn);
  });

  it('honors takes the first acr that it knows, in order of preference', async () => {
    expect(await steppedUp('honors', { acr_values: `gold ${PHR} ${MFA}` })).toEqual({ acr: PHR, auth_time: NOW + 60 });
  });

  it.each<Record<string, string>>([{ max_age: '0' }, { prompt: 'login' }])(
    'honors authenticates the user again for %j',
    async (asked) => {
      await steppedUp('honors', { acr_values: MFA });
      now += 1;
      expect(await outcomeOf(asked)).toEqual({ acr: MFA, auth_time: NOW + 61 });
    },
  );

  it('honors takes no earlier sign-in for max_age=0, even if it is of the same second', async () => {
    expect(await steppedUp('honors', { acr_values: MFA })).toEqual(authenticatedAgain);
    expect(await outcomeOf({ max_age: '1', prompt: 'none' })).toEqual(authenticatedAgain);
    expect(await outcomeOf({ max_age: '0', prompt: 'none' })).toBe('login_required');
  });

  it('honors keeps the acr of the session', async () => {
    await steppedUp('honors', { acr_values: MFA });
    expect(await outcomeOf({})).toEqual(authenticatedAgain);
  });

  it('honors serves prompt=none from a session that is good enough', async () => {
    expect(await steppedUp('honors', { prompt: 'none' })).toEqual(signedIn);
    expect(await outcomeOf({ prompt: 'none', acr_values: MFA })).toBe('login_required');
  });
});

it('returnsHigherAcr fails with server_error if nothing is higher', async () => {
  expect(await steppedUp('returnsHigherAcr', { acr_values: `${MFA} ${PHR}` })).toBe('server_error');
});
