import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { readPort } from '../../lib/serve/arguments.js';
import { runServe, runToken } from '../../lib/serve/index.js';
import { secondsAgo, stopClock } from '../support/clock.js';

interface Run {
  exitCode: Promise<number>;
  written: { stdout: string; stderr: string };
  stop(): void;
}

function surroundings(env: Record<string, string> = {}) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({
    write(text: string) {
      written[name] += text;
      return true;
    },
  });
  return { written, stdout: stream('stdout'), stderr: stream('stderr'), env };
}

const running: Run[] = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const run of running.splice(0)) {
    run.stop();
    await run.exitCode;
  }
});

/** Starts the command, and waits until it has printed something or ended. */
async function serve(args: string[], env?: Record<string, string>): Promise<Run & { issuer: string }> {
  const around = surroundings(env);
  const controller = new AbortController();
  const printed = new Promise<void>((resolve) => {
    const { write } = around.stdout;
    around.stdout.write = (text) => {
      resolve();
      return write(text);
    };
  });
  const exitCode = runServe(args, around, controller.signal);
  const run = { exitCode, written: around.written, stop: () => controller.abort() };
  running.push(run);
  await Promise.race([printed, exitCode]);
  return { ...run, issuer: /Issuer +(\S+)/.exec(around.written.stdout)?.[1] ?? '' };
}

async function token(...args: string[]) {
  const around = surroundings();
  const exitCode = await runToken(args, around, 1_700_000_000);
  return { exitCode, ...around.written };
}

const portOf = (issuer: string) => new URL(issuer).port;

