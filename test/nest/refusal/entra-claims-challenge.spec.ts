import { RequireAcr, type UnmetReason } from 'nestjs-step-up';
import { StepUpLog } from '../../../lib/nest/advice/log.js';
import { PassportAuthenticator } from '../../../lib/nest/authentication/passport.authenticator.js';
import { checkOptions } from '../../../lib/nest/step-up-settings.js';
import { http } from '../../../lib/nest/transports/http.transport.js';
import type { Invocation } from '../../../lib/nest/transports/invocation.js';
import type { FurtherOptions } from '../../support/application.js';
import { accessDenied, challenged, insufficientScope, invalidToken, withoutToken } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp, type Response } from '../../support/describe-over-http.js';
import { DONE, handler } from '../../support/handler.js';

const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;
const API = '00001111-aaaa-2222-bbbb-3333cccc4444';

/** The whole response to a request whose context lacks. The claims are encoded by hand. */
const lacksContext = (context: 'c1' | 'c2', reasons: UnmetReason[], realm = TENANT): Response => {
  const authority = realm === TENANT ? `https://login.microsoftonline.com/${TENANT}` : realm;
  const claims = {
    // {"access_token":{"acrs":{"essential":true,"value":"c1"}}}
    c1: 'eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19',
    // {"access_token":{"acrs":{"essential":true,"value":"c2"}}}
    c2: 'eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzIifX19',
  }[context];
  return {
    status: 401,
    headers: {
      'cache-control': ['no-store'],
      'content-type': ['application/json; charset=utf-8'],
      'www-authenticate': [
        `Bearer realm="${realm === TENANT ? TENANT : ''}", authorization_uri="${authority}/oauth2/v2.0/authorize", ` +
          `error="insufficient_claims", claims="${claims}"`,
      ],
    },
    body: {
      error: 'insufficient_claims',
      error_description: 'A different authentication is required',
      claims,
      reasons,
    },
  };
};
const served: Response = {
  status: 200,
  headers: { 'content-type': ['application/json; charset=utf-8'] },
  body: DONE,
};
const tooOld = accessDenied(
  'The sign-in is not recent enough, and the authorization server has no challenge for that; sign in anew',
);
const noTime = accessDenied('The access token tells no usable time of the sign-in');

