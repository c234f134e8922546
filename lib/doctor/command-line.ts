import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type ProfileName, profiles, type ServerOptions } from '../authorization-servers/index.js';
import { isAcrValue } from '../core/index.js';
import { readInteger } from './integer-option.js';
import { type GivenIntrospection, INTROSPECTION_OPTIONS } from './introspection-options.js';
import { LOGIN_OPTIONS, type LoginOptions, readLogin } from './login-options.js';
import { UsageError } from './usage-error.js';

export interface CommandLine {
  /** `undefined` if only the file of `--config` names it. */
  readonly issuer: string | undefined;
  /** Where the server is reached, if that differs from what its issuer says. */
  readonly network: Pick<ServerOptions, 'metadataUri' | 'jwksUri' | 'allowInsecureRequests'>;
  /** The file with the options of an application. */
  readonly config: string | undefined;
  /**
   * Words of the application with their strings. `undefined` for a word without strings, and for a string of the
   * server.
   */
  readonly acr: Readonly<Record<string, readonly string[] | undefined>>;
  readonly maxAge: number | undefined;
  readonly audience: readonly string[];
  readonly profile: ProfileName | undefined;
  /** Paths of claims that differ from the profile. */
  readonly claims: Readonly<{ acr?: string | readonly string[]; authTime?: string | readonly string[] }>;
  /** The file with the token, or `-` for standard input. */
  readonly token: string | undefined;
  readonly login: LoginOptions | undefined;
  /** Options of `--introspect`; `undefined` without it. */
  readonly introspection: GivenIntrospection | undefined;
  readonly json: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS = {
  acr: { type: 'string', multiple: true },
  'acr-claim': { type: 'string' },
  'allow-insecure-requests': { type: 'boolean' },
  audience: { type: 'string', multiple: true },
  'auth-time-claim': { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret-env': { type: 'string' },
  config: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  introspect: { type: 'boolean' },
  'introspection-auth': { type: 'string' },
  'introspection-client-id': { type: 'string' },
  'introspection-endpoint': { type: 'string' },
  'introspection-key-file': { type: 'string' },
  'introspection-secret-env': { type: 'string' },
  'introspection-secret-file': { type: 'string' },
  issuer: { type: 'string' },
  json: { type: 'boolean' },
  'jwks-uri': { type: 'string' },
  login: { type: 'boolean' },
  'max-age': { type: 'string' },
  'metadata-uri': { type: 'string' },
  parameter: { type: 'string', multiple: true },
  port: { type: 'string' },
  profile: { type: 'string' },
  resource: { type: 'string' },
  scope: { type: 'string' },
  timeout: { type: 'string' },
  token: { type: 'string' },
  version: { type: 'boolean', short: 'v' },
} as const satisfies ParseArgsConfig['options'];

/**
 * Reads the command line.
 *
 * @returns `'help'` or `'version'` if the user asks for it
 * @throws UsageError for a command, an option or a value that is not understood
 */
export function readCommandLine(args: readonly string[], env: Environment): CommandLine | 'help' | 'version' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  if (values.version === true) return 'version';
  const [command, ...issuers] = positionals;
  if (command !== 'doctor') throw new UsageError('The commands are "doctor", "routes", "serve" and "token"', true);
  const [issuer, ...rest] = values.issuer === undefined ? issuers : [...issuers, values.issuer];
  if (rest.length > 0 || (issuer === undefined && values.config === undefined)) {
    throw new UsageError('"doctor" takes one issuer', true);
  }
  const misplaced = LOGIN_OPTIONS.find((name) => values[name] !== undefined);
  if (values.login !== true && misplaced !== undefined) {
    throw new UsageError(`"--${misplaced}" needs "--login"`);
  }
  const alone = INTROSPECTION_OPTIONS.find((name) => values[name] !== undefined);
  if (values.introspect !== true && alone !== undefined) throw new UsageError(`"--${alone}" needs "--introspect"`);
  return {
    issuer: issuer === undefined ? undefined : checkIssuer(issuer),
    network: networkOf(values),
    config: values.config,
    acr: readAcr(values.acr ?? []),
    maxAge: readInteger(values['max-age'], '--max-age', Number.MAX_SAFE_INTEGER),
    audience: values.audience ?? [],
    profile: readProfile(values.profile),
    claims: {
      ...readClaim('acr', values['acr-claim'], '--acr-claim'),
      ...readClaim('authTime', values['auth-time-claim'], '--auth-time-claim'),
    },
    token: values.token,
    login: values.login === true ? readLogin(values, env) : undefined,
    introspection: values.introspect === true ? values : undefined,
    json: values.json === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Messages of parseArgs repeat the arguments. Only what looks like an option may be shown.
    const { code, message } = error as { code?: unknown; message: string };
    const [, option] = /'(?:-\w, )?(--[a-z]{2,15}(?:-[a-z]{2,15}){0,3})(?: <value>)?'/.exec(message) ?? [];
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      throw new UsageError(option === undefined ? 'There is an unknown option' : `There is no option "${option}"`);
    }
    if (option === undefined) throw new UsageError('An option has no value, or one too many');
    const takesNone = OPTIONS[option.slice(2) as keyof typeof OPTIONS]?.type === 'boolean';
    throw new UsageError(`"${option}" ${takesNone ? 'takes no value' : 'needs a value'}`);
  }
}

