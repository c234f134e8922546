import {
  type AuthorizationServerProfile,
  checkProfile,
  type ProfileName,
  profiles,
} from '../lib/authorization-servers/index.js';
import { type Example, examples } from './examples.js';

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

Then let \`npx nestjs-step-up doctor <issuer> --profile <name>\` look at your server and at one of its tokens. Vendors change what they do, and administrators can change all of it: trust the token that you have seen.

A profile holds only what its sources say; "${UNKNOWN}" in a cell means that they say nothing.

${table(names)}

- **acr, auth_time**: the claim of the access token. It is there by default, once it is configured, or never. Without \`auth_time\` no \`maxAge\` can be met.
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
`;
}

function table(names: readonly ProfileName[]): string {
  const head = [
    'server',
    'profile',
    'acr',
    'auth_time',
    'typ',
    'several values',
    'max_age=0',
    'when it cannot be met',
    'refresh',
    'checked',
  ];
  const rows = names.map((name) => {
    const profile: AuthorizationServerProfile = profiles[name];
    const { claims, typ } = checkProfile(name, name);
    const changed = examples[name].changes !== undefined;
    return [
      `[${profile.title}](#${anchor(profile)})`,
      `\`${name}\``,
      `${changed ? 'a name of yours' : `\`${claims.acr.join('.')}\``}, ${said(ISSUED, profile.issues?.acr)}`,
      profile.issues?.authTime === 'never'
        ? 'never'
        : `${changed ? 'a name of yours' : `\`${claims.authTime.join('.')}\``}, ${said(ISSUED, profile.issues?.authTime)}`,
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
${strings.length === 0 ? '' : `\nIts ${strings.length === 1 ? 'string is' : 'strings are'} ${strings.join(', ')}.\n`}
For its administrator:

${profile.steps?.map((step, index) => `${index + 1}. ${step}`).join('\n')}
${code(example)}
For clients: ${client(profile, example)}

Good to know:

${bullets(profile.notes)}
${profile.observed === undefined ? '' : `\nObserved:\n\n${bullets(profile.observed)}\n`}
Sources, read on ${profile.checkedOn}: ${profile.source?.map((source) => `<${source}>`).join(', ')}.`;
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
  { client, names, options: { audience } }: Example,
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
  if (names !== 'audience') return `\`${call}\`.`;
  return `\`{ ...${call}, audience: ${literal(audience)} }\`. The \`audience\` belongs in every authorization request; without it access tokens are not for this API.`;
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
