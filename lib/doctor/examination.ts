import {
  type AuthorizationServer,
  type AuthorizationServerProfile,
  checkAuthorizationServers,
  type Introspection,
  type IntrospectionOptions,
  profiles,
  type ServerOptions,
} from '../authorization-servers/index.js';
import { closestMatch, StepUpConfigurationError } from '../core/index.js';
import type { CommandLine } from './command-line.js';
import type { Config } from './config.js';
import type { LoginOptions } from './login-options.js';
import { printable, quoted, quotedList } from './quoted.js';
import { UsageError } from './usage-error.js';

/** What the doctor looks at, by the command line and the file of `--config`. The command line comes first. */
export interface Examination {
  readonly issuer: string;
  /** The profile of the server. Empty without one. */
  readonly profile: AuthorizationServerProfile;
  /** Whether a profile was given. */
  readonly hasProfile: boolean;
  /** The words that are compared with what the server offers. */
  readonly words: readonly string[];
  /** The words of `--acr`. Any one of them is enough. */
  readonly requiredWords: readonly string[];
  /** The strings that satisfy any of these words; `undefined` without words. */
  readonly acrValues: readonly string[] | undefined;
  /** Seconds. */
  readonly maxAge: number | undefined;
  /** Empty if none was given. */
  readonly audience: readonly string[];
  readonly login: LoginOptions | undefined;
  /** How the server is asked about tokens; `undefined` if it is not asked. */
  readonly introspection: Introspection | undefined;
  /** `introspection.when` of the file of `--config`. */
  readonly configuredWhen: Introspection['when'] | undefined;
  /** What must not be shown if the server repeats it. */
  readonly secrets: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Returns the server as an application configures it, with this audience. */
  serverFor(audience: readonly string[]): AuthorizationServer;
}

