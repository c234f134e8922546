import { Controller, Get } from '@nestjs/common';
import { RequireAcr, type StepUpModuleOptions } from 'nestjs-step-up';
import {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import { StepUpLog } from '../../../lib/nest/advice/log.js';
import { PassportAuthenticator } from '../../../lib/nest/authentication/passport.authenticator.js';
import { checkOptions } from '../../../lib/nest/step-up.options.js';
import { http } from '../../../lib/nest/transports/http.transport.js';
import type { Invocation } from '../../../lib/nest/transports/invocation.js';
import {
  type Answer,
  adapters,
  captureLog,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';

const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;
const API = '00001111-aaaa-2222-bbbb-3333cccc4444';

// {"access_token":{"acrs":{"essential":true,"value":"c1"}}}
const C1 = 'eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19';
const CHALLENGE =
  `Bearer realm="${TENANT}", authorization_uri="https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/authorize", ` +
  `error="insufficient_claims", claims="${C1}"`;

const TOO_OLD =
  'The sign-in is not recent enough, and the authorization server has no challenge for that; sign in anew';
const NO_TIME = 'The access token tells no usable time of the sign-in';
const INCAPABLE = 'A different authentication is required; the client cannot ask for it';
const MACHINE = 'No user has authenticated for this token, so none can step up';

@Controller()
class BankController {
  @Get('acr')
  @RequireAcr('mfa')
  acr() {
    return 'done';
  }

  @Get('any')
  @RequireAcr(['phr', 'mfa'])
  any() {
    return 'done';
  }

  @Get('age')
  @RequireAcr({ maxAge: 300 })
  age() {
    return 'done';
  }

  @Get('both')
  @RequireAcr('mfa', { maxAge: 300 })
  both() {
    return 'done';
  }

  @Get('scope')
  @RequireAcr('mfa', { scope: 'transfer' })
  scope() {
    return 'done';
  }
}

const now = () => Math.floor(Date.now() / 1000);

describe('with a strategy of the application', () => {
  const authorizationServers = [{ issuer: ISSUER, audience: API, profile: 'entra' as const, acr: { mfa: 'c1' } }];
  const eventOf = async (user: object, token?: string) => {
    const authenticator = new PassportAuthenticator(
      checkOptions({ passport: 'existing', authorizationServers }),
      new StepUpLog(),
    );
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (
      await authenticator.authenticate({
        transport: http,
        request: { user, headers },
        userHolders: [{ user }],
      } as Invocation)
    ).event;
  };

  test('the event is read where the profile says it is', async () => {
    const claims = {
      iss: ISSUER,
      sub: 'alice',
      acrs: ['c1'],
      acr: '1',
      auth_time: 5,
      azp: 'spa',
      scp: 'a b',
      amr: ['pwd'],
    };
    expect(await eventOf(claims)).toEqual({
      issuer: ISSUER,
      subject: 'alice',
      acrs: ['c1'],
      authTime: 5,
      clientId: 'spa',
      scope: 'a b',
      amr: ['pwd'],
    });
  });

  test('a user without issuer is one of the only server', async () => {
    expect(await eventOf({ sub: 'alice', acrs: ['c1'] })).toEqual({ issuer: ISSUER, subject: 'alice', acrs: ['c1'] });
  });

  test('contexts that validate() drops are missed', async () => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const token = `${encode({ alg: 'RS256' })}.${encode({ iss: ISSUER, acrs: ['c1'] })}.c2ln`;
    await expect(eventOf({ iss: ISSUER, sub: 'alice' }, token)).rejects.toThrow(
      /^The access token carries "acrs", but request.user does not: the validate\(\) of the Passport strategy "jwt" drops it/,
    );
  });
});

describe.each(adapters)('the claims challenge of Entra, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let log: ReturnType<typeof captureLog>;
  const applications: RunningApplication[] = [];

  /** As Entra issues them, version 2.0. */
  const token = (claims: Record<string, unknown> = {}, options: TestAccessTokenOptions = {}) =>
    server.accessToken({
      header: { typ: 'JWT' },
      authTime: null,
      ...options,
      claims: {
        iss: ISSUER,
        aud: API,
        azp: 'client',
        scp: 'transfer',
        ver: '2.0',
        xms_cc: ['cp1'],
        uti: 'u1',
        client_id: undefined,
        jti: undefined,
        scope: undefined,
        ...claims,
      },
    });

  const start = async (options?: Partial<StepUpModuleOptions>) => {
    const application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: {
        authorizationServers: [
          {
            issuer: ISSUER,
            audience: API,
            jwksUri: server.jwksUri,
            profile: 'entra',
            acr: { mfa: 'c1', phr: ['c2', 'c3'] },
          },
          { issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:example:mfa', phr: 'urn:example:phr' } },
        ],
        ...options,
      },
    });
    applications.push(application);
    return application;
  };

  let api: RunningApplication;

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
    api = await start();
  });
  afterAll(async () => {
    log?.restore();
    await Promise.all(applications.map((application) => application.close()));
    await server?.close();
  });

  const outcome = ({ status, challenges, body, text }: Answer) => [status, challenges, status === 200 ? text : body];
  const refused = (error_description: string) => [403, [], { error: 'access_denied', error_description }];

  test('401 in its own form, header and body', async () => {
    const answer = await api.send('/acr', { token: await token() });
    expect(outcome(answer)).toEqual([
      401,
      [CHALLENGE],
      {
        error: 'insufficient_claims',
        error_description: 'A different authentication is required',
        claims: C1,
        reasons: ['acr_missing'],
      },
    ]);
    expect(answer.headers['cache-control']).toEqual(['no-store']);
    expect(Buffer.from(C1, 'base64').toString()).toBe('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}');
  });

  test.each<[string, string, unknown]>([
    ['the context itself', '/acr', ['c1']],
    ['the context among others', '/acr', ['c9', 'c1']],
    ['any of several that are required', '/any', ['c3']],
  ])('%s is enough', async (_, path, acrs) => {
    expect(outcome(await api.send(path, { token: await token({ acrs }) }))).toEqual([200, [], 'done']);
  });

  test.each<[string, unknown]>([
    ['another context', ['c2']],
    ['a context whose name is longer', ['c10']],
    ['the word of the application', ['mfa']],
    ['the context within a list', [['c1']]],
    ['an object that looks like a list', { 0: 'c1', length: 1 }],
    ['none', []],
    ['a text', 'c1'],
    ['a list that is none of texts', ['c1', 1]],
  ])('%s is not', async (_, acrs) => {
    expect((await api.send('/acr', { token: await token({ acrs }) })).challenges).toEqual([CHALLENGE]);
  });

  test('of several contexts the preferred one is asked for', async () => {
    const { body } = await api.send('/any', { token: await token() });
    expect(Buffer.from(body['claims'] as string, 'base64').toString()).toBe(
      '{"access_token":{"acrs":{"essential":true,"value":"c2"}}}',
    );
  });

  test.each<[string, unknown, boolean]>([
    ['cp1', ['cp1'], true],
    ['CP1, as MSAL spells it', ['CP1'], true],
    ['cp1 among others', ['foo', 'cp1'], true],
    ['cp1 as a text', 'cp1', true],
    ['nothing', undefined, false],
    ['null', null, false],
    ['an empty list', [], false],
    ['another one', ['cp2'], false],
    ['cp1 within another', ['cp10'], false],
    ['an object', { cp1: true }, false],
    ['numbers', [1], false],
  ])('a client that declares %s', async (_, xms_cc, understands) => {
    const answer = await api.send('/acr', { token: await token({ xms_cc }) });
    if (understands) expect([answer.status, answer.challenges]).toEqual([401, [CHALLENGE]]);
    else expect(outcome(answer)).toEqual(refused(INCAPABLE));
  });

  test.each<[string, string, Record<string, unknown>, unknown[]]>([
    ['too old alone', '/age', { auth_time: now() - 1000 }, refused(TOO_OLD)],
    ['too old with the context', '/both', { auth_time: now() - 1000, acrs: ['c1'] }, refused(TOO_OLD)],
    ['no auth_time alone', '/age', {}, refused(NO_TIME)],
    ['no auth_time beside a lacking context', '/both', {}, refused(NO_TIME)],
    ['a future one beside a lacking context', '/both', { auth_time: now() + 1000 }, refused(NO_TIME)],
    ['recent, with the context', '/both', { auth_time: now(), acrs: ['c1'] }, [200, [], 'done']],
    ['recent', '/age', { auth_time: now() }, [200, [], 'done']],
  ])('maxAge: %s', async (_, path, claims, expected) => {
    expect(outcome(await api.send(path, { token: await token(claims) }))).toEqual(expected);
  });

  test('maxAge: too old beside a lacking context is worth a challenge', async () => {
    const { status, challenges, body } = await api.send('/both', { token: await token({ auth_time: now() - 1000 }) });
    expect([status, challenges, body['reasons']]).toEqual([
      401,
      [CHALLENGE],
      ['acr_missing', 'authentication_too_old'],
    ]);
  });

  test('a lacking scope waits for the context', async () => {
    const lacking = { scp: 'read' };
    expect((await api.send('/scope', { token: await token(lacking) })).challenges).toEqual([CHALLENGE]);
    expect((await api.send('/scope', { token: await token({ ...lacking, acrs: ['c1'] }) })).challenges).toEqual([
      'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a scope", scope="transfer"',
    ]);
  });

  test('RS-56 an application for itself is never challenged', async () => {
    const machine = await token({ idtyp: 'app', scp: undefined, sub: 'service-principal' });
    expect(outcome(await api.send('/acr', { token: machine }))).toEqual(refused(MACHINE));
    // as little as the user's own
    expect((await api.send('/acr', { token: await token({ idtyp: 'user' }) })).status).toBe(401);
  });

  test('a bad token and none are answered as ever', async () => {
    expect((await api.send('/acr')).challenges).toEqual(['Bearer realm="api"']);
    expect((await api.send('/acr', { token: await token({ azp: undefined }) })).challenges).toEqual([
      'Bearer realm="api", error="invalid_token", ' +
        'error_description="The token is not marked as an access token (typ at+jwt)"',
    ]);
  });

  test('another server beside it has the challenge of RFC 9470', async () => {
    expect((await api.send('/acr', { token: await server.accessToken() })).challenges).toEqual([
      'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="A different authentication is required", acr_values="urn:example:mfa"',
    ]);
  });

  test('without a tenant in the issuer the realm is empty and the endpoint the common one', async () => {
    const { issuer, audience } = server;
    const own = await start({
      authorizationServers: [{ issuer, audience, profile: 'entra', acr: { mfa: 'c1', phr: 'c2' } }],
    });
    expect((await own.send('/acr', { token: await token({ iss: issuer, aud: audience }) })).challenges).toEqual([
      `Bearer realm="", authorization_uri="${issuer}/common/oauth2/v2.0/authorize", ` +
        `error="insufficient_claims", claims="${C1}"`,
    ]);
  });

  test('the boot tells that maxAge cannot be asked for, once for each route that has one', () => {
    const told = log.lines.filter((line) => line.startsWith('[max_age_unaskable]'));
    const sentence = (route: string) =>
      `[max_age_unaskable] ${route} ${ISSUER}: no challenge can ask ${ISSUER} for maxAge, so that it is answered 403 where ` +
      'nothing else is unmet; let the policy behind the authentication context limit the age of sign-ins, and require ' +
      'that context alone';
    expect([...new Set(told)].filter((line) => line.includes(ISSUER))).toEqual([
      sentence('BankController.age'),
      sentence('BankController.both'),
    ]);
  });

  test('report mode lets through what would be challenged, and what could not be', async () => {
    const reporting = await start({ mode: 'report' });
    for (const claims of [{}, { xms_cc: undefined }, { auth_time: now() - 1000 }]) {
      expect(outcome(await reporting.send('/both', { token: await token(claims) }))).toEqual([200, [], 'done']);
    }
  });
});
