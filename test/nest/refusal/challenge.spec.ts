import { parseChallenges, RequireAcr, type UnmetReason } from 'nestjs-step-up';
import type { TestAccessTokenOptions } from 'nestjs-step-up/testing';
import { type FurtherOptions, logOfEachTest } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';
import { challenged, internalServerError } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

const urn = 'urn:bankid:bid;LOA=4';
const url = 'http://idmanagement.gov/ns/assurance/aal/2?phishing_resistant=true';
const error = 'error="insufficient_user_authentication"';
const acrUnmet = 'error_description="A different authentication is required"';
const tooOld = 'error_description="More recent authentication is required"';
const acrUnmetAndTooOld = 'error_description="A different and more recent authentication is required"';

describeOverHttp('the challenge', ({ serve, accessToken }) => {
  const both = RequireAcr(['phr', 'mfa'], { maxAge: 300 });

  it.each<[names: string, required: MethodDecorator, acr: string, age: number, parameters: string[]]>([
    [
      'RS-09 the acr values in their order of preference',
      both,
      'pwd',
      0,
      [acrUnmet, 'acr_values="phr mfa"', 'max_age="300"'],
    ],
    [
      'RS-06 all requirements if only the age fails',
      both,
      'mfa',
      900,
      [tooOld, 'acr_values="phr mfa"', 'max_age="300"'],
    ],
    ['RS-05 both if both fail', both, 'pwd', 900, [acrUnmetAndTooOld, 'acr_values="phr mfa"', 'max_age="300"']],
    ['RS-08 no max_age if none is required', RequireAcr('mfa'), 'pwd', 900, [acrUnmet, 'acr_values="mfa"']],
    [
      'RS-08 RS-11 no acr_values if none are required',
      RequireAcr({ maxAge: 300 }),
      'pwd',
      900,
      [tooOld, 'max_age="300"'],
    ],
    ['RS-11 a max_age of zero', RequireAcr({ maxAge: 0 }), 'mfa', 900, [tooOld, 'max_age="0"']],
    ['RS-20 RS-21 quoted URLs and URNs', RequireAcr([url, urn]), 'mfa', 0, [acrUnmet, `acr_values="${url} ${urn}"`]],
  ])('a challenge names %s', async (_, required, acr, age, parameters) => {
    const send = await serve(handler(required));
    const { status, headers } = await send({ token: await accessToken({ acr, authTime: secondsAgo(age) }) });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toEqual([['Bearer realm="api"', error, ...parameters].join(', ')]);
  });

  it.each<[unmet: string, token: TestAccessTokenOptions, reasons: UnmetReason[]]>([
    ['acr', { acr: 'pwd' }, ['acr_unmet']],
    ['no acr', {}, ['acr_missing']],
    ['age', { acr: 'mfa', authTime: 1 }, ['authentication_too_old']],
    ['no auth_time', { acr: 'mfa', authTime: null }, ['auth_time_missing']],
    ['acr and age', { acr: 'pwd', authTime: 1 }, ['acr_unmet', 'authentication_too_old']],
  ])('RS-107 the body says the same as the header, and why: %s', async (_, token, reasons) => {
    const send = await serve(handler(both));
    const response = await send({ token: await accessToken(token) });
    expect(response).toEqual(challenged({ acrValues: ['phr', 'mfa'], maxAge: 300, reasons }));
  });

  it('the body has a max_age of zero as well', async () => {
    const send = await serve(handler(RequireAcr({ maxAge: 0 })));
    const response = await send({ token: await accessToken({ authTime: 1 }) });
    expect(response).toEqual(challenged({ maxAge: 0, reasons: ['authentication_too_old'] }));
  });

  it('RS-23 a challenge is the same for every user of a route', async () => {
    const send = await serve(handler(both));
    for (const subject of ['alice', 'root']) {
      const response = await send({ token: await accessToken({ subject, acr: 'pwd' }) });
      expect(response).toEqual(challenged({ acrValues: ['phr', 'mfa'], maxAge: 300, reasons: ['acr_unmet'] }));
    }
  });

  const byUser = RequireAcr((context) => {
    const { user } = context.switchToHttp().getRequest();
    return { acrValues: [user.sub === 'mallory' ? 'mfa\r\nSet-Cookie: a=b' : `urn:example:${user.sub}`] };
  });

  it('RS-23 a challenge differs by user only if a function of the application says so', async () => {
    const send = await serve(handler(byUser));
    for (const subject of ['alice', 'root']) {
      const response = await send({ token: await accessToken({ subject, acr: 'pwd' }) });
      expect(response).toEqual(challenged({ acrValues: [`urn:example:${subject}`], reasons: ['acr_unmet'] }));
    }
  });

  it('RS-22 a line break never gets into a header', async () => {
    const send = await serve(handler(byUser));
    expect(await send({ token: await accessToken({ subject: 'mallory' }) })).toEqual(internalServerError());
  });

  it.each<[how: string, realm: string, written: string]>([
    ['RS-18 is quoted', 'api', 'realm="api"'],
    ['RS-19 has only quote and backslash escaped', 'q"uo\\te, {~}', 'realm="q\\"uo\\\\te, {~}"'],
    ['RS-18 is quoted if it looks like parameters', 'a", error="b', 'realm="a\\", error=\\"b"'],
  ])('the realm %s', async (_, realm, written) => {
    const send = await serve(handler(RequireAcr('mfa')), { realm });
    const { 'www-authenticate': challenges = [] } = (await send()).headers;
    expect(challenges).toEqual([`Bearer ${written}`]);
    expect(parseChallenges(challenges)).toEqual([{ scheme: 'Bearer', parameters: { realm } }]);
  });

  it('RS-13 RS-14 a challenge names each parameter once, whatever the realm', async () => {
    const send = await serve(handler(both), { realm: 'error=x, max_age="1"' });
    const { headers } = await send({ token: await accessToken({ acr: 'pwd' }) });
    const { 'www-authenticate': challenges = [] } = headers;
    const onDeviation = jest.fn();
    const [challenge] = parseChallenges(challenges, { onDeviation });
    expect(Object.keys(challenge?.parameters ?? {})).toEqual([
      'realm',
      'error',
      'error_description',
      'acr_values',
      'max_age',
    ]);
    expect(onDeviation).not.toHaveBeenCalled();
  });

  it.each<[of: string, token: () => Promise<string | undefined>, before: string]>([
    ['without a token', async () => undefined, ''],
    [
      'of a token that is no JWT',
      async () => 'garbage',
      'error="invalid_token", error_description="The access token is not a signed JWT", ',
    ],
    [
      'of an authentication that is not enough',
      () => accessToken({ acr: 'pwd' }),
      `${error}, ${acrUnmet}, acr_values="mfa", `,
    ],
  ])('RS-27 RS-04 a challenge %s points to the metadata of the resource', async (_, token, before) => {
    const resourceMetadata = 'https://api.example/.well-known/oauth-protected-resource?a=b,c';
    const send = await serve(handler(RequireAcr('mfa')), { resourceMetadata });
    const { status, headers } = await send({ token: await token() });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toEqual([
      `Bearer realm="api", ${before}resource_metadata="${resourceMetadata}"`,
    ]);
  });
});

describe('what cannot stand in a challenge stops the boot', () => {
  logOfEachTest();
  const failure = (options: FurtherOptions) =>
    bootFailure({ options: { authorizationServers: [bootServer], ...options } });

  it.each<[has: string, realm: string]>([
    ['a line break', 'a\r\nb'],
    ['NUL', 'a\0b'],
    ['DEL', 'a\x7fb'],
    ['what is not ASCII', 'é'],
    ['nothing', ''],
  ])('RS-22 a realm with %s stops the boot', async (_, realm) => {
    expect(await failure({ realm })).toEqual(
      new TypeError(
        '"realm" and "resourceMetadata" must be printable ASCII: ' +
          '"realm" is empty or has a character that RFC 6750 does not allow',
      ),
    );
  });

  it.each<[has: string, resourceMetadata: string]>([
    ['no URL', 'metadata'],
    ['a space', 'https://x/y z'],
    ['a quote', 'https://x/y"z'],
  ])('RS-17 a resourceMetadata with %s stops the boot', async (_, resourceMetadata) => {
    const error = await failure({ resourceMetadata });
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain('"resourceMetadata" must be');
  });
});
