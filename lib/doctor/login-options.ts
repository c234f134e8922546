import { readInteger } from './integer-option.js';
import { UsageError } from './usage-error.js';

export interface LoginOptions {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scope: string;
  readonly resource: string | undefined;
  /** Other parameters of every request, such as `audience`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly port: number;
  /** Seconds for each sign-in. */
  readonly timeout: number;
}

/** Options that need `--login`. */
export const LOGIN_OPTIONS = [
  'client-id',
  'client-secret-env',
  'scope',
  'resource',
  'parameter',
  'port',
  'timeout',
] as const;

/** Parameters that the doctor sets itself. Another value would change the response, or what it proves. */
const OWN_PARAMETERS: ReadonlySet<string> = new Set([
  'response_type',
  'response_mode',
  'client_id',
  'client_secret',
  'redirect_uri',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'acr_values',
  'max_age',
  'claims',
  'scope',
  'resource',
  'prompt',
  'request',
  'request_uri',
]);
const DEFAULT_PORT = 8734;
const DEFAULT_TIMEOUT_SECONDS = 300;
const MAX_TIMEOUT_SECONDS = 86_400;

/** Values of the command line. */
type GivenLogin = Readonly<Partial<Record<Exclude<(typeof LOGIN_OPTIONS)[number], 'parameter'>, string>>> & {
  readonly parameter?: readonly string[];
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the options of `--login`.
 *
 * @throws UsageError for a missing `--client-id` and for a value that is not valid
 */
export function readLogin(values: GivenLogin, env: Environment): LoginOptions {
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
    parameters: readParameters(values.parameter ?? []),
    port: readInteger(values.port, '--port', 65_535) ?? DEFAULT_PORT,
    timeout: readInteger(values.timeout, '--timeout', MAX_TIMEOUT_SECONDS) ?? DEFAULT_TIMEOUT_SECONDS,
  };
}

function readParameters(given: readonly string[]): Readonly<Record<string, string>> {
  const parameters = new Map<string, string>();
  for (const text of given) {
    const [, name, value] = /^([A-Za-z]\w*)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined || parameters.has(name)) {
      throw new UsageError('"--parameter" must be name=value, with each name once');
    }
    if (OWN_PARAMETERS.has(name)) {
      throw new UsageError(`"--parameter" cannot set "${name}": the doctor sets it`);
    }
    parameters.set(name, value);
  }
  return Object.fromEntries(parameters);
}