function networkOf(
  values: Readonly<{ 'metadata-uri'?: string; 'jwks-uri'?: string; 'allow-insecure-requests'?: boolean }>,
): CommandLine['network'] {
  const { 'metadata-uri': metadataUri, 'jwks-uri': jwksUri, 'allow-insecure-requests': isAllowed } = values;
  return {
    ...(metadataUri !== undefined && { metadataUri }),
    ...(jwksUri !== undefined && { jwksUri }),
    ...(isAllowed === true && { allowInsecureRequests: true }),
  };
}

function readProfile(name: string | undefined): ProfileName | undefined {
  if (name === undefined || Object.hasOwn(profiles, name)) return name as ProfileName | undefined;
  throw new UsageError(`"--profile" must be one of ${Object.keys(profiles).join(', ')}`);
}

function readClaim(claim: 'acr' | 'authTime', text: string | undefined, option: string): CommandLine['claims'] {
  if (text === undefined) return {};
  const names: unknown = text.startsWith('[') ? parsed(text) : [text];
  if (Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string' && name !== '')) {
    return { [claim]: names };
  }
  throw new UsageError(`"${option}" must be the name of a claim, or the path of a nested one as JSON: '["ext","acr"]'`);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function checkIssuer(issuer: string): string {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined || !/^https?:\/\//i.test(issuer)) {
    throw new UsageError('The issuer must be a URL, such as https://login.example.com');
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(issuer)) {
    throw new UsageError('The issuer must be a URL without credentials, query and fragment');
  }
  const [wellKnown] = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)/.exec(issuer) ?? [];
  if (wellKnown !== undefined) throw new UsageError(`The issuer must be the address without ${wellKnown}`);
  return issuer;
}

/** A word has no colon, so `urn:bankid:bid;LOA=4` is a string and not a word with a string. */
const WORD = /^([A-Za-z][\w-]*)=(.*)$/s;

function readAcr(values: readonly string[]): CommandLine['acr'] {
  const acr = new Map<string, readonly string[] | undefined>();
  for (const value of values) {
    const [, word = value, strings] = WORD.exec(value) ?? [];
    if (!isAcrValue(word)) {
      throw new UsageError(
        '"--acr" must be a string of printable ASCII without space, quote and backslash, or word=strings',
      );
    }
    const given = strings?.split(' ').filter((string) => string !== '');
    acr.set(word, given === undefined ? acr.get(word) : [...(acr.get(word) ?? []), ...given]);
  }
  return Object.fromEntries(acr);
}
