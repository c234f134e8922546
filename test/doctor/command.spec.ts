import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { SYNOPSIS, USAGE } from '../../lib/doctor/usage.js';
import { JsonServer } from '../token/json-server.js';
import { nestjsStepUp } from './doctor.js';
import { selfSigned } from './self-signed.js';

const OIDC = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';
const WHOLE_PATH =
  'check that this is the issuer with its whole path, not the address of a sign-in page or an admin console';

/** One sentence at standard error, nothing at standard output, exit code 2. */
function refused(sentence: string) {
  return { exitCode: 2, stdout: '', stderr: `nestjs-step-up: ${sentence}\n` };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

describe('a server that cannot be examined', () => {
  let server: JsonServer;
  beforeEach(async () => {
    server = await new JsonServer().listen();
  });
  afterEach(() => server.close());

  test('a host that does not exist is reported with what to check', async () => {
    await expect(nestjsStepUp(['doctor', 'https://as.invalid'])).resolves.toMatchObject({
      exitCode: 2,
      stdout: '',
      // without a resolver at hand, EAI_AGAIN
      stderr: expect.stringMatching(
        /^nestjs-step-up: https:\/\/as\.invalid cannot be reached \((ENOTFOUND\): there is no host of this name: check its spelling|EAI_AGAIN\): names cannot be resolved: check the network)\n$/,
      ),
    });
  });

  test('a port on which nothing listens is reported with what to check', async () => {
    const closed = createTcpServer();
    const issuer = `http://127.0.0.1:${await listening(closed)}`;
    await new Promise((resolve) => closed.close(resolve));
    await expect(nestjsStepUp(['doctor', issuer])).resolves.toEqual(
      refused(
        `${issuer} cannot be reached (ECONNREFUSED): nothing listens there: check host and port, and whether the ` +
          `server runs`,
      ),
    );
  });

  test('a port that fetch refuses to call is reported with what to check', async () => {
    await expect(nestjsStepUp(['doctor', 'http://127.0.0.1:1'])).resolves.toEqual(
      refused('http://127.0.0.1:1 cannot be reached: check the address and the network'),
    );
  });

  test('a self-signed certificate is reported with what to do', async () => {
    const secure = createServer(selfSigned, (_, response) => response.end('{}'));
    const issuer = `https://127.0.0.1:${await listening(secure)}`;
    const outcome = await nestjsStepUp(['doctor', issuer]);
    await new Promise((resolve) => secure.close(resolve));
    expect(outcome).toEqual(
      refused(
        `${issuer} cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT): its certificate is not trusted: let ` +
          'NODE_EXTRA_CA_CERTS name a PEM file with that certificate, or with the one of its authority; keep the ' +
          'verification on',
      ),
    );
  });

  test('https to a server that speaks http is reported with what to check', async () => {
    const issuer = server.origin.replace('http:', 'https:');
    const { exitCode, stdout, stderr } = await nestjsStepUp(['doctor', issuer]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/: it does not speak TLS there: check scheme and port\n$/);
  });

  test('a web page in place of metadata is reported for both addresses', async () => {
    for (const path of [OIDC, OAUTH]) server.text(path, '<!doctype html><title>Sign in</title>');
    await expect(nestjsStepUp(['doctor', server.origin])).resolves.toEqual(
      refused(
        `${server.origin} has no readable metadata (${OIDC} is not a JSON object; ${OAUTH} is not a JSON object): ` +
          WHOLE_PATH,
      ),
    );
  });

  test('absent metadata is reported for both addresses', async () => {
    await expect(nestjsStepUp(['doctor', `${server.origin}/tenant`])).resolves.toEqual(
      refused(
        `${server.origin}/tenant has no readable metadata (/tenant${OIDC} is answered with status 404; ` +
          `${OAUTH}/tenant is answered with status 404): ${WHOLE_PATH}`,
      ),
    );
  });

  test.each<[what: string, issuer: string | undefined, sentence: string]>([
    [
      'another issuer',
      'https://other.example',
      'names the issuer "https://other.example": give exactly that one, because tokens have it',
    ],
    [
      'an issuer that would move the cursor',
      'x\u001b[2J\u202e',
      'names the issuer "x\\u001b[2J\\u202e": give exactly that one, because tokens have it',
    ],
    ['no issuer', undefined, 'names no issuer: check that this is an authorization server'],
  ])('metadata that names %s is refused', async (_, issuer, sentence) => {
    server.json(OIDC, { issuer });
    await expect(nestjsStepUp(['doctor', server.origin])).resolves.toEqual(
      refused(`The metadata of ${server.origin} ${sentence}`),
    );
  });

  test('an issuer with a slash at the end is another issuer', async () => {
    const authorizationServer = await createTestAuthorizationServer();
    const { issuer } = authorizationServer;
    const outcome = await nestjsStepUp(['doctor', `${issuer}/`]);
    await authorizationServer.close();
    expect(outcome).toEqual(
      refused(`The metadata of ${issuer}/ names the issuer "${issuer}": give exactly that one, because tokens have it`),
    );
  });

  test('with --json a fault is a diagnostic too', async () => {
    server.json(OIDC, { issuer: 'https://other.example' });
    const { exitCode, stdout, stderr } = await nestjsStepUp(['doctor', server.origin, '--json']);
    const message =
      `The metadata of ${server.origin} names the issuer "https://other.example": ` +
      'give exactly that one, because tokens have it';
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `nestjs-step-up: ${message}\n` });
    expect(JSON.parse(stdout)).toEqual({
      issuer: server.origin,
      diagnostics: [{ subject: 'metadata', code: 'issuer_mismatch', severity: 'error', message }],
      exitCode: 2,
    });
  });
});

