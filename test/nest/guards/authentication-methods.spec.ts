import { UseGuards } from '@nestjs/common';
import { type AuthorizationServerProfile, RequireAcr } from 'nestjs-step-up';
import { challenged, internalServerError } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { done, handler, impostorGuard } from '../../support/handler.js';

const profile: AuthorizationServerProfile = {
  issues: { acr: 'never', authTime: 'never' },
  methods: {
    form: 'entries',
    method: 'method',
    time: 'timestamp',
    acr: { mfa: ['totp'], pwd: ['password'] },
    authTime: ['password', 'totp'],
  },
};
const at = (method: string, age: number) => ({ method, timestamp: secondsAgo(age) });

describeOverHttp('a word that methods tell', ({ serve, accessToken, server, log }) => {
  const servers = () => [
    { issuer: server.issuer, audience: server.audience, profile, acr: { second: 'mfa', first: 'pwd' } },
  ];
  const token = (...amr: unknown[]) => accessToken({ authTime: null, claims: { amr } });
  const secondFactor = handler(RequireAcr('second', { maxAge: 300 }));

  it('RS-58 a second factor within five minutes is required, and a new password does not do', async () => {
    const send = await serve(secondFactor, { authorizationServers: servers() });
    expect(await send({ token: await token(at('password', 5), at('totp', 900)) })).toEqual(
      challenged({ acrValues: ['mfa'], maxAge: 300, reasons: ['authentication_too_old'] }),
    );
    expect(done).not.toHaveBeenCalled();
    expect(await send({ token: await token(at('password', 9000), at('totp', 5)) })).toMatchObject({ status: 200 });
  });

  it('RS-57 a sign-in without the method is challenged for the string, and the log says nothing', async () => {
    const send = await serve(secondFactor, { authorizationServers: servers() });
    expect(await send({ token: await token(at('password', 5), at('face', 5)) })).toEqual(
      challenged({ acrValues: ['mfa'], maxAge: 300, reasons: ['acr_unmet'] }),
    );
    expect(log.filter((line) => /^\[(?!routes)/.test(line))).toEqual([]);
  });

  it('RS-57 methods of another form are none, and the log says how to have them read', async () => {
    const send = await serve(secondFactor, { authorizationServers: servers() });
    expect(await send({ token: await token('password', 'totp') })).toEqual(
      challenged({ acrValues: ['mfa'], maxAge: 300, reasons: ['acr_missing', 'auth_time_missing'] }),
    );
    expect(log.filter((line) => line.startsWith('[acr_missing]'))).toEqual([
      `[acr_missing] ${server.issuer}: tokens carry no methods in "amr" that the profile can read, which would tell "mfa", "pwd"; ` +
        'have them put into access tokens, or say in "methods.form" of the profile how they are written',
    ]);
  });

  it('RS-57 an order of words holds for what methods tell', async () => {
    const ordered = servers().map((one) => ({ ...one, order: ['second', 'first'] }));
    const send = await serve(handler(RequireAcr('first', { maxAge: 300 })), { authorizationServers: ordered });
    expect(await send({ token: await token(at('totp', 5)) })).toMatchObject({ status: 200 });
    expect(await send({ token: await token(at('totp', 900)) })).toEqual(
      challenged({ acrValues: ['pwd', 'mfa'], maxAge: 300, reasons: ['authentication_too_old'] }),
    );
  });

  describe("with a guard of the application's own", () => {
    const serveBeside = (user: object) =>
      serve(handler(RequireAcr('second', { maxAge: 300 }), UseGuards(impostorGuard(user))), {
        passport: 'existing',
        authorizationServers: servers(),
      });

    it('RS-58 the methods on request.user are read by the profile', async () => {
      const amr = [at('totp', 5)];
      expect(await (await serveBeside({ sub: 'bob', amr }))()).toMatchObject({ status: 200 });
      expect(await (await serveBeside({ sub: 'bob', amr: [at('totp', 900)] }))()).toEqual(
        challenged({ acrValues: ['mfa'], maxAge: 300, reasons: ['authentication_too_old'] }),
      );
    });

    it('RS-57 methods that the guard drops are not taken for none', async () => {
      const send = await serveBeside({ sub: 'bob' });
      expect(await send({ token: await token(at('totp', 5)) })).toEqual(internalServerError());
      expect(log.some((line) => line.includes('The access token carries "amr", but request.user does not'))).toBe(true);
    });
  });
});
