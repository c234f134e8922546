import type { TestAuthorizationServer, TestUserAccount } from '../testing/index.js';

/** A running server, and what a developer has to know of it. */
export interface Development {
  readonly server: TestAuthorizationServer;
  readonly acrValuesSupported: readonly string[];
  readonly users: readonly TestUserAccount[];
  readonly clientId: string;
  readonly redirectUris: readonly string[];
}

/** Seconds. A working day, so that the printed tokens last as long as the server does. */
const LIFETIME = 8 * 3600;
/** Seconds since the sign-in of the weak token. */
const LONG_AGO = 3600;

/** Returns what a developer reads in the terminal: addresses, users, and two tokens ready for `curl`. */
export async function welcome({
  server,
  acrValuesSupported,
  users,
  clientId,
  redirectUris,
}: Development): Promise<string> {
  const { issuer, audience, introspection } = server;
  const [strongest, weakest] = [acrValuesSupported[0], acrValuesSupported.at(-1)] as [string, string];
  const subject = (users.find(({ code }) => code !== undefined) ?? users[0])?.name;
  const clientOf = { subject, clientId, expiresIn: LIFETIME };
  const now = Math.floor(Date.now() / 1000);
  const weak = await server.accessToken({ ...clientOf, acr: weakest, authTime: now - LONG_AGO });
  const strong = await server.accessToken({ ...clientOf, acr: strongest, authTime: now });
  const port = new URL(issuer).port;
  const rows = [
    ['Issuer', issuer],
    ['Audience', audience],
    ['acr', `${acrValuesSupported.join(' ')}   strongest first; the last needs a password alone`],
    ...users.map(({ name, password, code }, index) => [
      index === 0 ? 'Users' : '',
      `${name}   password ${password}, ${code === undefined ? 'no code' : `code ${code}`}`,
    ]),
    ['Client', `${clientId}   public, PKCE, ${redirectUris.join(' ')}`],
    [
      'Introspection',
      `${introspection.endpoint}   client ${introspection.clientId}, secret ${introspection.clientSecret}`,
    ],
  ];
  return `
An authorization server for development. Nothing about it is secret.

${rows.map(([name = '', value]) => `  ${name.padEnd(15)}${value}`).join('\n')}

A weak token, ${weakest}, from a sign-in an hour ago:

export WEAK=${weak}

A strong token, ${strongest}, from a sign-in just now:

export STRONG=${strong}

In another terminal, with the two lines above:

  STEP_UP_ISSUER=${issuer} STEP_UP_AUDIENCE=${audience} npx nest start
  curl -i -H "Authorization: Bearer $WEAK" http://localhost:3000/protected
  curl -i -H "Authorization: Bearer $STRONG" http://localhost:3000/protected

  npx nestjs-step-up token --port ${port} --acr ${weakest} --auth-time=-600   # another token

Stop with Ctrl+C.
`;
}
