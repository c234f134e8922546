import { Controller, type ExecutionContext, ForbiddenException, Get, Inject, Logger, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  type AccessTokenClaims,
  AccessTokenGuard,
  RequireAcr,
  StepUpConfigurationError,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import type { FurtherOptions } from '../../support/application.js';
import { bootFailure } from '../../support/boot.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

const INTERNAL_SERVER_ERROR = { statusCode: 500, message: 'Internal Server Error' };

class ProfileMissing extends Error {}
function findProfile(): never {
  throw new ProfileMissing('no profile of alice');
}

/** What the log says of a response 500. */
const explanations = (log: readonly string[]) =>
  log.filter((line) => /^\[(misconfigured|callback_failed|admission_failed)\]/.test(line));

/** The stack trace that Nest's logger was given with the last error. */
const lastStackTrace = () => jest.mocked(Logger.prototype.error).mock.lastCall?.[1];

describeOverHttp('a function among the options that throws', ({ serve, accessToken, log }) => {
  const existing = (options: object): FurtherOptions => ({ passport: 'existing', ...options });

  it.each<[option: string, options: FurtherOptions, controller: () => ReturnType<typeof handler>]>([
    ['user', { user: findProfile }, () => handler(RequireAcr('mfa'))],
    ['user', { user: async () => findProfile() }, () => handler(RequireAcr('mfa'))],
    ['accessToken', { accessToken: findProfile }, () => handler(RequireAcr('mfa'))],
    ['isPublic', { isPublic: findProfile }, () => handler(UseGuards(AccessTokenGuard))],
    ['isPublic', { isPublic: findProfile, requirements: { maxAge: 60 } }, () => handler()],
    [
      'accessToken',
      existing({ accessToken: findProfile, authenticationEvent: () => ({}) }),
      () => handler(RequireAcr('mfa')),
    ],
    ['authenticationEvent', existing({ authenticationEvent: findProfile }), () => handler(RequireAcr('mfa'))],
    [
      'authenticationEvent',
      existing({ authenticationEvent: async () => findProfile() }),
      () => handler(RequireAcr('mfa')),
    ],
    ['requirements function', { requirements: findProfile }, () => handler()],
    ['requirements function', {}, () => handler(RequireAcr(findProfile))],
  ])(
    '"%s" is logged with its route and stack trace, and the response is a bare 500',
    async (option, options, controller) => {
      const send = await serve(controller(), options);
      const { status, body, headers } = await send({ token: await accessToken({ acr: 'mfa' }) });
      expect({ status, body, challenge: headers['www-authenticate'] }).toEqual({
        status: 500,
        body: INTERNAL_SERVER_ERROR,
        challenge: undefined,
      });
      expect(explanations(log)).toEqual([`[callback_failed] ${option} on HandlerController.handle: ProfileMissing`]);
      expect(lastStackTrace()).toMatch(/^Error: no profile of alice\n +at findProfile \(/);
    },
  );

  it('"user" is logged without a route if a guard of Passport asks for the user', async () => {
    const send = await serve(handler(UseGuards(AuthGuard('jwt'))), { user: findProfile });
    const { status, body } = await send({ token: await accessToken() });
    expect({ status, body }).toEqual({ status: 500, body: INTERNAL_SERVER_ERROR });
    expect(explanations(log)).toEqual(['[callback_failed] user: ProfileMissing']);
  });

  it('"user" is logged for a token without a request too', async () => {
    const { app } = await serve(handler(), { user: findProfile });
    const authenticated = app.get(StepUpService).authenticate(await accessToken());
    await expect(authenticated).rejects.toMatchObject({ status: 500, cause: expect.any(ProfileMissing) });
    expect(explanations(log)).toEqual(['[callback_failed] user: ProfileMissing']);
  });

  it('an exception of Nest is the response that the application wants', async () => {
    const user = () => {
      throw new ForbiddenException('Your account is closed');
    };
    const send = await serve(handler(RequireAcr('mfa')), { user });
    const { status, body } = await send({ token: await accessToken({ acr: 'mfa' }) });
    expect({ status, body }).toEqual({
      status: 403,
      body: { statusCode: 403, message: 'Your account is closed', error: 'Forbidden' },
    });
    expect(explanations(log)).toEqual([]);
  });

  it('neither the message nor the stack trace can begin a line of the log', async () => {
    const user = () => {
      throw new Error('502\n[StepUp] all is well\u001b[2J');
    };
    const send = await serve(handler(RequireAcr('mfa')), { user });
    await send({ token: await accessToken({ acr: 'mfa' }) });
    expect(explanations(log)).toEqual(['[callback_failed] user on HandlerController.handle: Error']);
    const [message, ...frames] = String(lastStackTrace()).split('\n');
    expect(message).toBe('Error: 502\\u000a[StepUp] all is well\\u001b[2J');
    expect(frames.filter((line) => !/^ +at /.test(line))).toEqual([]);
  });

  it.each<[what: string, thrown: () => unknown, kind: string]>([
    ['a text', () => 'no profile', 'a value of type string'],
    ['nothing', () => undefined, 'a value of type undefined'],
    ['an object that cannot be looked at', trapped, 'a value of type object'],
  ])('%s in place of an error is a 500 too', async (_, thrown, kind) => {
    const user = () => {
      throw thrown();
    };
    const send = await serve(handler(RequireAcr('mfa')), { user });
    expect((await send({ token: await accessToken({ acr: 'mfa' }) })).status).toBe(500);
    expect(explanations(log)).toEqual([`[callback_failed] user on HandlerController.handle: ${kind}`]);
  });
});

function trapped(): unknown {
  const trap = () => {
    throw new Error('trapped');
  };
  return new Proxy(new Error(), { get: trap, getPrototypeOf: trap });
}

describeOverHttp('what is wrong at a request', ({ serve, accessToken, server, log }) => {
  const words = () => ({
    authorizationServers: [
      { issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:mfa', phr: 'urn:phr' } },
    ],
  });
  const fromHeader = (context: ExecutionContext) => ({
    acrValues: [context.switchToHttp().getRequest().headers['x-word'] as string],
  });

  it('a function that returns an unknown word is logged once for each word, with its route and the nearest word', async () => {
    const send = await serve(handler(RequireAcr(fromHeader)), words());
    const token = await accessToken({ acr: 'urn:mfa' });
    for (const word of ['mfaa', 'mfaa', 'phrr', 'mfaa']) {
      const { status, body } = await send({ token, headers: { 'x-word': word } });
      expect({ status, body }).toEqual({ status: 500, body: INTERNAL_SERVER_ERROR });
    }
    const line = (word: string, nearest: string) =>
      `[misconfigured] HandlerController.handle: the requirements function: no authorization server knows "${word}"; ` +
      `the nearest known word is "${nearest}". Words are declared in "authorizationServers[].acr"`;
    expect(explanations(log)).toEqual([line('mfaa', 'mfa'), line('phrr', 'phr')]);
  });

  it('an unknown word that a handler asks for is logged once, with its route and the nearest word', async () => {
    @Controller()
    class TransferController {
      constructor(@Inject(StepUpService) private readonly stepUp: StepUpService) {}

      @Get()
      @RequireAcr('mfa')
      async create(@StepUpContext() at: ExecutionContext) {
        await this.stepUp.require(at, 'mfaa');
      }
    }
    const send = await serve(TransferController, words());
    const token = await accessToken({ acr: 'urn:mfa' });
    expect([(await send({ token })).status, (await send({ token })).status]).toEqual([500, 500]);
    expect(explanations(log)).toEqual([
      '[misconfigured] TransferController.create: requirements for StepUpService: no authorization server knows "mfaa"; ' +
        'the nearest known word is "mfa". Words are declared in "authorizationServers[].acr"',
    ]);
  });

  it.each<[option: string, options: object, controller: () => ReturnType<typeof handler>]>([
    ['accessToken', { accessToken: async () => 'token' }, () => handler(RequireAcr('mfa'))],
    ['accessToken', { accessToken: async () => findProfile() }, () => handler(UseGuards(AccessTokenGuard))],
    [
      'accessToken',
      { passport: 'existing', accessToken: async () => 'token', authenticationEvent: () => ({}) },
      () => handler(RequireAcr('mfa')),
    ],
    ['isPublic', { isPublic: async () => true }, () => handler(UseGuards(AccessTokenGuard))],
    ['isPublic', { isPublic: async () => findProfile(), requirements: { maxAge: 60 } }, () => handler()],
  ])('"%s" that returns a promise is told, and ends no process', async (option, options, controller) => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const send = await serve(controller(), options as FurtherOptions);
    const { status, body } = await send({ token: await accessToken({ acr: 'mfa' }) });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect({ status, body }).toEqual({ status: 500, body: INTERNAL_SERVER_ERROR });
    expect(explanations(log)).toEqual([
      `[misconfigured] HandlerController.handle: "${option}" has returned a promise, and nothing waits for it; let it ` +
        'return the value itself, which a middleware can find before',
    ]);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('a fault that is neither of the configuration nor of a callback is logged with its stack trace', async () => {
    const send = await serve({
      controllers: [handler(RequireAcr('mfa'))],
      configure: (app) => app.useGlobalGuards(unwritableUser),
    });
    const { status, body } = await send({ token: await accessToken({ acr: 'mfa' }) });
    expect({ status, body }).toEqual({ status: 500, body: INTERNAL_SERVER_ERROR });
    expect(explanations(log)).toEqual(['[admission_failed] HandlerController.handle: TypeError']);
    expect(lastStackTrace()).toMatch(/^TypeError: .+\n +at /);
  });
});

const unwritableUser = {
  canActivate(context: ExecutionContext): boolean {
    Object.defineProperty(context.switchToHttp().getRequest(), 'user', { value: undefined });
    return true;
  },
};

describeOverHttp('the option "user"', ({ serve, accessToken, server }) => {
  const users = async (token: string | Promise<string>) => {
    const claims: AccessTokenClaims[] = [];
    const { issuer, audience, introspection } = server;
    const send = await serve(handler(RequireAcr('mfa')), {
      authorizationServers: [{ issuer, audience, introspection: { ...introspection, when: 'opaque' } }],
      user: (own) => claims.push(own),
    });
    expect((await send({ token: await token })).status).toBe(200);
    return claims;
  };

  it('receives the claims of a JWT', async () => {
    const [claims] = await users(accessToken({ acr: 'mfa', claims: { roles: ['clerk'] } }));
    expect(claims).toMatchObject({ sub: 'alice', iss: server.issuer, acr: 'mfa', roles: ['clerk'] });
  });

  it('receives sub and iss also if the response about an opaque token has neither', async () => {
    const [claims] = await users(
      server.opaqueToken({ acr: 'mfa', claims: { sub: undefined, iss: undefined, username: 'alice' } }),
    );
    expect(claims).toMatchObject({ sub: 'alice', iss: server.issuer, username: 'alice' });
  });
});

describe('a fault of the configuration', () => {
  it('has a class of its own, which is a TypeError', async () => {
    const error = await bootFailure({ options: { authorizationServers: [] } });
    expect(error).toBeInstanceOf(StepUpConfigurationError);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ name: 'StepUpConfigurationError' });
  });

  it('has that class in a decorator too', () => {
    expect(() => handler(RequireAcr({ maxAge: -1 }))).toThrow(StepUpConfigurationError);
  });
});
