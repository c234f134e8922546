import {
  type AuthorizationServerProfile,
  checkProfile,
  type ProfileName,
  profiles,
} from '../lib/authorization-servers/index.js';
import { type Example, examples } from './server-examples.js';

const UNKNOWN = '—';

/** Writes docs/authorization-servers.md from the profiles, so that the page says nothing that the library does not know. */
export function authorizationServersPage(): string {
  const names = Object.keys(profiles) as ProfileName[];
  return `# Connect your authorization server

<!-- Written by "node docs/write.mjs" from lib/authorization-servers/profiles. Change those, not this page. -->

Servers differ in their strings for \`acr\`, in the claims that hold them, and in what they make of \`acr_values\`. A profile knows how. Name it, and map your words to the server's strings:

\`\`\`ts
import { StepUpModule } from 'nestjs-step-up';

StepUpModule.forRoot({
  authorizationServers: [
${indented(entry('keycloak', examples.keycloak), 4)},
  ],
});
\`\`\`

Then let \`npx nestjs-step-up doctor <issuer> --profile <name>\` ([the doctor](doctor.md)) look at your server and at one of its tokens. Vendors change what they do, and administrators can change all of it: trust the token that you have seen.

If the API reaches the server at another address than clients do, see [Networks](networks.md). For a server for each customer, see [Servers of customers](customers.md). [Interoperability](interop.md) has what seven servers were seen to do.

A profile holds only what its sources say; "${UNKNOWN}" in a cell means that they say nothing.

${table(names)}

- **acr, auth_time**: the claim of the access token. It is there by default, once it is configured, or never. Next to "never" stands the claim whose methods tell it in its place, see [Methods](#methods-in-place-of-acr). Without either, a word stops the boot, and a \`maxAge\` earns a warning.
- **ID token**: which of the two claims ID tokens have. The client half judges ID tokens: [\`verifyStepUp\`](client.md) reports \`acr_missing\` or \`auth_time_missing\` without them. If your server gives them other names, its \`acrClaim\` and \`authTimeClaim\` say which.
- **typ**: which \`typ\` of a token's header is accepted. Beyond \`at+jwt\` other claims tell access tokens from ID tokens.
- **several values**: which of several acceptable strings the client sends.
- **when it cannot be met**: what comes back if the user cannot do what was asked for. It is an error, or a token of a lower acr, which the API refuses again.
- **refresh**: whether a refreshed access token keeps what is known of the sign-in.

Under "For clients", \`challenge\` comes from [\`nestjs-step-up/client\`](client.md). \`scope\` and \`resource\` are those of the present access token, and \`metadata\` is that of the server.

${names.map((name) => section(name, profiles[name], examples[name])).join('\n\n')}

## Another server

Give an object in place of a name. It says what differs from [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068.html), and nothing else is needed:

\`\`\`ts
import type { AuthorizationServerProfile } from 'nestjs-step-up';

export const profile: AuthorizationServerProfile = {
  typ: ['JWT', 'at+jwt'],
  accessTokenClaims: { token_use: 'access' }, // what only access tokens carry; true stands for any value
  otherTokenClaims: ['nonce'], // what they never carry
  claims: { acr: ['ext', 'acr'], clientId: 'azp', scope: 'scp' },
  absentClaims: ['jti'],
};
\`\`\`

Or change one from here: \`{ ...profiles.auth0, claims: { acr: 'https://api.example/acr' } }\`, with \`profiles\` from \`nestjs-step-up\`.

If nothing separates ID tokens from access tokens, do not widen \`typ\`. Have the server issue \`at+jwt\`. Or have it issue opaque tokens, and ask about those by introspection.

### Methods in place of acr

Some servers tell no class of a sign-in, and do tell its methods, in \`amr\` ([RFC 8176](https://www.rfc-editor.org/rfc/rfc8176.html)) or in a claim of their own. Give those methods a string of your choice under \`methods.acr\`, and map your word to that string:

\`\`\`ts
import type { AuthorizationServerOptions } from 'nestjs-step-up';

export const server: AuthorizationServerOptions = {
  issuer: 'https://login.example.com',
  audience: 'https://api.example.com',
  acr: { mfa: 'mfa' }, // your word, and the string
  profile: {
    methods: { acr: { mfa: ['otp', ['pwd', 'hwk']] } }, // otp, or pwd and hwk together
  },
};
\`\`\`

A method that is not listed stands for nothing, and a claim of another form tells no methods. A challenge names the string in \`acr_values\`. Your server does not know it: it tells your client, whose sign-in has to end with such a method. The ID token has the methods too, and your client judges them in place of \`acr\`:

\`\`\`ts
import { type StepUpExpectation, verifyStepUp } from 'nestjs-step-up/client';

declare const claims: { sub: string; amr?: string[] }; // of the ID token
declare const expectation: StepUpExpectation;

const told = claims.amr?.includes('otp') ? { acr: 'mfa' } : {};
export const { outcome } = verifyStepUp({ ...claims, ...told }, expectation);
\`\`\`

If the server tells the time of each method, \`maxAge\` judges the time of the method that the route requires, and not \`auth_time\`. So \`@RequireAcr('mfa', { maxAge: 300 })\` means a second factor within five minutes, which RFC 9470 itself cannot say. Say how the claim is written:

| the claim | \`methods\` |
| --- | --- |
| \`"amr": ["pwd", "otp"]\` | \`{ acr }\` |
| \`"amr": [{ "method": "totp", "timestamp": 1790000000 }]\` | \`{ form: 'entries', method: 'method', time: 'timestamp', acr }\` |
| \`"st-mfa": { "c": { "totp": 1790000000 } }\`, with \`claims: { amr: ['st-mfa', 'c'] }\` | \`{ form: 'times', acr }\` |
| \`"fva": [5, -1]\`, minutes before \`iat\`, with \`claims: { amr: 'fva' }\` | \`{ form: 'ages', names: ['first', 'second'], unit: 60, acr }\` |
| \`"second_factor": "totp"\`, with \`claims: { amr: 'second_factor' }\` | \`{ form: 'text', acr }\` |

- Times are in seconds, unless \`timeFormat\` is \`'milliseconds'\` or \`'rfc3339'\`. \`authTimeFormat\` says the same of \`auth_time\`.
- Methods that are needed together are as old as the oldest of them. Of several that are each enough, the latest counts.
- A time that cannot be read, or that lies in the future, is not met, even next to a good one.
- \`acrTimes\` is for a server that tells \`acr\` itself: it says of which methods the time of a string is, and a token without them has no such time. \`authTime\` lists the methods that are a sign-in, for a server without \`auth_time\`.


`;
}

