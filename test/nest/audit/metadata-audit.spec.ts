import type { RequestListener } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  type Advice,
  type AuthorizationServerOptions,
  RequireAcr,
  StepUpModule,
  type StepUpModuleOptions,
  StepUpService,
} from 'nestjs-step-up';
import { overrideStepUp } from 'nestjs-step-up/testing';
import { checkOptions } from '../../../lib/nest/step-up-settings.js';
import {
  adapters,
  type FurtherOptions,
  logOfEachTest,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { bootedService, bootFailure } from '../../support/boot.js';
import { JsonServer } from '../../token/json-server.js';

const OIDC = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';

@Controller()
class BankController {
  @Get('transfer')
  @RequireAcr('mfa')
  transfer() {}

  @Get('limits')
  @RequireAcr(['phr', 'mfa'])
  limits() {}

  @Get('accounts')
  @RequireAcr({ maxAge: 300 })
  accounts() {}
}

const log = logOfEachTest();
let server: JsonServer;
beforeEach(async () => {
  server = await new JsonServer().listen();
});
afterEach(async () => {
  jest.useRealTimers();
  await server.close();
});

const publish = (metadata: object) =>
  server.json(OIDC, { issuer: server.origin, jwks_uri: `${server.origin}/jwks`, ...metadata });

const optionsFor = (more: FurtherOptions, onServer: Partial<AuthorizationServerOptions> = {}): StepUpModuleOptions => ({
  authorizationServers: [
    {
      issuer: server.origin,
      audience: 'https://api.example',
      acr: { mfa: ['urn:otp', 'urn:push'], phr: 'urn:phr' },
      ...onServer,
    },
  ],
  ...more,
});

const advised = () => log.filter((line) => /^\[(?!routes|listener)/.test(line));

describe('what metadata tells against what routes need', () => {
  const introspection = { clientId: 'api', clientSecret: 'secret' };
  const acrFix = 'have the server offer it';
  const unavailableFix =
    'make it readable from here, or give "jwksUri" and "metadataAudit": \'off\'; "npx nestjs-step-up doctor" tells more';

  it.each<
    [
      what: string,
      metadata: object,
      onServer: Partial<AuthorizationServerOptions>,
      expected: (issuer: string) => [code: string, message: string, fix?: string][],
    ]
  >([
    ['M-01 all values offered', { acr_values_supported: ['urn:otp', 'urn:push', 'urn:phr', 'more'] }, {}, () => []],
    ['M-02 no values published', {}, {}, () => []],
    ['M-02 values that are no list', { acr_values_supported: 'urn:otp' }, {}, () => []],
    [
      'M-01 one value lacking',
      { acr_values_supported: ['urn:otp', 'urn:phr'] },
      {},
      () => [
        [
          'acr_values_unsupported',
          'acr_values_supported in its metadata lacks "urn:push", which "mfa" on BankController.transfer and 1 more asks for',
          acrFix,
        ],
      ],
    ],
    [
      'M-01 a value that is misspelt',
      { acr_values_supported: ['urn:otp', 'urn:pusch', 'urn:phr'] },
      {},
      () => [
        [
          'acr_values_unsupported',
          'acr_values_supported in its metadata lacks "urn:push", which "mfa" on BankController.transfer and 1 more asks for',
          'have the server offer it; or correct its spelling: "urn:pusch"',
        ],
      ],
    ],
    [
      'M-01 a value that is misspelt, behind more than anybody compares it with',
      {
        acr_values_supported: [
          ...Array.from({ length: 1000 }, (_, place) => `urn:no:${place}`),
          'urn:otp',
          'urn:pusch',
          'urn:phr',
        ],
      },
      {},
      () => [
        [
          'acr_values_unsupported',
          'acr_values_supported in its metadata lacks "urn:push", which "mfa" on BankController.transfer and 1 more asks for',
          'have the server offer it',
        ],
      ],
    ],
    [
      'M-01 a level whose neighbor is weaker, with a profile',
      { acr_values_supported: ['loa-1', 'loa-3'] },
      { acr: { mfa: 'loa-2', phr: 'loa-3' }, profile: 'keycloak' },
      () => [
        [
          'acr_values_unsupported',
          'acr_values_supported in its metadata lacks "loa-2", which "mfa" on BankController.transfer and 1 more asks for',
          'have the server offer it: the steps for Keycloak are in docs/authorization-servers.md',
        ],
      ],
    ],
    [
      'M-01 several values lacking',
      { acr_values_supported: ['urn:otp'] },
      {},
      () => [
        [
          'acr_values_unsupported',
          'acr_values_supported in its metadata lacks "urn:push", which "mfa" on BankController.transfer and 1 more asks for; ' +
            '"urn:phr", which "phr" on BankController.limits asks for',
          acrFix,
        ],
      ],
    ],
    [
      'M-01 the string of a stronger word, which challenges list too',
      { acr_values_supported: ['urn:otp', 'urn:push'] },
      { order: ['phr', 'mfa'] },
      () => [
        [
          'acr_values_unsupported',
          'acr_values_supported in its metadata lacks "urn:phr", which "mfa" on BankController.transfer and 1 more asks for',
          acrFix,
        ],
      ],
    ],
    [
      'literal values',
      { acr_values_supported: ['mfa'] },
      { acr: 'literal' },
      () => [
        [
          'acr_values_unsupported',
          'acr_values_supported in its metadata lacks "phr", which "phr" on BankController.limits asks for',
          acrFix,
        ],
      ],
    ],
    [
      'no claims parameter where the profile asks by it',
      {},
      { profile: { request: { mode: 'essential' } } },
      () => [
        [
          'claims_parameter_unsupported',
          'its metadata offers no claims parameter, by which the profile says that an acr has to be asked for',
          `have the server accept it, or let "request.mode" of the profile be 'acr_values'`,
        ],
      ],
    ],
    [
      'a claims parameter where the profile asks by it',
      { claims_parameter_supported: true },
      { profile: { request: { mode: 'essential' } } },
      () => [],
    ],
    [
      'no introspection endpoint where one is needed',
      {},
      { introspection },
      () => [
        [
          'introspection_endpoint_missing',
          'its metadata has no https "introspection_endpoint" (http is accepted on loopback only)',
          'give "authorizationServers[].introspection.endpoint"',
        ],
      ],
    ],
    [
      'an introspection endpoint',
      { introspection_endpoint: 'https://as.example/introspect' },
      { introspection },
      () => [],
    ],
    [
      'no introspection endpoint where one is configured',
      {},
      { introspection: { ...introspection, endpoint: 'https://as.example/introspect' } },
      () => [],
    ],
    [
      'no keys',
      { jwks_uri: undefined },
      {},
      () => [
        [
          'jwks_uri_missing',
          'its metadata has no https "jwks_uri" (http is accepted on loopback only)',
          'give "authorizationServers[].jwksUri"',
        ],
      ],
    ],
    [
      'no keys where their address is configured',
      { jwks_uri: undefined },
      { jwksUri: 'https://as.example/jwks' },
      () => [],
    ],
    [
      'another issuer',
      { issuer: 'https://other.example' },
      {},
      () => [
        [
          'metadata_issuer_mismatch',
          'its metadata names the issuer "https://other.example"; configure exactly that one',
        ],
      ],
    ],
  ])('the metadata of a server is compared with what routes need: %s', async (_, metadata, onServer, expected) => {
    publish(metadata);
    const found = expected(server.origin);
    const boot = (more: FurtherOptions) => ({
      controllers: [BankController],
      options: optionsFor(more, onServer),
    });

    expect(await bootFailure(boot({ metadataAudit: 'await' }))).toBe(undefined);
    const sentences = found.map(([, ...sentence]) => `${server.origin}: ${sentence.join('; ')}`);
    expect(advised()).toEqual(found.map(([code], index) => `[${code}] ${sentences[index]}`));

    const failed = await bootFailure(boot({ metadataAudit: 'await', audit: 'throw' }));
    expect(failed).toEqual(found.length === 0 ? undefined : new TypeError(`Boot audit: ${sentences.join('; ')}`));
  });

  it('what metadata tells is shown with the routes that are concerned, and in the table', async () => {
    publish({ acr_values_supported: ['urn:otp', 'urn:push'] });
    const service = await bootedService({
      controllers: [BankController],
      options: optionsFor({ metadataAudit: 'await' }),
    });
    const codes = service.routes().map(({ name, advice }) => [name, advice?.map(({ code }) => code)]);
    expect(codes).toEqual([
      ['BankController.transfer', undefined],
      ['BankController.limits', ['acr_values_unsupported']],
      ['BankController.accounts', undefined],
    ]);
    expect(log.filter((line) => line.startsWith('[routes]'))).toEqual([
      [
        '[routes] what is required of requests',
        'called by      handler                  access    words    maxAge  scope  advice',
        'GET /transfer  BankController.transfer  required  mfa',
        'GET /limits    BankController.limits    required  phr mfa                 acr_values_unsupported',
        'GET /accounts  BankController.accounts  required           300',
        'no handlers are open',
      ].join('\n'),
    ]);
  });

  it('all that is wrong with several servers is listed', async () => {
    publish({ acr_values_supported: ['urn:otp', 'urn:push', 'urn:phr'], jwks_uri: undefined });
    const options = optionsFor({ metadataAudit: 'await', audit: 'throw' });
    const second = { issuer: `${server.origin}/second`, audience: 'api', acr: { mfa: 'x', phr: 'y' } };
    const error = (await bootFailure({
      controllers: [BankController],
      options: { ...options, authorizationServers: [...(options.authorizationServers ?? []), second] },
    })) as Error;
    expect(error.message).toBe(
      `Boot audit: ${server.origin}: its metadata has no https "jwks_uri" (http is accepted on loopback only); ` +
        `give "authorizationServers[].jwksUri"; ${second.issuer}: its metadata cannot be read: ` +
        `/second/.well-known/openid-configuration is answered with status 404; ` +
        `/.well-known/oauth-authorization-server/second is answered with status 404; ${unavailableFix}`,
    );
  });

  it('a server that knows none of the words is not advised on', async () => {
    publish({ acr_values_supported: [] });
    const other = { issuer: `${server.origin}/other`, audience: 'api', acr: { mfa: 'x', phr: 'y' } };
    const at = { issuer: other.issuer, jwks_uri: 'https://as.example/jwks', acr_values_supported: ['x', 'y'] };
    server.json(`/other${OIDC}`, at);
    const options = optionsFor({ metadataAudit: 'await' }, { acr: { badge: 'urn:badge' } });
    await bootFailure({
      controllers: [BankController],
      options: { ...options, authorizationServers: [...(options.authorizationServers ?? []), other] },
    });
    expect(server.requests.sort()).toEqual([OIDC, `/other${OIDC}`].sort());
    expect(advised().filter((line) => !line.startsWith('[issuer_without_word]'))).toEqual([]);
  });

  it('the metadata of RFC 8414 is read if there is no other', async () => {
    server.json(OAUTH, { issuer: server.origin, jwks_uri: 'https://as.example/jwks', acr_values_supported: [] });
    await bootFailure({ controllers: [BankController], options: optionsFor({ metadataAudit: 'await' }) });
    expect(advised()).toEqual([expect.stringMatching(/^\[acr_values_unsupported\]/)]);
    expect(server.requests).toEqual([OIDC, OAUTH]);
  });
});

describe.each(adapters)('in the background, %s', (_, createAdapter) => {
  let application: RunningApplication | undefined;
  afterEach(async () => {
    await application?.close();
    application = undefined;
  });

  async function start(options: FurtherOptions = {}) {
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: optionsFor({ metadataAudit: undefined, ...options }),
    });
    return application.app.get(StepUpService);
  }

  /** Answers once it is told to. */
  function heldBack(): { answer(): void; asked: Promise<void>; givenUp: Promise<void> } {
    let answer = () => {};
    let ask = () => {};
    let giveUp = () => {};
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const givenUp = new Promise<void>((resolve) => {
      giveUp = resolve;
    });
    const listener: RequestListener = (_request, response) => {
      response.on('close', giveUp);
      answer = () => void response.end(JSON.stringify({ issuer: server.origin, acr_values_supported: ['urn:otp'] }));
      ask();
    };
    server.answers.set(OIDC, listener);
    return { answer: () => answer(), asked, givenUp };
  }

  const heardBy = (service: StepUpService, code: string) =>
    new Promise<Advice>((resolve) => {
      service.onAdvice((advice) => {
        if (advice.code === code) resolve(advice);
      });
    });

  it('the application serves while metadata is on its way, and shows what it told as soon as it is there', async () => {
    const metadata = heldBack();
    const service = await start({ audit: 'throw' });
    await metadata.asked;
    expect((await (application as RunningApplication).send('/transfer')).status).toBe(401);
    expect(service.routes().filter(({ advice }) => advice !== undefined)).toEqual([]);

    const heard = heardBy(service, 'acr_values_unsupported');
    metadata.answer();
    expect(await heard).toEqual({
      code: 'acr_values_unsupported',
      subject: server.origin,
      message: expect.stringContaining('"urn:phr", which "phr" on BankController.limits asks for'),
      fix: expect.any(String),
    });
    expect(service.routes()[1]?.advice).toEqual([await heard]);
    expect(advised()).toHaveLength(2);
  });

  it('a server that cannot be reached is no reason not to boot', async () => {
    const nowhere = { issuer: 'http://127.0.0.1:9', audience: 'api' };
    const service = await start({ authorizationServers: [nowhere], audit: 'throw' });
    const { subject, message } = await heardBy(service, 'metadata_unreadable');
    expect(subject).toBe(nowhere.issuer);
    expect(message).toMatch(/^its metadata cannot be read: /);
    expect((await (application as RunningApplication).send('/transfer')).status).toBe(401);
  });

  it('the reading of metadata is given up when the application is shut down, without a word', async () => {
    const metadata = heldBack();
    await start();
    await metadata.asked;
    await application?.close();
    application = undefined;
    await metadata.givenUp;
    expect(server.requests).toEqual([OIDC]);
    expect(advised()).toEqual([]);
  });
});

