import { Controller, Get } from '@nestjs/common';
import { parseChallenges, RequireAcr, type StepUpModuleOptions } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

const urn = 'urn:bankid:bid;LOA=4';
const url = 'http://idmanagement.gov/ns/assurance/aal/2?phishing_resistant=true';

@Controller()
class BankController {
  @Get('both')
  @RequireAcr(['phr', 'mfa'], { maxAge: 300 })
  both() {}

  @Get('acr')
  @RequireAcr('mfa')
  acr() {}

  @Get('age')
  @RequireAcr({ maxAge: 300 })
  age() {}

  @Get('now')
  @RequireAcr({ maxAge: 0 })
  now() {}

  @Get('url')
  @RequireAcr([url, urn])
  url() {}

  @Get('user')
  @RequireAcr((context) => {
    const { user } = context.switchToHttp().getRequest();
    return { acrValues: [user.sub === 'mallory' ? 'mfa\r\nSet-Cookie: a=b' : `urn:example:${user.sub}`] };
  })
  user() {}
}

const error = 'error="insufficient_user_authentication"';
const acrUnmet = 'error_description="A different authentication is required"';
const tooOld = 'error_description="More recent authentication is required"';
const both = 'error_description="A different and more recent authentication is required"';
const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

describe.each(adapters)('the challenge, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let log: ReturnType<typeof captureLog>;
  const applications: RunningApplication[] = [];

  const start = async (options?: Partial<StepUpModuleOptions>) => {
    const application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }], ...options },
    });
    applications.push(application);
    return application;
  };

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
  });
  afterEach(async () => {
    for (const application of applications.splice(0)) await application.close();
  });
  afterAll(async () => {
    log.restore();
    await server?.close();
  });

  it.each([
    [
      'RS-09 the acr values in their order of preference',
      '/both',
      'pwd',
      0,
      [acrUnmet, 'acr_values="phr mfa"', 'max_age="300"'],
    ],
    [
      'RS-06 all that is required where only the age fails',
      '/both',
      'mfa',
      900,
      [tooOld, 'acr_values="phr mfa"', 'max_age="300"'],
    ],
    [
      'RS-05 both in one challenge where both fail',
      '/both',
      'pwd',
      900,
      [both, 'acr_values="phr mfa"', 'max_age="300"'],
    ],
    ['RS-08 no max_age where none is required', '/acr', 'pwd', 900, [acrUnmet, 'acr_values="mfa"']],
    ['RS-08 RS-11 no acr_values where none are required', '/age', 'pwd', 900, [tooOld, 'max_age="300"']],
    ['RS-11 a max_age of zero', '/now', 'mfa', 900, [tooOld, 'max_age="0"']],
    ['RS-20 RS-21 quoted URLs and URNs', '/url', 'mfa', 0, [acrUnmet, `acr_values="${url} ${urn}"`]],
  ])('names %s', async (_, path, acr, age, parameters) => {
    const { send } = await start();
    const answer = await send(path, { token: await server.accessToken({ acr, authTime: secondsAgo(age) }) });
    expect(answer.status).toBe(401);
    expect(answer.challenges).toEqual([['Bearer realm="api"', error, ...parameters].join(', ')]);
  });

  it.each([
    ['acr', { acr: 'pwd' }, ['acr_unmet']],
    ['no acr', {}, ['acr_missing']],
    ['age', { acr: 'mfa', authTime: 1 }, ['authentication_too_old']],
    ['no auth_time', { acr: 'mfa', authTime: null }, ['auth_time_missing']],
    ['acr and age', { acr: 'pwd', authTime: 1 }, ['acr_unmet', 'authentication_too_old']],
  ])('RS-107 the body says the same as the header, and why: %s', async (_, claims, reasons) => {
    const { send } = await start();
    const { challenges, body, headers } = await send('/both', { token: await server.accessToken(claims) });
    const [challenge] = parseChallenges(challenges);
    expect(body).toEqual({
      error: 'insufficient_user_authentication',
      error_description: challenge?.parameters['error_description'],
      acr_values: 'phr mfa',
      max_age: 300,
      reasons,
    });
    expect(challenge?.parameters).toMatchObject({ acr_values: 'phr mfa', max_age: '300' });
    expect(headers['content-type']).toEqual(['application/json; charset=utf-8']);
  });

  it('the body has a max_age of zero as well', async () => {
    const { send } = await start();
    const { body } = await send('/now', { token: await server.accessToken({ authTime: 1 }) });
    expect(body).toEqual({
      error: 'insufficient_user_authentication',
      error_description: 'More recent authentication is required',
      max_age: 0,
      reasons: ['authentication_too_old'],
    });
  });

  it('RS-23 is the same for every user of a route', async () => {
    const { send } = await start();
    const answers = await Promise.all(
      ['alice', 'root'].map(async (subject) =>
        send('/both', { token: await server.accessToken({ subject, acr: 'pwd' }) }),
      ),
    );
    expect(answers[0]?.challenges).toEqual([
      `Bearer realm="api", ${error}, ${acrUnmet}, acr_values="phr mfa", max_age="300"`,
    ]);
    expect(answers[1]?.challenges).toEqual(answers[0]?.challenges);
    expect(answers[1]?.text).toBe(answers[0]?.text);
  });

  it('RS-23 differs by user only where a function of the application says so', async () => {
    const { send } = await start();
    for (const subject of ['alice', 'root']) {
      const { challenges } = await send('/user', { token: await server.accessToken({ subject, acr: 'pwd' }) });
      expect(challenges).toEqual([`Bearer realm="api", ${error}, ${acrUnmet}, acr_values="urn:example:${subject}"`]);
    }
  });

  it('RS-22 never takes a line break into a header', async () => {
    const { send } = await start();
    const answer = await send('/user', { token: await server.accessToken({ subject: 'mallory' }) });
    expect(answer.status).toBe(500);
    expect(answer.challenges).toEqual([]);
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.text).not.toContain('mfa');
  });

  it.each([
    ['RS-18 quoted', 'api', 'realm="api"'],
    ['RS-19 with only quote and backslash escaped', 'q"uo\\te, {~}', 'realm="q\\"uo\\\\te, {~}"'],
    ['RS-18 quoted where it looks like parameters', 'a", error="b', 'realm="a\\", error=\\"b"'],
  ])('has the realm %s', async (_, realm, written) => {
    const { send } = await start({ realm });
    const { challenges } = await send('/acr');
    expect(challenges).toEqual([`Bearer ${written}`]);
    expect(parseChallenges(challenges)).toEqual([{ scheme: 'Bearer', parameters: { realm } }]);
  });

  it('RS-13 RS-14 names each parameter once, whatever the realm', async () => {
    const { send } = await start({ realm: 'error=x, max_age="1"' });
    const { challenges } = await send('/both', { token: await server.accessToken({ acr: 'pwd' }) });
    const onDeviation = jest.fn();
    expect(Object.keys(parseChallenges(challenges, { onDeviation })[0]?.parameters ?? {})).toEqual([
      'realm',
      'error',
      'error_description',
      'acr_values',
      'max_age',
    ]);
    expect(onDeviation).not.toHaveBeenCalled();
  });

  const resourceMetadata = 'https://api.example/.well-known/oauth-protected-resource?a=b,c';
  const published = `resource_metadata="${resourceMetadata}"`;
  it.each([
    ['without a token', () => undefined, 401, 'Bearer realm="api", '],
    [
      'of a token that is no JWT',
      () => 'garbage',
      401,
      'Bearer realm="api", error="invalid_token", error_description="The access token is not a signed JWT", ',
    ],
    [
      'of an authentication that is not enough',
      () => server.accessToken({ acr: 'pwd' }),
      401,
      `Bearer realm="api", ${error}, ${acrUnmet}, acr_values="mfa", `,
    ],
  ])('RS-27 RS-04 points to the metadata of the resource in the challenge %s', async (_, token, status, before) => {
    const { send } = await start({ resourceMetadata });
    const given = await token();
    const answer = await send('/acr', given === undefined ? {} : { token: given });
    expect(answer.status).toBe(status);
    expect(answer.challenges).toEqual([before + published]);
  });
});