function table(names: readonly ProfileName[]): string {
  const head = [
    'server',
    'profile',
    'acr',
    'auth_time',
    'ID token',
    'typ',
    'several values',
    'max_age=0',
    'when it cannot be met',
    'refresh',
    'checked',
  ];
  const rows = names.map((name) => {
    const profile: AuthorizationServerProfile = profiles[name];
    const { claims, typ, methods } = checkProfile(name, name);
    const changed: Readonly<Record<string, string>> = examples[name].changes?.claims ?? {};
    const byMethods = `never; methods in \`${claims.amr.join('.')}\``;
    return [
      `[${profile.title}](#${anchor(profile)})`,
      `\`${name}\``,
      profile.issues?.acr === 'never'
        ? (methods?.acr.length ?? 0) > 0
          ? byMethods
          : 'never'
        : `${'acr' in changed ? 'a name of yours' : `\`${claims.acr.join('.')}\``}, ${said(ISSUED, profile.issues?.acr)}`,
      profile.issues?.authTime === 'never'
        ? methods?.hasTimes === true
          ? byMethods
          : 'never'
        : `${'authTime' in changed ? 'a name of yours' : `\`${claims.authTime.join('.')}\``}, ${said(ISSUED, profile.issues?.authTime)}`,
      idToken(profile),
      [...typ].map((value) => (value === null ? 'none' : `\`${value === 'jwt' ? 'JWT' : value}\``)).join(', '),
      said({ all: 'all, in order', first: 'the first' }, profile.request?.acrValues),
      sent(profile.request?.zeroMaxAge),
      said({ error: 'error', lower: 'lower acr', 'no-return': 'no return' }, profile.whenUnmet),
      said({ keeps: 'keeps', drops: 'drops' }, profile.onRefresh),
      profile.checkedOn,
    ];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const ISSUED = { 'by-default': 'by default', 'if-configured': 'once configured', never: 'never' };
const IN_ID_TOKENS = { ...ISSUED, 'if-requested': 'if requested' };

function idToken({ idToken = {} }: AuthorizationServerProfile): string {
  const { acr, authTime } = idToken;
  if (acr === undefined && authTime === undefined) return UNKNOWN;
  return `\`acr\` ${said(IN_ID_TOKENS, acr)}, \`auth_time\` ${said(IN_ID_TOKENS, authTime)}`;
}

function said<Fact extends string>(words: Readonly<Record<Fact, string>>, fact: Fact | undefined): string {
  return fact === undefined ? UNKNOWN : words[fact];
}

function sent(parameters: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(parameters ?? {}).map(([name, value]) => `\`${name}=${value}\``);
  return pairs.length === 0 ? UNKNOWN : pairs.join(' ');
}

