import { checkAcr, DEFAULT_PORT, fail, readOptions, readPort, type Surroundings, UsageError } from './arguments.js';

const USAGE = `Usage: nestjs-step-up token [options]

Prints an access token of the server that "nestjs-step-up serve" runs, and nothing else:

  curl -H "Authorization: Bearer $(npx nestjs-step-up token --acr urn:example:mfa)" http://localhost:3000/protected

  --port <port>            where the server runs. Default is ${DEFAULT_PORT}
  --acr <value>            default is none
  --auth-time <seconds>    since the epoch; seconds ago with a minus, such as --auth-time=-600; "none" leaves it out.
                           Default is now
  --subject <name>         default is alice
  --scope <scope>          default is openid
  --expires-in <seconds>   negative for an expired token, such as --expires-in=-60. Default is 300
  --help                   print this text

Exit code 0: printed. 1: there is no such server. 2: the command is not understood.
`;

/** Milliseconds. */
const TIMEOUT = 5000;

/**
 * Runs the command `nestjs-step-up token`, which asks the server of `nestjs-step-up serve` on this machine for an
 * access token. Never rejects.
 *
 * @param args without the name of the command
 * @param now seconds since the epoch
 * @returns the exit code: `0` if the token is printed, `1` if no such server is there, `2` for wrong usage
 */
export async function runToken(
  args: readonly string[],
  surroundings: Surroundings,
  now = Math.floor(Date.now() / 1000),
): Promise<number> {
  try {
    const read = readArguments(args, now);
    surroundings.stdout.write(read === 'help' ? USAGE : `${await requestToken(read)}\n`);
    return 0;
  } catch (error) {
    return fail(error, surroundings, USAGE);
  }
}

interface Arguments {
  readonly port: number;
  readonly form: Readonly<Record<string, string>>;
}

function readArguments(args: readonly string[], now: number): Arguments | 'help' {
  const values = readOptions(args, {
    acr: { type: 'string' },
    'auth-time': { type: 'string' },
    'expires-in': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
    port: { type: 'string' },
    scope: { type: 'string' },
    subject: { type: 'string' },
  });
  if (values.help === true) return 'help';
  const authTime = readAuthTime(values['auth-time'], now);
  const expiresIn = readSeconds(values['expires-in'], '--expires-in');
  return {
    port: readPort(values.port),
    form: {
      grant_type: 'urn:nestjs-step-up:token',
      ...(values.acr !== undefined && { acr: checkAcr(values.acr) }),
      ...(authTime !== undefined && { auth_time: authTime }),
      ...(values.subject !== undefined && { sub: values.subject }),
      ...(values.scope !== undefined && { scope: values.scope }),
      ...(expiresIn !== undefined && { expires_in: String(expiresIn) }),
    },
  };
}

function readAuthTime(text: string | undefined, now: number): string | undefined {
  if (text === 'none') return text;
  const seconds = readSeconds(text, '--auth-time', ', or "none"');
  if (seconds === undefined) return undefined;
  return String(text?.startsWith('-') ? now + seconds : seconds);
}

function readSeconds(text: string | undefined, option: string, more = ''): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,12}$/.test(text)) throw new UsageError(`"${option}" must be an integer number of seconds${more}`);
  return Number(text);
}

async function requestToken({ port, form }: Arguments): Promise<string> {
  const issuer = `http://127.0.0.1:${port}`;
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT),
  }).catch((cause) => {
    throw new Error(`no server runs at ${issuer}; start it by "npx nestjs-step-up serve --port ${port}"`, { cause });
  });
  const body: unknown = await response.json().catch(() => undefined);
  const token = (body as { access_token?: unknown } | undefined)?.access_token;
  if (response.ok && typeof token === 'string') return token;
  throw new Error(`the server at ${issuer} issues no token; is it "nestjs-step-up serve"?`);
}
