import { UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AccessTokenGuard,
  type AuthorizationServerOptions,
  RequireAcr,
  StepUpModule,
  type StepUpModuleOptions,
  StepUpService,
} from 'nestjs-step-up';
import { createTestAuthorizationServer, overrideStepUp, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, logOfEachTest, startApplication } from '../../support/application.js';
import { bootedService } from '../../support/boot.js';
import { accessDenied, challenged, invalidToken } from '../../support/challenged.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { DONE, done, handler } from '../../support/handler.js';
import { serverOfEachTest } from '../../token/json-server.js';
import { accessTokenClaims, encode, keyPair, signToken } from '../../token/signed-token.js';

const AUDIENCE = 'https://api.example';

/** A token that no key has signed, as any sender can make one. */
function strangersToken(issuer: string): string {
  return `${encode({ typ: 'at+jwt', alg: 'ES256', kid: 'k' })}.${encode(accessTokenClaims(issuer, AUDIENCE))}.AAAA`;
}

describeOverHttp('authorization servers that the application resolves', ({ serve, log, server: gold }) => {
  let silver: TestAuthorizationServer;
  beforeAll(async () => {
    silver = await createTestAuthorizationServer();
  });
  afterAll(() => silver.close());

  const requireMfa = () => handler(RequireAcr('mfa'));
  const serveWith = (
    resolveAuthorizationServer: StepUpModuleOptions['resolveAuthorizationServer'],
    options: Partial<StepUpModuleOptions> = {},
    served = requireMfa(),
  ) => serve(served, { ...options, authorizationServers: undefined, resolveAuthorizationServer } as never);
  const customers = (): Record<string, AuthorizationServerOptions> => ({
    [gold.issuer]: {
      issuer: gold.issuer,
      audience: AUDIENCE,
      acr: { mfa: 'urn:gold', phr: 'key' },
      order: ['phr', 'mfa'],
    },
    [silver.issuer]: { issuer: silver.issuer, audience: AUDIENCE, acr: { mfa: 'urn:silver' } },
  });
  const advice = (code: string) => log.filter((line) => line.startsWith(`[${code}]`));

  it('words and order are those of the issuer of the token', async () => {
    const resolve = jest.fn(async (issuer: string) => customers()[issuer]);
    const send = await serveWith(resolve);
    expect(resolve).not.toHaveBeenCalled();
    expect(await send({ token: await gold.accessToken({ acr: 'pwd' }) })).toEqual(
      challenged({ acrValues: ['urn:gold', 'key'], reasons: ['acr_unmet'] }),
    );
    expect(await send({ token: await silver.accessToken({ acr: 'urn:gold' }) })).toEqual(
      challenged({ acrValues: ['urn:silver'], reasons: ['acr_unmet'] }),
    );
    expect(await send({ token: await gold.accessToken({ acr: 'key' }) })).toMatchObject({ status: 200, body: DONE });
    expect(await send({ token: await silver.accessToken({ acr: 'urn:silver' }) })).toMatchObject({ status: 200 });
    expect(resolve.mock.calls).toEqual([[gold.issuer], [silver.issuer]]);
  });

  it('a configured issuer is never asked for', async () => {
    const resolve = jest.fn((issuer: string) => customers()[issuer]);
    const send = await serve(requireMfa(), {
      authorizationServers: [customers()[gold.issuer] as AuthorizationServerOptions],
      resolveAuthorizationServer: resolve,
    });
    expect((await send({ token: await gold.accessToken({ acr: 'urn:gold' }) })).status).toBe(200);
    expect((await send({ token: await silver.accessToken({ acr: 'urn:silver' }) })).status).toBe(200);
    expect(resolve.mock.calls).toEqual([[silver.issuer]]);
  });

  it.each([undefined, null])(
    'an issuer for which it returns %s is refused as unknown, in the log once',
    async (none) => {
      const resolve = jest.fn(() => none as undefined);
      const send = await serveWith(resolve);
      for (const _ of [1, 2]) {
        expect(await send({ token: await gold.accessToken() })).toEqual(
          invalidToken('The issuer of the access token is not known'),
        );
      }
      expect(resolve).toHaveBeenCalledTimes(1);
      expect(advice('issuer_unknown')).toEqual([
        `[issuer_unknown] resolveAuthorizationServer: a token is of the issuer "${gold.issuer}", for which ` +
          '"resolveAuthorizationServer" returns no server; if it is an issuer of yours, return its server: a slash at the end counts',
      ]);
    },
  );

  it.each<[how: string, resolve: (issuer: string) => unknown, line: string]>([
    [
      'throws',
      () => {
        throw new RangeError('postgres://user:s3cret@db');
      },
      '[resolver_failed] resolveAuthorizationServer: "resolveAuthorizationServer" has thrown (RangeError); let it return undefined ' +
        'for an unknown issuer, and throw for nothing but an outage of its own',
    ],
    [
      'returns a server of another issuer',
      () => ({ issuer: 'https://as.example', audience: AUDIENCE }),
      '[resolved_server_invalid] resolveAuthorizationServer: "resolveAuthorizationServer" has returned a server of another ' +
        'issuer than it was asked for; compare the issuer exactly, and return undefined for one that you do not know',
    ],
    [
      'returns options that are wrong',
      (issuer) => ({ issuer, audience: AUDIENCE, algorithms: ['none'] }),
      '[resolved_server_invalid] resolveAuthorizationServer: "resolveAuthorizationServer().algorithms" has a value "none"; allowed are ' +
        'only asymmetric ones: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
    ],
    [
      'returns a key for introspection that cannot sign',
      (issuer) => ({
        issuer,
        audience: AUDIENCE,
        introspection: { clientId: 'api', privateKey: 'PEM', when: 'always' },
      }),
      `[resolved_server_invalid] resolveAuthorizationServer: "introspection of ISSUER.privateKey" is not a readable private key: RSA, ` +
        'EC or Ed25519, as PEM or JWK',
    ],
  ])('if it %s: 503, and the log says why, once', async (_, resolve, line) => {
    const send = await serveWith(resolve as never);
    for (const issuer of [gold.issuer, gold.issuer, 'https://stranger.example/1', 'https://stranger.example/2']) {
      const token = issuer === gold.issuer ? await gold.accessToken({ acr: 'urn:gold' }) : strangersToken(issuer);
      expect(await send({ token })).toMatchObject({ status: 503, headers: { 'retry-after': ['1'] } });
    }
    expect(done).not.toHaveBeenCalled();
    expect(log.filter((one) => /resolve/.test(one)).map((one) => one.replace(gold.issuer, 'ISSUER'))).toEqual([line]);
    expect(log.join()).not.toContain('s3cret');
  });

  it('if it hangs: 503 after the time limit, and the log says so, once', async () => {
    const start = globalThis.setTimeout;
    const timers = jest
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(((over: () => void, milliseconds: number) =>
        start(over, milliseconds === 5000 ? 0 : milliseconds)) as never);
    try {
      const send = await serveWith(() => new Promise(() => undefined));
      for (const issuer of ['https://stranger.example/1', 'https://stranger.example/2']) {
        const response = await send({ token: strangersToken(issuer) });
        expect(response).toMatchObject({ status: 503, headers: { 'retry-after': ['1'] } });
      }
    } finally {
      timers.mockRestore();
    }
    expect(advice('resolver_failed')).toEqual([
      '[resolver_failed] resolveAuthorizationServer: "resolveAuthorizationServer" has not answered within 5 seconds; let it ' +
        'answer from memory or from an index, without a request to the issuer that it is asked for',
    ]);
  });

  it('a server whose words contradict those of another resolved one is 503, and the log names both', async () => {
    const words: Record<string, object> = { [gold.issuer]: { mfa: 'urn:gold' }, [silver.issuer]: { 'urn:gold': 'x' } };
    const send = await serveWith((issuer) => ({ issuer, audience: AUDIENCE, acr: words[issuer] as never }));
    expect((await send({ token: await gold.accessToken({ acr: 'urn:gold' }) })).status).toBe(200);
    expect((await send({ token: await silver.accessToken({ acr: 'x' }) })).status).toBe(503);
    expect((await send({ token: await gold.accessToken({ acr: 'urn:gold' }) })).status).toBe(200);
    expect(advice('resolved_server_invalid')).toEqual([
      `[resolved_server_invalid] resolveAuthorizationServer: "resolveAuthorizationServer("${gold.issuer}").acr.mfa" uses ` +
        '"urn:gold", which is a word in "resolveAuthorizationServer().acr"; give the word another name, or list the string ' +
        'under "urn:gold"',
    ]);
  });

  it('a server that cannot be reached is named by the issuer that it was resolved for, with one subject for all', async () => {
    const send = await serveWith((issuer) => ({ issuer, audience: AUDIENCE, jwksUri: 'http://127.0.0.1:1/jwks' }));
    expect((await send({ token: await gold.accessToken() })).status).toBe(503);
    expect((await send({ token: await silver.accessToken() })).status).toBe(503);
    expect(advice('keys_unreadable')).toEqual([
      expect.stringContaining(
        `[keys_unreadable] resolveAuthorizationServer: ${gold.issuer}: its key document cannot be reached`,
      ),
    ]);
  });

  it('a route none of whose words the issuer knows is 403 for its tokens, and the log names the word', async () => {
    const send = await serveWith((issuer) => customers()[issuer], {}, handler(RequireAcr('phr')));
    expect(await send({ token: await silver.accessToken({ acr: 'urn:silver' }) })).toEqual(
      accessDenied('The authorization server of this token offers no sufficient authentication'),
    );
    expect(advice('word_undeclared')).toEqual([
      '[word_undeclared] @RequireAcr on HandlerController.handle: no authorization server that is known so far has the word "phr"; ' +
        'the nearest known word is "mfa"; correct its spelling, or declare it in "acr" of what "resolveAuthorizationServer" returns',
    ]);
  });

  it('http beyond loopback is warned of when such a server is resolved, once', async () => {
    const send = await serveWith((issuer) => ({ issuer, audience: AUDIENCE, allowInsecureRequests: true }));
    await send({ token: await gold.accessToken() });
    await send({ token: await silver.accessToken() });
    expect(advice('insecure_requests_allowed')).toEqual([expect.stringContaining(`: ${gold.issuer}: `)]);
  });

  it('an opaque token resolves no server', async () => {
    const resolve = jest.fn((issuer: string) => customers()[issuer]);
    const send = await serveWith(resolve, {}, handler(UseGuards(AccessTokenGuard)));
    expect((await send({ token: 'opaque' })).status).toBe(401);
    expect(resolve).not.toHaveBeenCalled();
  });

  it('JWTs of a resolved server are introspected if it says so', async () => {
    const resolve = (issuer: string) => ({
      issuer,
      audience: AUDIENCE,
      introspection: { ...gold.introspection, when: 'always' as const },
    });
    const send = await serveWith(resolve, {}, handler(UseGuards(AccessTokenGuard)));
    const token = await gold.accessToken();
    expect((await send({ token })).status).toBe(200);
    const other = await gold.accessToken();
    gold.revoke(other);
    expect((await send({ token: other })).status).toBe(401);
  });

  it.each<[name: string, issuer: () => string, status: number]>([
    ['known', () => gold.issuer, 200],
    ['unknown', () => 'https://stranger.example', 403],
  ])("with passport: 'existing' the words are those of the %s issuer of the user", async (_, issuer, status) => {
    const send = await serve(
      {
        controllers: [requireMfa()],
        configure: (app) =>
          app.use((request: { user?: object }, __: unknown, next: () => void) => {
            request.user = { sub: 'alice', iss: issuer(), acr: 'key', auth_time: 1 };
            next();
          }),
      },
      { passport: 'existing', resolveAuthorizationServer: async (iss) => customers()[iss] },
    );
    expect((await send()).status).toBe(status);
  });

  it("with passport: 'existing' an event has to name its issuer", async () => {
    const send = await serve(requireMfa(), {
      passport: 'existing',
      authenticationEvent: () => ({ subject: 'alice', acr: 'key' }),
      resolveAuthorizationServer: (issuer) => customers()[issuer],
    });
    expect((await send()).status).toBe(500);
    expect(advice('misconfigured')).toEqual([expect.stringContaining('several authorization servers are possible')]);
  });
});