describe('nestjs-step-up serve', () => {
  it('prints issuer, audience, users and two tokens that the keys of the server verify', async () => {
    stopClock();
    const { issuer, written } = await serve(['--port', '0', '--audience', 'https://bank.example']);
    const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
    const printed = (name: string) => new RegExp(`^export ${name}=(\\S+)$`, 'm').exec(written.stdout)?.[1] as string;
    const [weak, strong] = await Promise.all(
      ['WEAK', 'STRONG'].map(async (name) => {
        const verified = await jwtVerify(printed(name), keys, { issuer, audience: 'https://bank.example' });
        return verified.payload;
      }),
    );
    expect(weak).toMatchObject({ acr: 'urn:example:pwd', sub: 'alice', auth_time: secondsAgo(3600) });
    expect(strong).toMatchObject({ acr: 'urn:example:phr', sub: 'alice', auth_time: secondsAgo(0) });
    expect(written.stdout).toContain('alice   password password, code 123456');
    expect(written.stdout).toContain('bob   password password, no code');
  });

  it('takes levels, users and a client from its options', async () => {
    const { issuer, written } = await serve([
      ...['--port', '0', '--acr', 'gold', '--acr', 'silver', '--user', 'eve:apple:999'],
      ...['--client-id', 'spa', '--redirect-uri', 'http://localhost:4200/back'],
    ]);
    expect(written.stdout).toContain('A weak token, silver,');
    expect(written.stdout).toContain('A strong token, gold,');
    expect(written.stdout).toContain('eve   password apple, code 999');
    const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
    expect(metadata).toMatchObject({ issuer, acr_values_supported: ['gold', 'silver'] });
    const request = new URLSearchParams({
      response_type: 'code',
      client_id: 'spa',
      redirect_uri: 'http://localhost:4200/back',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    expect(await (await fetch(`${issuer}/authorize?${request}`)).text()).toContain('spa asks for <code>silver</code>');
  });

  it.each([
    ['development-client', []],
    ['spa', ['--client-id', 'spa']],
  ])('names one client in all its tokens, %s', async (clientId, options) => {
    const { issuer, written } = await serve(['--port', '0', ...options]);
    const { stdout: printed } = await token('--port', portOf(issuer), '--acr', 'gold');
    const [, weak] = /^export WEAK=(\S+)$/m.exec(written.stdout) as unknown as [string, string];
    expect([weak, printed.trim()].map((one) => decodeJwt(one)['client_id'])).toEqual([clientId, clientId]);
  });

  it('introspects with a secret that does not change', async () => {
    const { issuer, written } = await serve(['--port', '0']);
    const [, strong] = /^export STRONG=(\S+)$/m.exec(written.stdout) as unknown as [string, string];
    const response = await fetch(`${issuer}/introspect`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('test-resource-server:development')}` },
      body: new URLSearchParams({ token: strong }),
    });
    expect(await response.json()).toMatchObject({ active: true, acr: 'urn:example:phr' });
  });

  it('listens on 127.0.0.1 alone', async () => {
    const { issuer } = await serve(['--port', '0']);
    expect(new URL(issuer).hostname).toBe('127.0.0.1');
    expect((await fetch(`${issuer}/jwks`)).status).toBe(200);
    // another address of the same machine
    await expect(fetch(`http://127.0.0.2:${portOf(issuer)}/jwks`)).rejects.toThrow();
  });

  it.each(['production', 'Production', ' production '])('does not start with NODE_ENV=%j', async (NODE_ENV) => {
    const { exitCode, written } = await serve(['--port', '0'], { NODE_ENV });
    expect({ exitCode: await exitCode, ...written }).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'nestjs-step-up: "serve" is for development alone, and NODE_ENV is production. Use a real authorization server\n',
    });
  });

  it('stops when it is told to, and says 0', async () => {
    const { issuer, stop, exitCode } = await serve(['--port', '0']);
    stop();
    expect(await exitCode).toBe(0);
    await expect(fetch(`${issuer}/jwks`)).rejects.toThrow();
  });

  // no test listens on 9000: another program may do so
  it('takes port 9000 unless it is told another, and says so', async () => {
    expect(readPort(undefined)).toBe(9000);
    expect((await serve(['--help'])).written.stdout).toContain('default is 9000;');
  });

  it('says that its port is taken', async () => {
    const { issuer } = await serve(['--port', '0']);
    const { exitCode, written } = await serve(['--port', portOf(issuer)]);
    expect({ exitCode: await exitCode, stderr: written.stderr }).toEqual({
      exitCode: 1,
      stderr: `nestjs-step-up: port ${portOf(issuer)} is taken by another server; close it, or name another port by --port\n`,
    });
  });

  it.each<[args: string[], message: string]>([
    [['--port', '-1'], "Option '--port' argument is ambiguous."],
    [['--port', '65536'], '"--port" must be an integer from 0 to 65535'],
    [['--port', 'x'], '"--port" must be an integer from 0 to 65535'],
    [['--acr', 'a b'], '"--acr" must be printable ASCII without space, quote and backslash'],
    [['--user', 'alice'], '"--user" must be name:password or name:password:code'],
    [['--user', 'a:b:c:d'], '"--user" must be name:password or name:password:code'],
    [['--redirect-uri', '/callback'], '"--redirect-uri" must be a URL'],
    [['--audience', ''], '"--audience" must not be empty'],
    [['--public'], "Unknown option '--public'"],
    [['9000'], 'Unexpected argument'],
  ])('refuses %j with its usage', async (args, message) => {
    const { exitCode, written } = await serve(args);
    expect({ exitCode: await exitCode, stdout: written.stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(written.stderr).toContain(`nestjs-step-up: ${message}`);
    expect(written.stderr).toContain('Usage: nestjs-step-up serve');
  });

  it('prints its usage for --help, also in production', async () => {
    const { exitCode, written } = await serve(['--help'], { NODE_ENV: 'production' });
    expect({ exitCode: await exitCode, start: written.stdout.slice(0, 27) }).toEqual({
      exitCode: 0,
      start: 'Usage: nestjs-step-up serve',
    });
  });
});

describe('nestjs-step-up token', () => {
  it('prints a token of the running server, and nothing else', async () => {
    const { issuer } = await serve(['--port', '0']);
    const { exitCode, stdout, stderr } = await token(
      ...['--port', portOf(issuer), '--acr', 'urn:example:mfa', '--auth-time', '1600000000'],
      ...['--subject', 'bob', '--scope', 'openid transfer:write', '--expires-in', '60'],
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const claims = decodeJwt(stdout.trim());
    expect(claims).toMatchObject({
      iss: issuer,
      acr: 'urn:example:mfa',
      auth_time: 1_600_000_000,
      sub: 'bob',
      scope: 'openid transfer:write',
    });
    expect((claims.exp as number) - (claims.iat as number)).toBe(60);
  });

  it.each<[args: string[], authTime: unknown]>([
    [['--auth-time=-600'], 1_700_000_000 - 600],
    [['--auth-time', '0'], 0],
    [['--auth-time=-0'], 1_700_000_000],
    [['--auth-time', 'none'], undefined],
  ])('with %j has its auth_time', async (args, authTime) => {
    const { issuer } = await serve(['--port', '0']);
    const { stdout } = await token('--port', portOf(issuer), ...args);
    expect(decodeJwt(stdout.trim())['auth_time']).toBe(authTime);
  });

  it('says how to start the server if none is there', async () => {
    const { issuer, stop, exitCode } = await serve(['--port', '0']);
    stop();
    await exitCode;
    expect(await token('--port', portOf(issuer))).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `nestjs-step-up: no server runs at ${issuer}; start it by "npx nestjs-step-up serve --port ${portOf(issuer)}"\n`,
    });
  });

  it.each<[what: string, status: number, body: string]>([
    ['has no such path', 404, 'no'],
    ['says something else', 200, '{"access_token":1}'],
  ])('says that another server is there, which %s', async (_, status, body) => {
    const other = createServer((_request, response) => response.writeHead(status).end(body));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const answer = await token('--port', String(port));
    await new Promise((resolve) => other.close(resolve));
    expect(answer).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `nestjs-step-up: the server at http://127.0.0.1:${port} issues no token; is it "nestjs-step-up serve"?\n`,
    });
  });

  it.each<[args: string[], message: string]>([
    [['--auth-time', 'yesterday'], '"--auth-time" must be an integer number of seconds, or "none"'],
    [['--auth-time', '1.5'], '"--auth-time" must be an integer number of seconds, or "none"'],
    [['--expires-in', 'none'], '"--expires-in" must be an integer number of seconds'],
    [['--acr', ''], '"--acr" must be printable ASCII without space, quote and backslash'],
    [['--nonsense'], "Unknown option '--nonsense'"],
  ])('refuses %j with its usage', async (args, message) => {
    const { exitCode, stdout, stderr } = await token(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(`nestjs-step-up: ${message}`);
    expect(stderr).toContain('Usage: nestjs-step-up token');
  });
});