test('an issuer that would move the cursor is escaped, in JSON too', async () => {
  const issuer = 'https://as.invalid/\u009b31m\u202e';
  const { stdout, stderr } = await nestjsStepUp(['doctor', issuer, '--json']);
  expect(stdout + stderr).toMatch(/^[\n\x20-\x7E]*$/);
  expect(JSON.parse(stdout).issuer).toBe(issuer);
});

describe('a command that is not understood', () => {
  const ISSUER = 'https://as.example';
  const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
  const ACR = '"--acr" must be a string of printable ASCII without space, quote and backslash, or word=strings';

  const PARAMETER = '"--parameter" must be name=value, with each name once';
  const CLAIM = `"--acr-claim" must be the name of a claim, or the path of a nested one as JSON: '["ext","acr"]'`;

  test('--help prints the usage text with exit code 0', async () => {
    await expect(nestjsStepUp(['--help'])).resolves.toEqual({ exitCode: 0, stdout: USAGE, stderr: '' });
    await expect(nestjsStepUp(['doctor', '-h'])).resolves.toEqual({ exitCode: 0, stdout: USAGE, stderr: '' });
  });

  test('--version prints the version of the package', async () => {
    const stdout = `${JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')).version}\n`;
    for (const args of [['--version'], ['-v'], ['doctor', '--version']]) {
      await expect(nestjsStepUp(args)).resolves.toEqual({ exitCode: 0, stdout, stderr: '' });
    }
  });

  test.each<[what: string, args: string[], sentence: string]>([
    ['no command', [], 'The commands are "doctor", "routes", "serve" and "token"'],
    ['another command', ['nurse', ISSUER], 'The commands are "doctor", "routes", "serve" and "token"'],
    ['no issuer', ['doctor'], '"doctor" takes one issuer'],
    ['a token in the wrong place', ['doctor', ISSUER, JWT], '"doctor" takes one issuer'],
    ['an issuer in both places', ['doctor', ISSUER, '--issuer', ISSUER], '"doctor" takes one issuer'],
  ])('%s is refused with the commands, below a sentence that stays in sight', async (_, args, sentence) => {
    await expect(nestjsStepUp(args)).resolves.toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `nestjs-step-up: ${sentence} (--help shows the options)\n\n${SYNOPSIS}`,
    });
  });

  test.each<[what: string, args: string[], sentence: string]>([
    ['an unknown option', [ISSUER, `--tokne=${JWT}`], 'There is no option "--tokne"'],
    ['a token as an option', [ISSUER, `--${JWT}`], 'There is an unknown option'],
    ['an option without value', [ISSUER, '--token'], '"--token" needs a value'],
    ['an option in place of a value', [ISSUER, '--acr', '--json'], '"--acr" needs a value'],
    ['a value for a switch', [ISSUER, `--json=${JWT}`], '"--json" takes no value'],
    [
      'the address of the metadata',
      [`${ISSUER}/tenant/.well-known/openid-configuration`],
      'The issuer must be the address without /.well-known/openid-configuration',
    ],
    ['a parameter without value', [ISSUER, '--login', '--client-id=a', '--parameter=audience'], PARAMETER],
    ['a parameter twice', [ISSUER, '--login', '--client-id=a', '--parameter=a=1', '--parameter=a=2'], PARAMETER],
    [
      'a parameter that the doctor sets itself',
      [ISSUER, '--login', '--client-id=a', '--parameter=state=1'],
      '"--parameter" cannot set "state": the doctor sets it',
    ],
    ['a parameter without login', [ISSUER, '--parameter=a=1'], '"--parameter" needs "--login"'],
    ['an empty name of a claim', [ISSUER, '--acr-claim='], CLAIM],
    ['a way to a claim that is not JSON', [ISSUER, '--acr-claim=[ext'], CLAIM],
    ['an empty way to a claim', [ISSUER, '--acr-claim=[]'], CLAIM],
    ['an issuer that is not a URL', [JWT], 'The issuer must be a URL, such as https://login.example.com'],
    [
      'an issuer of another scheme',
      ['ftp://as.example'],
      'The issuer must be a URL, such as https://login.example.com',
    ],
    [
      'an http issuer of another machine',
      ['http://as.example'],
      '"issuer" must be an https URL (http is accepted on loopback only), not "http://as.example"; if tokens have another ' +
        '"iss" and this is only an address of their server, give it in "--metadata-uri"; in a network that you trust, set ' +
        '"--allow-insecure-requests"',
    ],
    ['an issuer with a query', [`${ISSUER}?a=b`], 'The issuer must be a URL without credentials, query and fragment'],
    [
      'an issuer with credentials',
      ['https://a:b@as.example'],
      'The issuer must be a URL without credentials, query and fragment',
    ],
    ['a negative age', [ISSUER, '--max-age=-1'], `"--max-age" must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`],
    [
      'an age with a unit',
      [ISSUER, '--max-age', '5m'],
      `"--max-age" must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`,
    ],
    [
      'a port above the greatest one',
      [ISSUER, '--login', '--client-id=a', '--port=65536'],
      '"--port" must be an integer from 0 to 65535',
    ],
    ['a login without a client', [ISSUER, '--login'], '"--login" needs "--client-id"'],
    ['a client without login', [ISSUER, '--client-id=a'], '"--client-id" needs "--login"'],
    [
      'a secret that is not set',
      [ISSUER, '--login', '--client-id=a', '--client-secret-env=NOT_SET'],
      '"--client-secret-env" must name an environment variable that is set',
    ],
    ['a word without string', [ISSUER, '--acr', 'mfa='], expect.stringMatching(/^"--acr\.mfa" must be a string/)],
    ['a string that no challenge can carry', [ISSUER, '--acr', 'a"b'], ACR],
    ['a header in place of a string', [ISSUER, '--acr', `Bearer ${JWT}`], ACR],
    [
      'a profile that would move the cursor',
      [ISSUER, '--profile', 'a\u001b[2J'],
      '"--profile" must be one of keycloak, okta, auth0, entra, duende, logto, oidcProvider, hydra, supabase, pingone, pingfederate, pingam, cognito, adfs, spring, zitadel, authentik, wso2, fusionauth, authelia, lemonldap, djangoOauthToolkit',
    ],
    [
      'a token in place of a file',
      [ISSUER, '--token', JWT],
      '"--token" must be a readable file, or "-" for standard input; a token on the command line would stay in ' +
        'the history of the shell',
    ],
    ['an empty standard input', [ISSUER, '--token', '-'], '"--token" has no token'],
  ])('%s is refused with one sentence', async (_, args, sentence) => {
    const outcome = await nestjsStepUp(['doctor', ...args]);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' });
    expect(outcome.stderr).not.toContain(JWT);
    const [, said] = /^nestjs-step-up: (.*) \(--help shows the options\)\n$/.exec(outcome.stderr) ?? [];
    expect(said).toEqual(sentence);
  });
});