describe('the boot of an application that resolves its servers', () => {
  const log = logOfEachTest();
  const resolveAuthorizationServer = jest.fn();
  const configured = { issuer: 'https://as.example', audience: AUDIENCE, acr: { mfa: 'gold' } };

  test('asks for no issuer, and shows what routes require', async () => {
    const service = await bootedService({
      options: { resolveAuthorizationServer },
      controllers: [handler(RequireAcr('mfa'))],
    });
    expect(service.routes()).toEqual([expect.objectContaining({ requirements: { acrValues: ['mfa'] } })]);
    expect(resolveAuthorizationServer).not.toHaveBeenCalled();
    expect(log.filter((line) => line.includes('word_undeclared'))).toEqual([]);
  });

  test('goes on with a word that no configured server knows, and names the nearest one', async () => {
    const options = { authorizationServers: [configured], resolveAuthorizationServer };
    await bootedService({ options, controllers: [handler(RequireAcr('mfaa'))] });
    expect(log.filter((line) => line.includes('word_undeclared'))).toEqual([
      expect.stringContaining('has the word "mfaa"; the nearest known word is "mfa"'),
    ]);
  });

  test('stops for a resolver that is no function', async () => {
    await expect(bootedService({ options: { resolveAuthorizationServer: {} as never } })).rejects.toThrow(
      '"resolveAuthorizationServer" must be a function',
    );
  });
});

