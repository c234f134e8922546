import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, type ExecutionContext, Get, Injectable, Req, type Type, UseGuards } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import {
  AccessTokenGuard,
  AcrGuard,
  Public,
  RequireAcr,
  SkipStepUp,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { logOfEachTest } from '../../support/application.js';
import { bootedApplication } from '../../support/boot.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp } from '../../support/describe-over-http.js';

type Ask = (stepUp: StepUpService, at: ExecutionContext, request: Record<string, unknown>) => Promise<unknown>;

const asks: [what: string, ask: Ask][] = [
  ['assess', (stepUp, at) => stepUp.assess(at, 'mfa')],
  ['require', (stepUp, at) => stepUp.require(at, 'mfa')],
  ['authenticated', (stepUp, at) => stepUp.authenticated(at)],
  ['storedEvent', (stepUp, at) => stepUp.storedEvent(at)],
];

function asking(ask: Ask, decorators: readonly MethodDecorator[], onClass?: ClassDecorator): Type {
  @Controller()
  class AskingController {
    constructor(private readonly stepUp: StepUpService) {}

    @Get()
    async handle(@StepUpContext() at: ExecutionContext, @Req() request: Record<string, unknown>) {
      return (await ask(this.stepUp, at, request)) ?? {};
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(AskingController.prototype, 'handle') as PropertyDescriptor;
  for (const decorate of decorators) decorate(AskingController.prototype, 'handle', descriptor);
  onClass?.(AskingController);
  return AskingController;
}

/** Puts the user of the token under another name, which it tells for each request. */
@Injectable()
class AccountGuard extends AuthGuard('jwt') {
  override getAuthenticateOptions() {
    return { property: 'account' };
  }
}

describeOverHttp('a handler that asks', ({ serve, accessToken, log }) => {
  it.each(asks)('AT-5 %s refuses another user under the name that a guard of Passport tells', async (_, ask) => {
    const impostor: Ask = (stepUp, at, request) => {
      request['account'] = { sub: 'mallory' };
      return ask(stepUp, at, request);
    };
    const token = await accessToken({ acr: 'mfa', subject: 'alice' });
    const own = await serve(asking(ask, [UseGuards(AccountGuard)]));
    expect(await own({ token })).toMatchObject({ status: 200 });
    const send = await serve(asking(impostor, [UseGuards(AccountGuard)]));
    expect(await send({ token })).toMatchObject({ status: 500 });
    expect(log.join('\n')).toContain('Another user than the one whose authentication was judged');
  });

  it.each(asks)('AT-5 %s refuses another user, though the one before the handler was judged', async (_, ask) => {
    const impostor: Ask = (stepUp, at, request) => {
      request['user'] = { sub: 'mallory' };
      return ask(stepUp, at, request);
    };
    const token = await accessToken({ acr: 'mfa', subject: 'alice' });
    for (const further of [[], [UseGuards(AccessTokenGuard)]]) {
      const send = await serve(asking(impostor, [RequireAcr('mfa'), ...further]));
      expect(await send({ token })).toMatchObject({ status: 500 });
    }
    expect(log.join('\n')).toContain('Another user than the one whose authentication was judged');
  });
});

describeOverHttp('an authorization server that knows more than the token', ({ serve, accessToken, server }) => {
  const authTime = secondsAgo(10);
  let endpoint: Server;
  let asked: number;
  beforeAll(async () => {
    endpoint = createServer((_, response) => {
      asked += 1;
      response.end(JSON.stringify({ active: true, sub: 'alice', auth_time: authTime }));
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    asked = 0;
  });
  afterAll(() => new Promise((resolve) => endpoint.close(resolve)));

  it.each<[handler: string, decorators: MethodDecorator[], isAsked: boolean, onClass: ClassDecorator | undefined]>([
    ['requires an authentication', [RequireAcr('mfa', { maxAge: 300 })], true, undefined],
    ['requires one that a function returns', [RequireAcr(async () => ({ maxAge: 300 }))], true, undefined],
    ['skips the step-up', [SkipStepUp()], false, undefined],
    ['is public in a class that requires one', [Public()], false, RequireAcr({ maxAge: 300 })],
    ['requires nothing', [], false, undefined],
  ])(
    'is asked by authenticated() only if the handler requires an authentication; this one %s',
    async (_, decorators, isAsked, onClass) => {
      const introspection = {
        endpoint: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`,
        clientId: 'api',
        clientSecret: 's3cret',
        when: 'auth-time-missing' as const,
      };
      const ask: Ask = async (stepUp, at) => (await stepUp.authenticated(at)).event;
      const { issuer, audience } = server;
      const send = await serve(asking(ask, decorators, onClass), {
        authorizationServers: [{ issuer, audience, introspection }],
      });
      const { status, body } = await send({ token: await accessToken({ acr: 'mfa', authTime: null }) });
      expect({ status, authTime: (body as { authTime?: number }).authTime, asked }).toEqual({
        status: 200,
        authTime: isAsked ? authTime : undefined,
        asked: isAsked ? 1 : 0,
      });
    },
  );
});

describe('what comes without HTTP', () => {
  logOfEachTest();
  const required = jest.fn(() => ({ acrValues: ['mfa'] as const }));

  class PaymentsController {
    @RequireAcr(required)
    pay() {}

    list() {}
  }

  it.each([
    [AcrGuard, 'pay'],
    [AccessTokenGuard, 'list'],
  ] as const)('is judged once, however many guards and handlers ask: %p', async (type, method) => {
    required.mockClear();
    const server = await createTestAuthorizationServer();
    const { issuer, audience } = server;
    const token = await server.accessToken({ acr: 'mfa', subject: 'alice' });
    const accessToken = jest.fn(() => token);
    const app = await bootedApplication({ options: { authorizationServers: [{ issuer, audience }], accessToken } });
    try {
      const context = new ExecutionContextHost([{}, {}], PaymentsController, PaymentsController.prototype[method]);
      context.setType('rpc');
      expect(await app.get<AcrGuard | AccessTokenGuard>(type).canActivate(context)).toBe(true);
      expect(await app.get(AcrGuard).canActivate(context)).toBe(true);
      const { event } = await app.get(StepUpService).authenticated(context);
      expect(event).toMatchObject({ subject: 'alice' });
      expect(accessToken).toHaveBeenCalledTimes(1);
      expect(required).toHaveBeenCalledTimes(method === 'pay' ? 1 : 0);
    } finally {
      await app.close();
      await server.close();
    }
  });
});

describe('a GraphQL field that asks', () => {
  logOfEachTest();

  class AccountResolver {
    balance() {}
  }

  it.each(asks.slice(0, 2))('%s keeps it out of shared caches, also if it is refused', async (_, ask) => {
    const server = await createTestAuthorizationServer();
    const { issuer, audience } = server;
    const app = await bootedApplication({ options: { authorizationServers: [{ issuer, audience }] } });
    try {
      for (const acr of ['mfa', undefined]) {
        const hints: object[] = [];
        const cacheControl = { setCacheHint: (hint: object) => void hints.push(hint) };
        const headers = acr === undefined ? {} : { authorization: `Bearer ${await server.accessToken({ acr })}` };
        const parameters = [{}, {}, { req: { headers } }, { cacheControl }];
        const context = new ExecutionContextHost(parameters, AccountResolver, AccountResolver.prototype.balance);
        context.setType('graphql');
        await app.get(AcrGuard).canActivate(context);
        expect(hints).toEqual([]);
        const outcome = ask(app.get(StepUpService), context, {});
        if (acr === undefined) await expect(outcome).rejects.toThrow('Unauthorized');
        else await outcome;
        expect(hints).toEqual([{ maxAge: 0, scope: 'PRIVATE' }]);
      }
    } finally {
      await app.close();
      await server.close();
    }
  });
});
