import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorizationServersPage } from '../../docs/authorization-servers.js';
import { examples } from '../../docs/server-examples.js';
import {
  type AuthorizationServerProfile,
  checkAuthorizationServers,
  type ProfileName,
  profiles,
  type ServerOptions,
} from '../../lib/authorization-servers/index.js';
import { authorizationParameters } from '../../lib/client/index.js';

const page = authorizationServersPage();
const names = Object.keys(profiles) as ProfileName[];

/** The object of the first code block below a heading; test/readme.spec.ts compiles the block. */
function entryBelow(heading: string): unknown {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`));
  const [, entry] = /```ts\n.*?AuthorizationServerOptions = (\{.*?\});\n```/s.exec(section) as RegExpExecArray;
  return new Function('profiles', `return ${entry}`)(profiles);
}

test('the page is what the profiles say; "node docs/write.mjs" writes it again', () => {
  expect(readFileSync(join(__dirname, '../../docs/authorization-servers.md'), 'utf8')).toBe(page);
});

test('each profile has its section, and a row that leads to it', () => {
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(headings).toEqual([...names.map((name) => profiles[name].title), 'Another server']);
  const all = [...page.matchAll(/^##+ (.+)$/gm)].map(([, title]) => title as string);
  const anchors = all.map((title) =>
    title
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  expect(page.match(/^\| \[/gm)).toHaveLength(names.length);
});

test.each(names)('the entry of %s works as the page shows it', (name) => {
  const entry = entryBelow(profiles[name].title as string) as ServerOptions;
  const { options, changes } = examples[name];
  expect(entry).toEqual({
    ...options,
    profile: changes === undefined ? name : { ...profiles[name], claims: changes.claims },
  });
  const [server] = checkAuthorizationServers([entry]);
  expect(server?.issuer).toBe(options.issuer);
  const { issues }: AuthorizationServerProfile = profiles[name];
  const tells = issues?.acr !== 'never' || (server?.profile.methods?.acr.length ?? 0) > 0;
  expect((server?.vocabulary.known?.length ?? 0) > 0).toBe(tells);
});

test.each(names)('the entry of %s uses only strings of its own profile', (name) => {
  const { acrValues: known, issues }: AuthorizationServerProfile = profiles[name];
  const [server] = checkAuthorizationServers([examples[name].options]);
  const { vocabulary } = server as NonNullable<typeof server>;
  const used = vocabulary.stringsFor(vocabulary.known ?? []);
  if (known === undefined) expect(used.length > 0).toBe(issues?.acr !== 'never');
  else expect(used.filter((value) => !known.includes(value))).toEqual([]);
});

test('the page has no placeholder', () => {
  expect(page).not.toMatch(/undefined|\[object|\bTODO\b|null/);
});

describe('the Actions for auth0', () => {
  const MFA = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
  const ACR = 'https://api.example/acr';
  const AUTH_TIME = 'https://api.example/auth_time';
  const [ask, tell] = (examples.auth0.code?.files ?? []) as [string, string];
  const pwd = { name: 'pwd', timestamp: '2026-11-25T10:00:00.900Z' };
  const mfa = { name: 'mfa', type: 'otp', timestamp: '2026-11-25T09:00:00.128Z' };
  const newerMfa = { ...mfa, timestamp: '2026-11-25T09:30:00.128Z' };
  const seconds = (day: string) => Date.parse(day) / 1000;

  async function run(action: string, event: object) {
    const exported: { onExecutePostLogin?: (event: object, api: object) => Promise<void> } = {};
    new Function('exports', action)(exported);
    const claims: Record<string, unknown> = {};
    const ofIdToken: Record<string, unknown> = {};
    const challengeWithAny = jest.fn();
    await exported.onExecutePostLogin?.(event, {
      authentication: { challengeWithAny },
      accessToken: {
        setCustomClaim: (name: string, value: unknown) => {
          claims[name] = value;
        },
      },
      idToken: {
        setCustomClaim: (name: string, value: unknown) => {
          ofIdToken[name] = value;
        },
      },
    });
    // verifyStepUp() of the client judges the ID token
    expect(ofIdToken).toEqual(claims);
    return { claims, challenges: challengeWithAny.mock.calls.length };
  }

  test.each<[what: string, event: object, challenges: number]>([
    ['challenges if its string is asked for', { transaction: { acr_values: ['x', MFA] } }, 1],
    ['does not challenge for another string', { transaction: { acr_values: [`${MFA}x`] } }, 0],
    ['does not challenge if nothing is asked for', { transaction: { acr_values: [] } }, 0],
    ['does not challenge outside a transaction', {}, 0],
    ['does not challenge on a refresh', { transaction: { protocol: 'oauth2-refresh-token', acr_values: [MFA] } }, 0],
  ])('the Action for auth0 that asks %s', async (_, event, challenges) => {
    expect(await run(ask, event)).toEqual({ claims: {}, challenges });
  });

  test.each<[what: string, event: object, claims: Record<string, unknown>]>([
    ['sets no claim if no method is known', {}, {}],
    ['sets no claim for an empty list of methods', { authentication: { methods: [] } }, {}],
    [
      'sets only the time of a password',
      { authentication: { methods: [pwd] } },
      { [AUTH_TIME]: seconds('2026-11-25T10:00Z') },
    ],
    [
      'sets the latest time of the second factor, not that of a newer password',
      { authentication: { methods: [mfa, newerMfa, pwd] } },
      { [ACR]: MFA, [AUTH_TIME]: seconds('2026-11-25T09:30Z') },
    ],
  ])('the Action for auth0 that tells %s', async (_, event, claims) => {
    expect(await run(tell, event)).toEqual({ claims, challenges: 0 });
  });

  test('the Actions for auth0 set the claims that the profile of the example reads', () => {
    expect(examples.auth0.changes?.claims).toEqual({ acr: ACR, authTime: AUTH_TIME });
    expect(profiles.auth0.acrValues).toEqual([MFA]);
  });
});

test.each(['authentik', 'authelia', 'adfs'] as const)(
  'what the page has clients of %s send asks for a new sign-in, and for no value that means nothing there',
  (name) => {
    const [, call] = /authorizationParameters\((\{.*?\}, \{.*?\})\)/.exec(examples[name].client ?? '') ?? [];
    const challenge = { scheme: 'Bearer', acrValues: ['mfa'], maxAge: 300 };
    const parameters = new Function(
      'authorizationParameters',
      'challenge',
      'scope',
      `return authorizationParameters(${call})`,
    );
    const { scope, ...asked } = parameters(authorizationParameters, challenge, 'openid');
    expect(scope).toBe('openid');
    expect(asked).toEqual((profiles[name] as AuthorizationServerProfile).request?.zeroMaxAge ?? { max_age: '0' });
  },
);