test('overrideStepUp() replaces tokens of servers that are resolved too', async () => {
  const builder = Test.createTestingModule({
    imports: [
      StepUpModule.forRoot({ resolveAuthorizationServer: () => undefined, metadataAudit: 'off', routeTable: 'off' }),
    ],
    controllers: [handler(RequireAcr('mfa'))],
  });
  const override = { met: true };
  const testing = await overrideStepUp(builder, override).compile();
  const app = testing.createNestApplication(adapters[0][1](), { logger: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  expect((await fetch(url)).status).toBe(200);
  override.met = false;
  expect((await fetch(url)).headers.get('www-authenticate')).toContain('acr_values="mfa"');
  await app.close();
});

describe('many resolved issuers', () => {
  const log = logOfEachTest();
  const ISSUERS = 1000;
  const { privateKey, publicKey } = keyPair('ES256');
  const server = serverOfEachTest();

  test('a request with a thousand of them costs no question and no document, and ten thousand strangers displace none', async () => {
    const issuerOf = (index: number) => `${server.origin}/realms/${index}`;
    const known = new Set(Array.from({ length: ISSUERS }, (_, index) => issuerOf(index)));
    server.json('/jwks', { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });
    const resolve = jest.fn((issuer: string) =>
      known.has(issuer) ? { issuer, audience: AUDIENCE, jwksUri: `${server.origin}/jwks` } : undefined,
    );
    const application = await startApplication({
      createAdapter: adapters[0][1],
      controllers: [handler(RequireAcr('mfa'))],
      options: { resolveAuthorizationServer: resolve },
    });
    expect(resolve).not.toHaveBeenCalled();
    const service = application.app.get(StepUpService);
    const tokenOf = (issuer: string) =>
      signToken('ES256', privateKey, { typ: 'at+jwt', alg: 'ES256', kid: 'k' }, accessTokenClaims(issuer, AUDIENCE));
    for (const issuer of known) await service.authenticate(tokenOf(issuer));
    expect({ asked: resolve.mock.calls.length, documents: server.hits('/jwks') }).toEqual({
      asked: ISSUERS,
      documents: ISSUERS,
    });

    const statuses = new Set<unknown>();
    for (let index = 0; index < 10_000; index += 1) {
      const token = strangersToken(`https://stranger.example/${index}`);
      statuses.add(
        await service.authenticate(token).then(
          () => 200,
          ({ status }) => status,
        ),
      );
    }
    expect([...statuses]).toEqual([401]);
    expect(log.filter((line) => line.includes('stranger'))).toHaveLength(1);

    resolve.mockClear();
    server.requests.length = 0;
    for (const index of [0, 500, 999]) {
      expect((await application.send('/', { token: tokenOf(issuerOf(index)) })).status).toBe(200);
    }
    expect({ asked: resolve.mock.calls.length, documents: server.requests.length }).toEqual({ asked: 0, documents: 0 });
    await application.close();
  });
});
