import type { ClientAuthenticationMethod, IntrospectionOptions } from '../authorization-servers/index.js';
import { readTextFile } from './text-file.js';
import { UsageError } from './usage-error.js';

/** Options that need `--introspect`. */
export const INTROSPECTION_OPTIONS = [
  'introspection-endpoint',
  'introspection-client-id',
  'introspection-secret-env',
  'introspection-secret-file',
  'introspection-key-file',
  'introspection-auth',
] as const;

/** Values of the command line. */
export type GivenIntrospection = Readonly<Partial<Record<(typeof INTROSPECTION_OPTIONS)[number], string>>>;

const METHODS: readonly string[] = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const MAX_BYTES = 65_536;

/**
 * Reads the options of `--introspect`, and the secret that they name. Secrets are not accepted on the command line.
 *
 * @throws UsageError for a value that is not valid, and for a secret that cannot be read
 */
export async function readIntrospection(
  given: GivenIntrospection,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Partial<IntrospectionOptions>> {
  const {
    'introspection-endpoint': endpoint,
    'introspection-client-id': clientId,
    'introspection-auth': method,
  } = given;
  const sources = ['introspection-secret-env', 'introspection-secret-file', 'introspection-key-file'] as const;
  if (sources.filter((name) => given[name] !== undefined).length > 1) {
    throw new UsageError(`"--introspect" takes one of ${sources.map((name) => `"--${name}"`).join(', ')}`);
  }
  if (method !== undefined && !METHODS.includes(method)) {
    throw new UsageError(`"--introspection-auth" must be one of ${METHODS.join(', ')}`);
  }
  const clientSecret = await readSecret(given, env);
  const key = given['introspection-key-file'];
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(clientId !== undefined && { clientId }),
    ...(method !== undefined && { clientAuthentication: method as ClientAuthenticationMethod }),
    ...(clientSecret !== undefined && { clientSecret }),
    ...(key !== undefined && { privateKey: await readKey(key) }),
  };
}

async function readSecret(
  given: GivenIntrospection,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const { 'introspection-secret-env': variable, 'introspection-secret-file': file } = given;
  if (variable !== undefined) {
    const secret = env[variable];
    if (!secret) throw new UsageError('"--introspection-secret-env" must name an environment variable that is set');
    return secret;
  }
  if (file === undefined) return undefined;
  const sentence = '"--introspection-secret-file" must be a readable file with the secret of the client';
  const secret = (await readTextFile(file, MAX_BYTES, sentence)).replace(/\r?\n$/, '');
  if (secret === '') throw new UsageError(sentence);
  return secret;
}

async function readKey(file: string): Promise<string | Readonly<Record<string, unknown>>> {
  const sentence = '"--introspection-key-file" must be a readable file with a private key, as PEM or JWK';
  const text = (await readTextFile(file, MAX_BYTES, sentence)).trim();
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    // The message of the parser quotes the key.
    throw new UsageError(sentence);
  }
}