export interface Given {
  readonly commandLine: CommandLine;
  /** Options of `--introspect`, with the secrets that they name; `undefined` without it. */
  readonly introspection: Partial<IntrospectionOptions> | undefined;
  readonly config: Config | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The audience if none is known. No token names it. */
const NO_AUDIENCE = '(none)';

/**
 * Returns what the doctor looks at.
 *
 * @throws UsageError if the options are not valid, or do not say which server is meant
 */
export function examinationOf({ commandLine, introspection: asked, config, env }: Given): Examination {
  const { where, options: chosen } = chooseServer(config, commandLine);
  // The secret of introspection can come from the command line.
  if (where !== undefined) checked({ ...chosen, ...commandLine.network, introspection: undefined }, inFile(where));
  const options: ServerOptions = {
    ...chosen,
    ...commandLine.network,
    audience: commandLine.audience.length > 0 ? commandLine.audience : chosen.audience,
  };
  const profile = profileOf(commandLine.profile ?? chosen.profile);
  const acr = wordsOf(commandLine, options);
  const configured = checked(
    {
      ...options,
      ...acr,
      profile: { ...profile, claims: { ...profile.claims, ...commandLine.claims } },
      introspection: asked === undefined ? undefined : introspectionOf(asked, options.introspection),
    },
    asOption,
  );
  const requiredWords = Object.keys(commandLine.acr);
  const { introspection } = configured;
  const secret =
    introspection === undefined || !('secret' in introspection.client) ? [] : [introspection.client.secret];
  const audience = [...configured.audience].filter((identifier) => identifier !== NO_AUDIENCE);
  return {
    issuer: configured.issuer,
    profile,
    hasProfile: (commandLine.profile ?? chosen.profile) !== undefined,
    words: [...new Set([...requiredWords, ...configured.vocabulary.words.keys()])],
    requiredWords,
    acrValues: requiredWords.length === 0 ? undefined : configured.vocabulary.stringsFor(requiredWords),
    maxAge: commandLine.maxAge,
    audience,
    login: commandLine.login,
    introspection,
    configuredWhen: options.introspection === undefined ? undefined : (options.introspection.when ?? 'opaque'),
    secrets: [...secret, commandLine.login?.clientSecret ?? ''].filter((text) => text !== ''),
    env,
    serverFor: (named) =>
      named.length === 0 ? configured : Object.freeze({ ...configured, audience: new Set(named) }),
  };
}

interface ChosenServer {
  readonly options: ServerOptions;
  /** Where its options are in the file of `--config`; `undefined` without a file. */
  readonly where: string | undefined;
}

function chooseServer(config: Config | undefined, { issuer, profile: name }: CommandLine): ChosenServer {
  if (config === undefined || config.kind === 'profile') {
    if (issuer === undefined) throw new UsageError('"doctor" takes one issuer', true);
    if (config === undefined) return { options: { issuer, audience: NO_AUDIENCE }, where: undefined };
    if (name !== undefined) throw new UsageError('"--profile" has no use with a profile in the file of "--config"');
    return { options: { issuer, audience: NO_AUDIENCE, profile: config.profile }, where: 'server' };
  }
  const { servers } = config;
  const issuers = servers.map((server) => server.issuer);
  const index = issuer === undefined ? (servers.length === 1 ? 0 : -1) : issuers.indexOf(issuer);
  const options = servers[index];
  if (options === undefined) {
    throw new UsageError(
      issuer === undefined
        ? `The file of "--config" has several authorization servers: choose one by its issuer, ${quotedList(issuers)}`
        : `The file of "--config" has no server with this issuer; it has ${quotedList(issuers)}`,
    );
  }
  return { options: { ...options, audience: options.audience ?? NO_AUDIENCE }, where: config.where(index) };
}

function profileOf(given: ServerOptions['profile'] = {}): AuthorizationServerProfile {
  return typeof given === 'string' ? profiles[given] : given;
}

/** Returns the words of the file and of the command line. */
function wordsOf({ acr: given }: CommandLine, { acr: configured }: ServerOptions): Pick<ServerOptions, 'acr'> {
  const entries = Object.entries(given);
  if (entries.length === 0) return {};
  const isMap = typeof configured === 'object' && configured !== null;
  const words = new Map<string, string | readonly string[] | undefined>(isMap ? Object.entries(configured) : []);
  const known = [...words.keys(), ...[...words.values()].flat()].filter((value) => value !== undefined);
  for (const [word, strings] of entries) {
    if (strings !== undefined) words.set(word, strings);
    else if (!isMap) words.set(word, [word]);
    else if (!known.includes(word)) {
      throw new UsageError(
        `The file of "--config" knows no word ${quoted(word)}; the closest is ${quoted(closestMatch(word, known))}`,
      );
    }
  }
  return { acr: Object.fromEntries(words) };
}

/** Returns the options of the file, and those of the command line in their place. */
function introspectionOf(
  asked: Partial<IntrospectionOptions>,
  configured: IntrospectionOptions | undefined,
): IntrospectionOptions {
  const replacesClient = asked.clientSecret !== undefined || asked.privateKey !== undefined;
  const { clientSecret, privateKey, clientAuthentication, ...rest } = configured ?? { clientId: '' };
  const options = { ...rest, ...(replacesClient ? {} : { clientSecret, privateKey, clientAuthentication }), ...asked };
  if (options.clientId === '') {
    throw new UsageError(
      '"--introspect" needs "--introspection-client-id", or "introspection" in the file of "--config"',
    );
  }
  if (options.clientSecret === undefined && options.privateKey === undefined) {
    throw new UsageError(
      '"--introspect" needs the secret of the client: "--introspection-secret-env" or "--introspection-secret-file", ' +
        'or its key: "--introspection-key-file". A server that asks for no secret takes any',
    );
  }
  return options;
}

/** Rewrites the name of an option, such as `authorizationServers[0].acr.mfa`. */
type Wording = (message: string) => string;

const asOption: Wording = (message) =>
  message
    .replaceAll('authorizationServers[0].introspection.', '--introspection-')
    .replace(/"authorizationServers\[0\]\.allowInsecureRequests" to true/, '"--allow-insecure-requests"')
    .replace('"authorizationServers[0].issuer"', '"issuer"')
    .replace(/authorizationServers\[0\]\.(\w+)/g, (_, name: string) => `--${inKebabCase(name)}`);

function inKebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const inFile =
  (where: string): Wording =>
  (message) =>
    `The file of "--config" is not valid: ${message.replaceAll('authorizationServers[0]', where)}`;

/** @throws UsageError naming the option */
function checked(options: ServerOptions, wording: Wording): AuthorizationServer {
  try {
    return checkAuthorizationServers([options])[0] as AuthorizationServer;
  } catch (error) {
    if (!(error instanceof StepUpConfigurationError)) throw error;
    throw new UsageError(printable(wording(error.message)));
  }
}