function section(name: ProfileName, profile: AuthorizationServerProfile, example: Example): string {
  const strings = profile.acrValues?.map((value) => `\`${value}\``) ?? [];
  return `## ${profile.title}

\`\`\`ts
import ${example.changes === undefined ? 'type { AuthorizationServerOptions }' : '{ type AuthorizationServerOptions, profiles }'} from 'nestjs-step-up';

export const ${name}: AuthorizationServerOptions = ${entry(name, example)};
\`\`\`
${strings.length === 0 ? '' : `\nIts ${strings.length === 1 ? 'string is' : 'strings are'} ${strings.join(', ')}.\n`}${told(name)}
For its administrator:

${profile.steps?.map((step, index) => `${index + 1}. ${step}`).join('\n')}
${code(example)}
For clients: ${client(profile, example)}

Good to know:

${bullets(profile.notes)}
${profile.observed === undefined ? '' : `\nObserved:\n\n${bullets(profile.observed)}\n`}
Sources, read on ${profile.checkedOn}: ${profile.source?.map((source) => `<${source}>`).join(', ')}.`;
}

/** What methods tell of strings, and of whose time they are. */
function told(name: ProfileName): string {
  const { methods, claims } = checkProfile(name, name);
  const listed = (all: NonNullable<typeof methods>['acr']) =>
    all.map(
      ([acr, any]) =>
        `\`${acr}\` by ${any.map((one) => one.map((method) => `\`${method}\``).join(' with ')).join(' or ')}`,
    );
  const sentences = [
    ...(methods?.acr.length ? [`\`${claims.amr.join('.')}\` tells ${listed(methods.acr).join(', ')}.`] : []),
    ...(methods?.acrTimes.length ? [`\`maxAge\` judges the time of ${listed(methods.acrTimes).join(', ')}.`] : []),
  ];
  return sentences.length === 0 ? '' : `\n${sentences.join(' ')}\n`;
}

function bullets(sentences: readonly string[] = []): string {
  return sentences.map((sentence) => `- ${sentence}`).join('\n');
}

function code({ code }: Example): string {
  if (code === undefined) return '';
  return `\n${code.text}\n\n${code.files.map((file) => `\`\`\`js\n${file}\n\`\`\`\n`).join('\n')}`;
}

function client(
  { request = {} }: AuthorizationServerProfile,
  { client, names, options: { audience }, changes }: Example,
): string {
  if (client !== undefined) return client;
  const options = [
    ...(request.mode === undefined ? [] : [`mode: '${request.mode}'`]),
    ...(request.mode === 'auto' ? ['metadata'] : []),
    ...(request.acrValues === 'first' ? ["acrValues: 'first'"] : []),
    ...(request.zeroMaxAge === undefined || sent(request.zeroMaxAge) === '`max_age=0`'
      ? []
      : [`zeroMaxAge: ${literal(request.zeroMaxAge)}`]),
    'scope',
    ...(names === 'resource' ? ['resource'] : []),
  ];
  const call = `authorizationParameters(challenge, { ${options.join(', ')} })`;
  const judged = changes?.inIdTokens === true ? ` ID tokens have these names too: ${renamed(changes.claims)}.` : '';
  if (names !== 'audience') return `\`${call}\`.${judged}`;
  return `\`{ ...${call}, audience: ${literal(audience)} }\`. The \`audience\` belongs in every authorization request; without it access tokens are not for this API.${judged}`;
}

/** How `verifyStepUp` reads claims of other names. */
function renamed({ acr, authTime }: Readonly<Record<string, string>>): string {
  return `\`verifyStepUp(claims, { ...challenge, challengedAt, subject, acrClaim: '${acr}', authTimeClaim: '${authTime}' })\``;
}

/** The member of `authorizationServers`, as one writes it. */
function entry(name: ProfileName, { options, changes }: Example): string {
  const profile = changes === undefined ? `'${name}'` : `{ ...profiles.${name}, claims: ${literal(changes.claims)} }`;
  const { issuer, audience, ...others } = options;
  const lines = [
    `issuer: ${literal(issuer)}`,
    `audience: ${literal(audience)}`,
    `profile: ${profile}`,
    ...Object.entries(others).map(([member, value]) => `${member}: ${literal(value)}`),
  ];
  return `{\n${lines.map((line) => `  ${line},`).join('\n')}\n}`;
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return `'${String(value)}'`;
  return `{ ${Object.entries(value)
    .map(([name, member]) => `${name}: ${literal(member)}`)
    .join(', ')} }`;
}

function indented(text: string, by: number): string {
  return text.replace(/^/gm, ' '.repeat(by));
}

/** As GitHub makes it from a heading. */
function anchor({ title = '' }: AuthorizationServerProfile): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
