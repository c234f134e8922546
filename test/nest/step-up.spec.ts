import { Get, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, RequireAcr } from 'nestjs-step-up';
import { challenged, withoutToken } from '../support/challenged.js';
import { describeOverHttp } from '../support/describe-over-http.js';
import { handler } from '../support/handler.js';

describeOverHttp('the six steps of RFC 9470 §2 at the resource server', ({ serve, accessToken, server }) => {
  const accounts = handler(Get('accounts'), UseGuards(AccessTokenGuard));
  const transfer = handler(RequireAcr('mfa', { maxAge: 300 }));
  const serveBank = () =>
    serve([accounts, transfer], {
      authorizationServers: [{ issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:example:mfa' } }],
    });

  it('RS-25 a request without a token gets a bare challenge', async () => {
    const send = await serveBank();
    expect(await send()).toEqual(withoutToken());
  });

  it('a signed-in user may read', async () => {
    const send = await serveBank();
    expect(await send({ path: '/accounts', token: await accessToken() })).toMatchObject({ status: 200 });
  });

  it('RS-109 the token is found whatever the case of the field name and the scheme', async () => {
    const send = await serveBank();
    const headers = { AUTHORIZATION: `bEARER ${await accessToken({ acr: 'urn:example:mfa' })}` };
    expect(await send({ headers })).toMatchObject({ status: 200 });
  });

  it('RS-01 RS-05 an authentication that is not enough is challenged', async () => {
    const send = await serveBank();
    const response = await send({ token: await accessToken({ acr: 'urn:example:pwd' }) });
    expect(response).toEqual(challenged({ acrValues: ['urn:example:mfa'], maxAge: 300, reasons: ['acr_unmet'] }));
  });

  it('the stepped-up user gets through', async () => {
    const send = await serveBank();
    const response = await send({ token: await accessToken({ acr: 'urn:example:mfa' }) });
    expect(response).toMatchObject({ status: 200, body: { done: true } });
  });
});
