import { type ParseArgsConfig, parseArgs } from 'node:util';
import { isAcrValue, isLoopback } from '../core/index.js';

/** A command that was not understood. Its message never repeats a value: that may be a token in the wrong place. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(
    message: string,
    /** Whether the whole usage text helps, rather than the message alone. */
    readonly showsUsage = false,
  ) {
    super(message);
  }
}

export interface LoginOptions {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scope: string;
  readonly resource: string | undefined;
  readonly port: number;
  /** Seconds for each sign-in. */
  readonly timeout: number;
}

export interface CommandLine {
  readonly issuer: string;
  /** Words of the application, or strings that stand for themselves, each with the server's strings. */
  readonly acr: Readonly<Record<string, readonly string[]>>;
  readonly maxAge: number | undefined;
  readonly audience: readonly string[];
  readonly profile: string | undefined;
  /** Where the token is: a file, or `-` for standard input. */
  readonly token: string | undefined;
  readonly login: LoginOptions | undefined;
  readonly json: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS = {
  acr: { type: 'string', multiple: true },
  audience: { type: 'string', multiple: true },
  'client-id': { type: 'string' },
  'client-secret-env': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  login: { type: 'boolean' },
  'max-age': { type: 'string' },
  port: { type: 'string' },
  profile: { type: 'string' },
  resource: { type: 'string' },
  scope: { type: 'string' },
  timeout: { type: 'string' },
  token: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

const LOGIN_OPTIONS = ['client-id', 'client-secret-env', 'scope', 'resource', 'port', 'timeout'] as const;
const DEFAULT_PORT = 8734;
const DEFAULT_TIMEOUT = 300;
const MAX_TIMEOUT = 86_400;

/**
 * Reads the command line.
 *
 * @returns `'help'` where that is asked for
 * @throws UsageError
 */
export function readCommandLine(args: readonly string[], env: Environment): CommandLine | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  const [command, issuer, ...more] = positionals;
  if (command !== 'doctor') throw new UsageError('The only command is "doctor"', true);
  if (issuer === undefined || more.length > 0) throw new UsageError('"doctor" takes one issuer', true);
  const misplaced = LOGIN_OPTIONS.find((name) => values[name] !== undefined);
  if (values.login !== true && misplaced !== undefined) {
    throw new UsageError(`"--${misplaced}" is for "--login", which is missing`);
  }
  return {
    issuer: checkIssuer(issuer),
    acr: readAcr(values.acr ?? []),
    maxAge: readNumber(values['max-age'], '--max-age', Number.MAX_SAFE_INTEGER),
    audience: values.audience ?? [],
    profile: values.profile,
    token: values.token,
    login: values.login === true ? readLogin(values, env) : undefined,
    json: values.json === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // its own messages repeat what was given
    const { code } = error as { code?: unknown };
    const unknown = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
    throw new UsageError(
      unknown ? 'There is an unknown option' : 'An option lacks its value, or has one too many',
      true,
    );
  }
}

function readLogin(
  values: Readonly<Partial<Record<(typeof LOGIN_OPTIONS)[number], string>>>,
  env: Environment,
): LoginOptions {
  const { 'client-id': clientId, 'client-secret-env': variable } = values;
  if (!clientId) throw new UsageError('"--login" needs "--client-id"');
  const clientSecret = variable === undefined ? undefined : env[variable];
  if (variable !== undefined && !clientSecret) {
    throw new UsageError('"--client-secret-env" must name an environment variable that is set');
  }
  return {
    clientId,
    clientSecret,
    scope: values.scope ?? 'openid',
    resource: values.resource,
    port: readNumber(values.port, '--port', 65_535) ?? DEFAULT_PORT,
    timeout: readNumber(values.timeout, '--timeout', MAX_TIMEOUT) ?? DEFAULT_TIMEOUT,
  };
}

function checkIssuer(issuer: string): string {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined || !/^https?:\/\//i.test(issuer)) {
    throw new UsageError('The issuer must be a URL, such as https://login.example.com');
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw new UsageError('The issuer must be an https URL: http is for this machine alone (localhost, 127.0.0.1)');
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(issuer)) {
    throw new UsageError('The issuer must be a URL without credentials, query and fragment');
  }
  return issuer;
}

/** A word has no colon, so that strings such as `urn:bankid:bid;LOA=4` are none with a meaning. */
const WORD = /^([A-Za-z][\w-]*)=(.*)$/s;

function readAcr(values: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const acr = new Map<string, readonly string[]>();
  for (const value of values) {
    const [, word = value, strings = value] = WORD.exec(value) ?? [];
    if (!isAcrValue(word)) {
      throw new UsageError(
        '"--acr" must be a string of printable ASCII without space, quote and backslash, or word=strings of such',
      );
    }
    const given = strings.split(' ').filter((string) => string !== '');
    acr.set(word, [...(acr.get(word) ?? []), ...given]);
  }
  return Object.fromEntries(acr);
}

function readNumber(text: string | undefined, option: string, greatest: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= greatest) return value;
  throw new UsageError(`"${option}" must be an integer from 0 to ${greatest}`);
}