describeOverHttp('the claims challenge of Entra', ({ serve, accessToken, server, log }) => {
  const requireMfa = RequireAcr('mfa');
  const requireBoth = RequireAcr('mfa', { maxAge: 300 });
  const requireRecent = RequireAcr({ maxAge: 300 });

  /** As Entra issues them, version 2.0. */
  const token = (claims: Record<string, unknown> = {}) =>
    accessToken({
      header: { typ: 'JWT' },
      authTime: null,
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

  /** Serves for Entra, and for a server that has the challenge of RFC 9470. */
  function serveForEntra(required: MethodDecorator, options?: FurtherOptions) {
    const { issuer, audience, jwksUri } = server;
    return serve(handler(required), {
      authorizationServers: [
        { issuer: ISSUER, audience: API, jwksUri, profile: 'entra', acr: { mfa: 'c1', phr: ['c2', 'c3'] } },
        { issuer, audience, acr: { mfa: 'urn:example:mfa', phr: 'urn:example:phr' } },
      ],
      ...options,
    });
  }

  test('a lacking context is answered 401 in the form of Entra, header and body', async () => {
    const send = await serveForEntra(requireMfa);
    expect(await send({ token: await token() })).toEqual(lacksContext('c1', ['acr_missing']));
  });

  test.each<[what: string, required: MethodDecorator, acrs: unknown]>([
    ['the context itself', requireMfa, ['c1']],
    ['the context among others', requireMfa, ['c9', 'c1']],
    ['any of several that are required', RequireAcr(['phr', 'mfa']), ['c3']],
  ])('%s is enough', async (_, required, acrs) => {
    const send = await serveForEntra(required);
    expect(await send({ token: await token({ acrs }) })).toEqual(served);
  });

  test.each<[what: string, acrs: unknown, reason: UnmetReason]>([
    ['another context', ['c2'], 'acr_unmet'],
    ['a context whose name is longer', ['c10'], 'acr_unmet'],
    ['the word of the application', ['mfa'], 'acr_unmet'],
    ['the context within a list', [['c1']], 'acr_missing'],
    ['an object that looks like a list', { 0: 'c1', length: 1 }, 'acr_missing'],
    ['an empty list of contexts', [], 'acr_unmet'],
    ['a text', 'c1', 'acr_missing'],
    ['a list that is none of texts', ['c1', 1], 'acr_missing'],
  ])('%s is not enough', async (_, acrs, reason) => {
    const send = await serveForEntra(requireMfa);
    expect(await send({ token: await token({ acrs }) })).toEqual(lacksContext('c1', [reason]));
  });

  test('the preferred one of several contexts is asked for', async () => {
    const send = await serveForEntra(RequireAcr(['phr', 'mfa']));
    expect(await send({ token: await token() })).toEqual(lacksContext('c2', ['acr_missing']));
  });

  test.each<[declares: string, xms_cc: unknown]>([
    ['cp1', ['cp1']],
    ['CP1, as MSAL spells it', ['CP1']],
    ['cp1 among others', ['foo', 'cp1']],
    ['cp1 as a text', 'cp1'],
  ])('a client that declares %s is challenged', async (_, xms_cc) => {
    const send = await serveForEntra(requireMfa);
    expect(await send({ token: await token({ xms_cc }) })).toEqual(lacksContext('c1', ['acr_missing']));
  });

  test.each<[declares: string, xms_cc: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty list', []],
    ['another one', ['cp2']],
    ['cp1 within another', ['cp10']],
    ['an object', { cp1: true }],
    ['numbers', [1]],
  ])('a client that declares %s is answered 403', async (_, xms_cc) => {
    const send = await serveForEntra(requireMfa);
    expect(await send({ token: await token({ xms_cc }) })).toEqual(
      accessDenied('A different authentication is required; the client cannot ask for it'),
    );
  });

  test.each<[signIn: string, required: MethodDecorator, claims: Record<string, unknown>, response: Response]>([
    ['too old alone', requireRecent, { auth_time: secondsAgo(1000) }, tooOld],
    ['too old with the context', requireBoth, { auth_time: secondsAgo(1000), acrs: ['c1'] }, tooOld],
    ['no auth_time alone', requireRecent, {}, noTime],
    ['no auth_time next to a lacking context', requireBoth, {}, noTime],
    ['a future one next to a lacking context', requireBoth, { auth_time: secondsAgo(-1000) }, noTime],
    ['recent, with the context', requireBoth, { auth_time: secondsAgo(0), acrs: ['c1'] }, served],
    ['recent', requireRecent, { auth_time: secondsAgo(0) }, served],
    [
      'too old next to a lacking context, which is worth a challenge',
      requireBoth,
      { auth_time: secondsAgo(1000) },
      lacksContext('c1', ['acr_missing', 'authentication_too_old']),
    ],
  ])('a required maxAge with a sign-in that is %s', async (_, required, claims, response) => {
    const send = await serveForEntra(required);
    expect(await send({ token: await token(claims) })).toEqual(response);
  });

  test('a lacking scope waits for the context', async () => {
    const send = await serveForEntra(RequireAcr('mfa', { scope: 'transfer' }));
    const weak = await send({ token: await token({ scp: 'read' }) });
    expect(weak).toEqual(lacksContext('c1', ['acr_missing', 'scope_missing']));
    const enough = await send({ token: await token({ scp: 'read', acrs: ['c1'] }) });
    expect(enough).toEqual(insufficientScope('transfer'));
  });

  test('RS-56 an application for itself is never challenged', async () => {
    const send = await serveForEntra(requireMfa);
    const ofClient = await token({ idtyp: 'app', scp: undefined, sub: 'service-principal' });
    expect(await send({ token: ofClient })).toEqual(
      accessDenied('No user has authenticated for this token, so none can step up'),
    );
    // as little as the user's own
    expect(await send({ token: await token({ idtyp: 'user' }) })).toMatchObject({ status: 401 });
  });

  test('a bad token and none are answered as ever', async () => {
    const send = await serveForEntra(requireMfa);
    expect(await send()).toEqual(withoutToken());
    expect(await send({ token: await token({ azp: undefined }) })).toEqual(
      invalidToken('The claims of the token are not those of an access token'),
    );
  });

  test('another server next to it has the challenge of RFC 9470', async () => {
    const send = await serveForEntra(requireMfa);
    const response = await send({ token: await accessToken() });
    expect(response).toEqual(challenged({ acrValues: ['urn:example:mfa'], reasons: ['acr_missing'] }));
  });

  test('without a tenant in the issuer the realm is empty and the endpoint the common one', async () => {
    const { issuer, audience } = server;
    const send = await serveForEntra(requireMfa, {
      authorizationServers: [{ issuer, audience, profile: 'entra', acr: { mfa: 'c1', phr: 'c2' } }],
    });
    const response = await send({ token: await token({ iss: issuer, aud: audience }) });
    expect(response).toEqual(lacksContext('c1', ['acr_missing'], `${issuer}/common`));
  });

  test.each<[required: string, decorator: MethodDecorator, times: number]>([
    ['a maxAge', requireRecent, 1],
    ['a maxAge and an acr', requireBoth, 1],
    ['an acr', requireMfa, 0],
  ])('the boot tells once that maxAge cannot be asked for, if a route requires %s', async (_, required, times) => {
    await serveForEntra(required);
    expect(log.filter((line) => line.startsWith('[max_age_unaskable]'))).toEqual(
      Array(times).fill(
        `[max_age_unaskable] HandlerController.handle ${ISSUER}: no challenge can ask ${ISSUER} for maxAge, so that it is ` +
          'answered 403 where nothing else is unmet; let the policy behind the authentication context limit the age of ' +
          'sign-ins, and require that context alone',
      ),
    );
  });

  test('report mode lets through what would be challenged, and what could not be', async () => {
    const send = await serveForEntra(requireBoth, { mode: 'report' });
    for (const claims of [{}, { xms_cc: undefined }, { auth_time: secondsAgo(1000) }]) {
      expect(await send({ token: await token(claims) })).toEqual(served);
    }
  });
});

describe('Entra with a strategy of the application', () => {
  const authorizationServers = [{ issuer: ISSUER, audience: API, profile: 'entra' as const, acr: { mfa: 'c1' } }];
  const eventOf = async (user: object, token?: string) => {
    const authenticator = new PassportAuthenticator(
      checkOptions({ passport: 'existing', authorizationServers }),
      new StepUpLog(),
    );
    const request = { user, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } };
    const invocation = { transport: http, request, userHolders: [{ user }] } as Invocation;
    return (await authenticator.authenticate(invocation)).event;
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

  test('a user without issuer is a user of the only server', async () => {
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
