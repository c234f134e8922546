import { createTestAuthorizationServer, type TestUserAccount } from '../testing/index.js';
import { checkAcr, DEFAULT_PORT, fail, readOptions, readPort, type Surroundings, UsageError } from './arguments.js';
import { type Development, welcome } from './welcome.js';

const ACR_VALUES = ['urn:example:phr', 'urn:example:mfa', 'urn:example:pwd'];
const USERS = ['alice:password:123456', 'bob:password'];
const REDIRECT_URIS = ['http://localhost:3000/callback', 'http://127.0.0.1:8734/callback'];

const USAGE = `Usage: nestjs-step-up serve [options]

Runs an authorization server for development: discovery, keys, the code flow with PKCE and a sign-in page, introspection.
It prints two access tokens, ready for curl. Everything about it is public, so it listens on 127.0.0.1 alone, and it does
not start with NODE_ENV=production.

  --port <port>            default is ${DEFAULT_PORT}; 0 takes any free port
  --audience <identifier>  the identifier of your API, which tokens have in "aud". Default is https://api.example
  --acr <value>            an acr string of the server. Can be repeated, strongest first. The last one needs a password,
                           every other one a code as well. Default is ${ACR_VALUES.join(', ')}
  --user <name:password[:code]>
                           a user. Can be repeated. Default is ${USERS.join(' and ')}
  --client-id <id>         the client: public, with PKCE. Default is development-client
  --redirect-uri <uri>     where the client may be called back. Can be repeated. Default is
                           ${REDIRECT_URIS.join(' and ')}
  --help                   print this text

Exit code 0: stopped. 1: the server cannot start. 2: the command is not understood, or NODE_ENV is production.
`;

/**
 * Runs the command `nestjs-step-up serve` until it is stopped. Never rejects.
 *
 * @param args without the name of the command
 * @param stopped stops the server when it is aborted
 * @returns the exit code: `0` after it was stopped, `1` if the server cannot start, `2` for wrong usage and with
 * `NODE_ENV=production`
 */
export async function runServe(
  args: readonly string[],
  surroundings: Surroundings,
  stopped: AbortSignal,
): Promise<number> {
  try {
    const read = readArguments(args);
    if (read === 'help') {
      surroundings.stdout.write(USAGE);
      return 0;
    }
    if (surroundings.env['NODE_ENV']?.trim().toLowerCase() === 'production') {
      surroundings.stderr.write(
        'nestjs-step-up: "serve" is for development alone, and NODE_ENV is production. Use a real authorization server\n',
      );
      return 2;
    }
    const { clientId, redirectUris, ...options } = read;
    await using server = await createTestAuthorizationServer({
      ...options,
      introspectionSecret: 'development',
      issuesTokens: true,
    }).catch((error) => explain(error, options.port));
    server.registerClient({ clientId, redirectUris });
    const development: Development = { ...read, server };
    surroundings.stdout.write(await welcome(development));
    if (!stopped.aborted) await new Promise((resolve) => stopped.addEventListener('abort', resolve, { once: true }));
    return 0;
  } catch (error) {
    return fail(error, surroundings, USAGE);
  }
}

function explain(error: unknown, port: number): never {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  if (cause?.code !== 'EADDRINUSE') throw error;
  throw new Error(`port ${port} is taken by another server; close it, or name another port by --port`, { cause });
}

interface Arguments {
  readonly port: number;
  readonly audience: string | undefined;
  readonly acrValuesSupported: readonly string[];
  readonly users: readonly TestUserAccount[];
  readonly clientId: string;
  readonly redirectUris: readonly string[];
}

function readArguments(args: readonly string[]): Arguments | 'help' {
  const values = readOptions(args, {
    acr: { type: 'string', multiple: true, default: ACR_VALUES },
    audience: { type: 'string' },
    'client-id': { type: 'string', default: 'development-client' },
    help: { type: 'boolean', short: 'h' },
    port: { type: 'string' },
    'redirect-uri': { type: 'string', multiple: true, default: REDIRECT_URIS },
    user: { type: 'string', multiple: true, default: USERS },
  });
  if (values.help === true) return 'help';
  if (values.audience === '') throw new UsageError('"--audience" must not be empty');
  const wrong = values['redirect-uri'].find((uri) => !URL.canParse(uri));
  if (wrong !== undefined) throw new UsageError('"--redirect-uri" must be a URL');
  return {
    port: readPort(values.port),
    audience: values.audience,
    acrValuesSupported: values.acr.map(checkAcr),
    users: values.user.map(readUser),
    clientId: values['client-id'],
    redirectUris: values['redirect-uri'],
  };
}

function readUser(text: string): TestUserAccount {
  const [, name, password, code] = /^([^:]+):([^:]+)(?::([^:]+))?$/.exec(text) ?? [];
  if (name === undefined || password === undefined) {
    throw new UsageError('"--user" must be name:password or name:password:code');
  }
  return { name, password, code };
}
