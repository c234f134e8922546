import { Controller, Get } from '@nestjs/common';
import { parseChallenges, RequireAcr, type UnmetReason } from 'nestjs-step-up';
import { challenged, withoutToken } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp, type Send } from '../../support/describe-over-http.js';
import { done, handler } from '../../support/handler.js';

const acrValues = ['urn:z:phr', 'https://as.example/acr?levels=2,3', 'mfa', 'urn:a:pwd;LOA=1'];

describeOverHttp('faults known from other implementations', ({ serve, accessToken }) => {
  const requireAny = RequireAcr(acrValues);
  const requireRecent = RequireAcr({ maxAge: 300 });
  const challengesOf = async (send: Send, token?: string) => (await send({ token })).headers['www-authenticate'] ?? [];

  it('RS-09 acr_values are not joined with commas, nor sorted', async () => {
    const send = await serve(handler(requireAny));
    const response = await send({ token: await accessToken({ acr: 'none' }) });
    expect(response).toEqual(challenged({ acrValues, reasons: ['acr_unmet'] }));
  });

  it.each(acrValues)('RS-40 any one of the acr values is enough: %s', async (acr) => {
    const send = await serve(handler(requireAny));
    expect(await send({ token: await accessToken({ acr }) })).toMatchObject({ status: 200 });
  });

  it.each(['mfa-lite', 'MFA', 'mf', 'urn:z:phr mfa', acrValues.join(' '), ''])(
    'RS-40 nothing but one of the acr values is enough: %j',
    async (acr) => {
      const send = await serve(handler(requireAny));
      const response = await send({ token: await accessToken({ acr }) });
      expect(response).toEqual(challenged({ acrValues, reasons: ['acr_unmet'] }));
    },
  );

  it.each([[['mfa']], [{ mfa: true }], [2], [true], [null]])(
    'RS-42 an acr of another type than text counts as missing: %j',
    async (acr) => {
      const send = await serve(handler(requireAny));
      const response = await send({ token: await accessToken({ claims: { acr } }) });
      expect(response).toEqual(challenged({ acrValues, reasons: ['acr_missing'] }));
    },
  );

  it('RS-21 URNs and URLs are quoted, so that the field can be read', async () => {
    const challenges = await challengesOf(await serve(handler(requireAny)), await accessToken({ acr: 'none' }));
    expect(challenges[0]).toContain(', acr_values="urn:z:phr https://as.example/acr?levels=2,3 mfa urn:a:pwd;LOA=1"');
    const onDeviation = jest.fn();
    expect(parseChallenges(challenges, { onDeviation })).toHaveLength(1);
    expect(onDeviation).not.toHaveBeenCalled();
  });

  it('RS-19 quotes and backslashes of a realm are escaped', async () => {
    const realm = 'the "bank", \\ or error="none"';
    const challenges = await challengesOf(await serve(handler(requireAny), { realm }));
    expect(challenges).toEqual(['Bearer realm="the \\"bank\\", \\\\ or error=\\"none\\""']);
    expect(parseChallenges(challenges)).toEqual([{ scheme: 'Bearer', parameters: { realm } }]);
  });

  it.each<[required: string, decorator: MethodDecorator]>([
    ['acr values', requireAny],
    ['a maxAge', requireRecent],
    ['a maxAge of zero', RequireAcr({ maxAge: 0 })],
  ])(
    'RS-25 a request without Authorization header crashes nothing if the handler requires %s',
    async (_, decorator) => {
      const send = await serve(handler(decorator));
      expect(await send()).toEqual(withoutToken());
    },
  );

  it('RS-54 iat does not stand in for auth_time', async () => {
    const send = await serve(handler(requireRecent));
    const response = await send({ token: await accessToken({ authTime: null }) });
    expect(response).toEqual(challenged({ maxAge: 300, reasons: ['auth_time_missing'] }));
  });

  it('RS-54 a token issued just now does not make a sign-in recent', async () => {
    const send = await serve(handler(requireRecent));
    const token = await accessToken({ authTime: secondsAgo(900), claims: { iat: secondsAgo(0) } });
    expect(await send({ token })).toEqual(challenged({ maxAge: 300, reasons: ['authentication_too_old'] }));
  });

  it('RS-55 a request that was let through makes no later one recent', async () => {
    const send = await serve(handler(requireRecent));
    expect(await send({ token: await accessToken() })).toMatchObject({ status: 200 });
    expect(await send({ token: await accessToken({ authTime: secondsAgo(900) }) })).toMatchObject({ status: 401 });
  });

  it('RS-11 a max_age of zero is neither dropped nor met by an old sign-in', async () => {
    const send = await serve(handler(RequireAcr({ maxAge: 0 })));
    const response = await send({ token: await accessToken({ authTime: secondsAgo(60) }) });
    expect(response).toEqual(challenged({ maxAge: 0, reasons: ['authentication_too_old'] }));
    expect(await send({ token: await accessToken() })).toMatchObject({ status: 200 });
  });

  it.each<[what: string, authTime: () => unknown, reason: UnmetReason]>([
    ['RS-48 an hour ahead', () => secondsAgo(-3600), 'auth_time_in_future'],
    ['RS-49 in milliseconds', () => Date.now(), 'auth_time_invalid'],
    ['RS-49 in milliseconds, of the year 1975', () => 160_000_000_000, 'auth_time_invalid'],
    ['RS-51 as a string', () => String(secondsAgo(0)), 'auth_time_invalid'],
    ['before 1970', () => -1, 'auth_time_invalid'],
    ['in a list', () => [secondsAgo(0)], 'auth_time_invalid'],
  ])('an auth_time does not count %s', async (_, authTime, reason) => {
    const send = await serve(handler(requireRecent));
    const response = await send({ token: await accessToken({ claims: { auth_time: authTime() } }) });
    expect(response).toEqual(challenged({ maxAge: 300, reasons: [reason] }));
  });

  it('what a handler requires wins over what its class requires', async () => {
    @Controller()
    @RequireAcr('class', { maxAge: 60, scope: 'openid' })
    class BankController {
      @Get('nearest')
      @RequireAcr('handler', { maxAge: 900 })
      nearest() {
        return done();
      }

      @Get('class')
      fromClass() {
        return done();
      }
    }
    const send = await serve(BankController);
    const ask = async (path: string, acr: string, age = 0) =>
      send({ path, token: await accessToken({ acr, authTime: secondsAgo(age) }) });
    expect(await ask('/nearest', 'handler', 600)).toMatchObject({ status: 200 });
    expect(await ask('/nearest', 'class')).toEqual(
      challenged({ acrValues: ['handler'], maxAge: 900, reasons: ['acr_unmet'] }),
    );
    expect(await ask('/class', 'class')).toMatchObject({ status: 200 });
    expect(await ask('/class', 'handler')).toEqual(
      challenged({ acrValues: ['class'], maxAge: 60, reasons: ['acr_unmet'] }),
    );
  });
});
