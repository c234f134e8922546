import { Get, Injectable, type Type, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import {
  AccessTokenGuard,
  AcrGuard,
  type AuthenticationEvent,
  RequireAcr,
  type StepUpExistingOptions,
  type UnmetReason,
} from 'nestjs-step-up';
import type { TestAccessTokenOptions } from 'nestjs-step-up/testing';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import {
  accessDenied,
  challenged,
  insufficientScope,
  internalServerError,
  invalidToken,
  withoutToken,
} from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp, type Response } from '../../support/describe-over-http.js';
import { done, handler, impostorGuard, userHandler } from '../../support/handler.js';

type Claims = Record<string, unknown>;
type Validate = (claims: Claims) => unknown;

const json = { 'content-type': ['application/json; charset=utf-8'] };
const acrUnmet = challenged({ acrValues: ['urn:mfa'], reasons: ['acr_unmet'] });
const acrMissing = challenged({ acrValues: ['urn:mfa'], reasons: ['acr_missing'] });
const payload: Validate = (claims) => claims;
const DROPPED_ACR =
  'The access token carries "acr", but request.user does not: the validate() of the Passport strategy "jwt" drops it; ' +
  'return it there, or give the option "authenticationEvent"';

describeOverHttp("a strategy of the application's own", ({ serve, accessToken, server, log }) => {
  const ours = () => ({ issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:mfa' } });
  const messages = () => log.filter((line) => /^\[(?!routes|report_mode)/.test(line));
  const enough = (options: TestAccessTokenOptions = {}) => accessToken({ acr: 'urn:mfa', ...options });

  /** Serves next to the strategy as applications write it, with a `validate()` of theirs. */
  function serveBeside(
    validate: Validate | undefined,
    served: Type | Type[],
    options: Partial<StepUpExistingOptions> = {},
  ) {
    @Injectable()
    class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
      constructor() {
        super({
          jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
          algorithms: ['ES256'],
          secretOrKeyProvider: passportJwtSecret({ jwksUri: server.jwksUri }),
        });
      }

      validate(claims: Claims) {
        return validate?.(claims);
      }
    }
    return serve(
      { controllers: [served].flat(), providers: validate === undefined ? [] : [JwtStrategy] },
      {
        authorizationServers: [ours()],
        ...options,
        passport: 'existing',
      },
    );
  }
  afterEach(() => void passport.unuse('jwt'));

  const requireMfa = (...guards: Parameters<typeof UseGuards>) => userHandler(RequireAcr('mfa'), UseGuards(...guards));
  // decorators act upwards: the guard of @RequireAcr runs first
  const requireMfaBefore = (...guards: Parameters<typeof UseGuards>) =>
    userHandler(UseGuards(...guards), RequireAcr('mfa'));

  it('a token of somebody acting for the user is refused, though validate() drops act', async () => {
    const send = await serveBeside(({ sub, iss, acr, auth_time }) => ({ sub, iss, acr, auth_time }), requireMfa());
    expect(await send({ token: await enough({ claims: { act: { sub: 'support' } } }) })).toEqual(
      accessDenied('Tokens issued to somebody acting for the user are not accepted here'),
    );
    expect(done).not.toHaveBeenCalled();
  });

  it.each<[order: string, served: Type, without: Response]>([
    ['AcrGuard alone', requireMfa(), withoutToken()],
    // the application's own guard answers first, as Passport has it answer
    ['AuthGuard first', requireMfa(AuthGuard('jwt')), { ...withoutToken(), headers: json }],
    ['AuthGuard last', requireMfaBefore(AuthGuard('jwt')), withoutToken()],
  ])('a validate() that returns the payload works in every order of guards: %s', async (_, served, without) => {
    const send = await serveBeside(payload, served);
    expect(await send()).toEqual(without);
    expect(await send({ token: await accessToken({ acr: 'urn:pwd' }) })).toEqual(acrUnmet);
    expect(done).not.toHaveBeenCalled();

    const response = await send({ token: await enough({ subject: 'bob' }) });
    expect(response).toMatchObject({ status: 200, body: { user: { sub: 'bob', acr: 'urn:mfa' } } });
    expect(messages().filter((line) => !line.startsWith('[acr_unknown]'))).toEqual([]);
  });

  it('RS-26 a token that the strategy refuses is answered with invalid_token', async () => {
    const send = await serveBeside(payload, requireMfa());
    const response = await send({ token: await accessToken({ expiresIn: -60 }) });
    expect(response).toEqual(invalidToken('The access token is not accepted'));
  });

  it('the age of the sign-in is judged', async () => {
    const send = await serveBeside(payload, handler(RequireAcr({ maxAge: 300 })));
    const response = await send({ token: await accessToken({ authTime: secondsAgo(400) }) });
    expect(response).toEqual(challenged({ maxAge: 300, reasons: ['authentication_too_old'] }));
  });

  it('the user that something else has put on the request is judged, as the handler receives that one', async () => {
    const weak = { sub: 'carol', acr: 'urn:pwd', iss: server.issuer };
    const user = { ...weak, acr: 'urn:mfa' };
    expect(await (await serveBeside(payload, requireMfa(impostorGuard(weak))))()).toEqual(acrUnmet);
    const response = await (await serveBeside(payload, requireMfa(impostorGuard(user))))();
    expect(response).toMatchObject({ status: 200, body: { user } });
  });

  describe('next to a user of the session', () => {
    const session = () => impostorGuard({ sub: 'mallory', acr: 'urn:mfa', auth_time: 1, iss: server.issuer });

    it('the user of the token is judged if a guard of the strategy runs last, and nobody else may have been there before', async () => {
      const send = await serveBeside(
        payload,
        userHandler(UseGuards(AuthGuard('jwt')), RequireAcr('mfa'), UseGuards(session())),
      );
      expect(await send({ token: await accessToken({ acr: 'urn:pwd', subject: 'bob' }) })).toEqual(acrUnmet);
      expect(await send()).toEqual(withoutToken());
      expect(await send({ token: await enough({ subject: 'bob' }) })).toEqual(internalServerError());
      expect(done).not.toHaveBeenCalled();
      const response = await send({ token: await enough({ subject: 'mallory' }) });
      expect(response).toMatchObject({ status: 200, body: { user: { sub: 'mallory' } } });
    });

    it('the user of the token is judged if AccessTokenGuard, which does not judge, comes after the strategy', async () => {
      const guards = UseGuards(AuthGuard('jwt'), AccessTokenGuard);
      const send = await serveBeside(payload, userHandler(guards, RequireAcr('mfa'), UseGuards(session())));
      expect(await send({ token: await accessToken({ acr: 'urn:pwd', subject: 'bob' }) })).toEqual(acrUnmet);
      expect(done).not.toHaveBeenCalled();
    });

    it('what is put on the request between two guards is judged again, and nobody but the user may stand there', async () => {
      const carol = { sub: 'carol', acr: 'urn:mfa', auth_time: 1, iss: server.issuer };
      const beside = await serveBeside(payload, requireMfaBefore(impostorGuard(carol), AcrGuard));
      expect(await beside({ token: await enough() })).toMatchObject({ status: 500 });
      const user = { sub: 'alice', acr: 'urn:pwd', auth_time: 1, iss: server.issuer };
      const send = await serveBeside(payload, requireMfaBefore(impostorGuard(user), AcrGuard));
      const token = await enough();
      expect(await send({ token })).toEqual(acrUnmet);
      expect(done).not.toHaveBeenCalled();
      user.acr = 'urn:mfa';
      expect(await send({ token })).toMatchObject({ status: 200, body: { user } });
    });

    it.each([false, null])('a user of %s counts as none, and the token is asked for', async (nobody) => {
      const send = await serveBeside(payload, requireMfa(impostorGuard(nobody)));
      expect(await send()).toEqual(withoutToken());
      const response = await send({ token: await enough({ subject: 'bob' }) });
      expect(response).toMatchObject({ status: 200, body: { user: { sub: 'bob' } } });
    });
  });

  it('a client credentials token and a delegated token are refused as with our own strategy', async () => {
    const send = await serveBeside(payload, requireMfa());
    const ofClient = await accessToken({ subject: 'm', clientId: 'm', authTime: null });
    const delegated = await enough({ claims: { act: { sub: 'agent' } } });
    expect(await send({ token: ofClient })).toEqual(
      accessDenied('No user has authenticated for this token, so none can step up'),
    );
    expect(await send({ token: delegated })).toEqual(
      accessDenied('Tokens issued to somebody acting for the user are not accepted here'),
    );
  });

  const mfaAndRecent = () => [requireMfa(), handler(Get('recent'), RequireAcr({ maxAge: 300 }))];

  it.each<[dropped: string, validate: Validate]>([
    ['acr', ({ acr, ...rest }) => rest],
    ['auth_time', ({ auth_time, ...rest }) => rest],
    ['acr', ({ sub }) => ({ id: sub })],
    ['acr', ({ sub }) => sub],
  ])('a validate() that drops %s is answered 500, and the log says what to do', async (dropped, validate) => {
    const passportFirst = handler(Get('passport-first'), RequireAcr('mfa'), UseGuards(AuthGuard('jwt')));
    const send = await serveBeside(validate, [...mfaAndRecent(), passportFirst]);
    const token = await enough();
    for (const path of ['/', '/passport-first', '/recent']) {
      expect(await send({ path, token })).toEqual(internalServerError());
    }
    expect(messages()).toEqual([
      `[misconfigured] HandlerController.handle: The access token carries "${dropped}", but request.user does not: the ` +
        'validate() of the Passport strategy "jwt" drops it; return it there, or give the option "authenticationEvent"',
    ]);
    expect(done).not.toHaveBeenCalled();
  });

  it.each<[dropped: string, validate: Validate, reported: number]>([
    ['acr', ({ acr, ...rest }) => rest, 3],
    ['everything', ({ sub }) => ({ id: sub }), 4],
  ])('report mode records as missing what validate() drops, and warns once: %s', async (_, validate, reported) => {
    const send = await serveBeside(validate, mfaAndRecent(), { mode: 'report' });
    const token = await enough();
    for (const path of ['/', '/', '/recent']) expect(await send({ path, token })).toMatchObject({ status: 200 });
    expect(await send({ token: await accessToken({ acr: 'urn:pwd' }) })).toMatchObject({ status: 200 });
    expect(messages().filter((line) => line.includes('claims_dropped_by_validate'))).toEqual([
      `[claims_dropped_by_validate] jwt: ${DROPPED_ACR}`,
    ]);
    expect(messages().filter((line) => line.startsWith('[reported]'))).toHaveLength(reported);
    expect(done).toHaveBeenCalledTimes(4);
  });

  const forged = (() => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'RS256' })}.${part({ acr: 'urn:mfa', scope: 'pay' })}.AAAA`;
  })();
  it.each<{ when: string; validate: Validate; guards?: Parameters<typeof UseGuards>; token?: string }>([
    { when: 'validate() drops it', validate: ({ sub }) => ({ sub }) },
    { when: 'validate() gives another', validate: ({ sub }) => ({ sub, scope: 'read' }) },
    {
      when: 'nobody has verified the token, next to a user of the session',
      validate: payload,
      guards: [impostorGuard({ sub: 'alice', scope: 'read' })],
      token: forged,
    },
  ])('report mode takes no scope from the token if $when', async ({ validate, guards = [], token }) => {
    const served = handler(RequireAcr('mfa', { scope: 'pay' }), UseGuards(...guards));
    const send = await serveBeside(validate, served, { mode: 'report' });
    expect(await send({ token: token ?? (await enough({ scope: 'pay' })) })).toEqual(insufficientScope('pay'));
    expect(done).not.toHaveBeenCalled();
  });

  it('a token that carries neither acr nor auth_time is challenged, and warned of once', async () => {
    const send = await serveBeside(payload, requireMfa());
    for (let request = 0; request < 3; request += 1) {
      expect(await send({ token: await accessToken({ authTime: null }) })).toEqual(acrMissing);
    }
    expect(messages().filter((line) => line.startsWith('[acr_and_auth_time_missing]'))).toEqual([
      `[acr_and_auth_time_missing] ${server.issuer}: neither acr nor auth_time is in the token; the issuer has to put them there, and docs/own-tokens.md says how if this application is the issuer`,
    ]);
  });

  it('the getters of a user that is a model are read', async () => {
    class User {
      readonly #claims: Claims;

      constructor(claims: Claims) {
        this.#claims = claims;
      }

      get acr() {
        return this.#claims['acr'];
      }
    }
    const send = await serveBeside((claims) => new User(claims), requireMfa());
    expect(await send({ token: await enough() })).toEqual(internalServerError());
    expect(await send({ token: await enough({ authTime: null }) })).toMatchObject({ status: 200 });
  });

  it('issuers that are not configured are warned of once for all, and none of them is in the log', async () => {
    const validate: Validate = ({ jti, ...claims }) => ({ ...claims, iss: `https://${jti}.example\n[forged] line` });
    const send = await serveBeside(validate, handler(RequireAcr({ maxAge: 300 })));
    for (let request = 0; request < 3; request += 1) {
      const response = await send({ token: await accessToken({ authTime: null }) });
      expect(response).toEqual(challenged({ maxAge: 300, reasons: ['auth_time_missing'] }));
    }
    expect(messages()).toEqual([
      expect.stringMatching(/^\[acr_and_auth_time_missing\] request\.user: .+$/),
      expect.stringMatching(/^\[auth_time_missing\] request\.user: .+$/),
    ]);
  });

  it('a request that nothing authenticates, no user and no strategy, is answered 500', async () => {
    const send = await serveBeside(undefined, requireMfa());
    expect(await send({ token: await enough() })).toEqual(internalServerError());
    expect(messages().filter((line) => line.startsWith('[strategy_missing]'))).toHaveLength(1);
    expect(messages().filter((line) => line.startsWith('[misconfigured]'))).toEqual([
      '[misconfigured] HandlerController.handle: No user is on the request and Passport has no strategy "jwt"; let a guard that runs before ' +
        'AcrGuard (on the class, or below @RequireAcr) put the user there, register the strategy as a provider, ' +
        'or name yours in "strategyName"',
    ]);
    expect(done).not.toHaveBeenCalled();
  });

  it('a guard of another strategy stops the boot', async () => {
    const served = requireMfa(AuthGuard('jwt'));
    await expect(serveBeside(payload, served, { strategyName: 'other' })).rejects.toThrow(
      new TypeError(
        'HandlerController.handle has a Passport guard of another strategy than "other" beside its step-up ' +
          'requirement; use one strategy, or name it in "strategyName" with "passport": \'existing\'',
      ),
    );
  });

  const event: AuthenticationEvent = { acr: 'urn:mfa' };
  const cannotTell =
    '[misconfigured] HandlerController.handle: "authenticationEvent" cannot tell the event of this request; return {} if none is recorded, and null if ' +
    'nobody has signed in';
  it.each<{
    gives: string;
    authenticationEvent: NonNullable<StepUpExistingOptions['authenticationEvent']>;
    status: number;
    reasons?: UnmetReason[];
    messages?: string[];
  }>([
    { gives: 'the event', authenticationEvent: () => event, status: 200 },
    { gives: 'the event later', authenticationEvent: async () => event, status: 200 },
    { gives: '{}: none recorded', authenticationEvent: () => ({}), status: 401, reasons: ['acr_missing'] },
    { gives: 'undefined: cannot tell', authenticationEvent: () => undefined, status: 500, messages: [cannotTell] },
    { gives: 'undefined later', authenticationEvent: async () => undefined, status: 500, messages: [cannotTell] },
    { gives: 'null: nobody', authenticationEvent: () => null, status: 401 },
    {
      gives: 'an acr in a list',
      authenticationEvent: () => ({ acr: ['urn:mfa'] }) as never,
      status: 401,
      reasons: ['acr_missing'],
    },
  ])('an `authenticationEvent` that gives $gives is answered $status', async (row) => {
    // the event replaces what request.user says, and what validate() drops does not matter then
    const { authenticationEvent } = row;
    const send = await serveBeside(({ sub }) => ({ id: sub }), requireMfa(), { authenticationEvent });
    const { status, body } = await send({ token: await accessToken({ acr: 'urn:pwd' }) });
    expect({ status, reasons: (body as { reasons?: unknown }).reasons }).toEqual({
      status: row.status,
      reasons: row.reasons,
    });
    expect(messages().filter((line) => line.startsWith('[misconfigured]'))).toEqual(row.messages ?? []);
    expect(done).toHaveBeenCalledTimes(row.status === 200 ? 1 : 0);
  });

  it('an `authenticationEvent` that throws is answered 500', async () => {
    const authenticationEvent = () => {
      throw new Error('no session store');
    };
    const send = await serveBeside(payload, requireMfa(), { authenticationEvent });
    const response = await send({ token: await enough() });
    expect(response).toMatchObject({ status: 500, body: { statusCode: 500 } });
    expect(done).not.toHaveBeenCalled();
  });

  it('an `authenticationEvent` that knows the user itself needs no strategy', async () => {
    const authenticationEvent = () => ({ ...event, subject: 'alice' });
    const send = await serveBeside(undefined, requireMfa(), { authenticationEvent });
    expect(await send()).toMatchObject({ status: 200 });
  });

  const other = { issuer: 'https://other.example', audience: 'https://api.example', acr: { mfa: 'two-factors' } };
  const withoutIssuer: Validate = ({ iss, ...rest }) => rest;

  it('an event without issuer is of the only server there is', async () => {
    const send = await serveBeside(withoutIssuer, requireMfa());
    expect(await send({ token: await enough() })).toMatchObject({ status: 200 });
    expect(await send({ token: await accessToken({ acr: 'mfa' }) })).toEqual(acrUnmet);
  });

  it('an event without issuer is answered 500 if there are several servers', async () => {
    const send = await serveBeside(withoutIssuer, requireMfa(), { authorizationServers: [ours(), other] });
    expect(await send({ token: await enough() })).toEqual(internalServerError());
    expect(messages()).toEqual([
      '[misconfigured] HandlerController.handle: The authentication event has no issuer and several authorization servers are possible; ' +
        'let request.user carry "iss", or the option "authenticationEvent" return "issuer"',
    ]);
  });

  it('an event with issuer is judged by the strings of that server', async () => {
    const validate: Validate = (claims) => ({ ...claims, iss: other.issuer });
    const send = await serveBeside(validate, requireMfa(), { authorizationServers: [ours(), other] });
    expect(await send({ token: await accessToken({ acr: 'two-factors' }) })).toMatchObject({ status: 200 });
    const response = await send({ token: await enough() });
    expect(response).toEqual(challenged({ acrValues: ['two-factors'], reasons: ['acr_unmet'] }));
  });

  it('an event of a server that is not configured is refused without a challenge', async () => {
    const send = await serveBeside((claims) => ({ ...claims, iss: 'https://stranger.example' }), requireMfa());
    expect(await send({ token: await enough() })).toEqual(
      accessDenied('The authorization server of this token offers no sufficient authentication'),
    );
    expect(done).not.toHaveBeenCalled();
  });

  it('a word stands for itself if no server is configured', async () => {
    const send = await serveBeside(withoutIssuer, requireMfa(), { authorizationServers: undefined });
    expect(await send({ token: await accessToken({ acr: 'mfa' }) })).toMatchObject({ status: 200 });
    expect(await send({ token: await enough() })).toMatchObject({ status: 401 });
  });
});