describe('how long it is waited for', () => {
  it.each<[passport: 'register' | 'existing', metadataAudit: StepUpModuleOptions['metadataAudit']]>([
    ['register', 'background'],
    ['existing', 'off'],
  ])("the default of metadataAudit with '%s' is '%s'", (passport, metadataAudit) => {
    expect(checkOptions(optionsFor({ passport })).metadataAudit).toBe(metadataAudit);
  });

  it("nobody is asked with 'off'", async () => {
    publish({ acr_values_supported: [] });
    await bootFailure({ controllers: [BankController], options: optionsFor({ metadataAudit: 'off' }) });
    expect(server.requests).toEqual([]);
    expect(advised()).toEqual([]);
  });

  it("the server is asked with 'existing' too if that is said, but not for keys", async () => {
    publish({ jwks_uri: undefined, acr_values_supported: ['urn:otp', 'urn:phr'] });
    const options = optionsFor({ passport: 'existing', metadataAudit: 'await' });
    await bootFailure({ controllers: [BankController], options });
    const codes = advised().map((line) => /^\[(\w+)\]/.exec(line)?.[1]);
    expect(codes).toEqual(['strategy_missing', 'acr_values_unsupported']);
  });

  it("the application boots after five seconds with 'await'", async () => {
    const asked = new Promise<void>((resolve) => server.answers.set(OIDC, () => resolve()));
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'],
    });
    let booted = false;
    const boot = bootFailure({ controllers: [BankController], options: optionsFor({ metadataAudit: 'await' }) });
    void boot.then(() => {
      booted = true;
    });
    await asked;
    jest.advanceTimersByTime(4999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(booted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(await boot).toBe(undefined);
    expect(advised()).toEqual([
      `[metadata_unreadable] ${server.origin}: its metadata cannot be read: ${OIDC} was not read in time; ` +
        `make it readable from here, or give "jwksUri" and "metadataAudit": 'off'; "npx nestjs-step-up doctor" tells more`,
    ]);
  });

  it('nobody is asked if a test stands in for step-up', async () => {
    publish({ acr_values_supported: [] });
    const builder = Test.createTestingModule({
      imports: [StepUpModule.forRoot(optionsFor({ metadataAudit: 'await', audit: 'throw' }))],
      controllers: [BankController],
    });
    const testing = await overrideStepUp(builder, { met: true }).compile();
    const app = await testing.createNestApplication().init();
    expect(server.requests).toEqual([]);
    await app.close();
  });
});
