import type { IncomingMessage } from 'node:http';
import { Get, type INestApplication, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import passport from 'passport';
import { adapters, type CreateAdapter, startApplication } from '../support/application.js';
import { withoutToken } from '../support/challenged.js';
import { describeOverHttp } from '../support/describe-over-http.js';
import { done, userHandler } from '../support/handler.js';

/** Knows a robot by its key, as applications have it next to access tokens. */
const keyStrategy = {
  name: 'key',
  authenticate(this: { success(user: object): void; fail(status: number): void }, { headers }: IncomingMessage) {
    if (headers['x-key'] === 'good') this.success({ sub: 'robot' });
    else this.fail(401);
  },
} as passport.Strategy;

describeOverHttp("AuthGuard(['jwt', 'key'])", ({ serve, accessToken }) => {
  beforeEach(() => void passport.use(keyStrategy));
  afterEach(() => void passport.unuse('key'));

  const either = () => userHandler(UseGuards(AuthGuard(['jwt', 'key'])));

  it('asks the next strategy if there is no access token', async () => {
    const send = await serve(either());
    const { status, body } = await send({ headers: { 'x-key': 'good' } });
    expect({ status, body }).toEqual({ status: 200, body: { user: { sub: 'robot' } } });
  });

  it('does not ask it if the access token is refused', async () => {
    const send = await serve(either());
    const token = await accessToken({ expiresIn: -60 });
    expect(await send({ token, headers: { 'x-key': 'good' } })).toMatchObject({ status: 401 });
    expect(done).not.toHaveBeenCalled();
  });

  it('answers with our challenge if no strategy knows the caller', async () => {
    const send = await serve(either());
    expect(await send()).toEqual(withoutToken());
  });
});

describeOverHttp('a callback of passport.authenticate() that throws', ({ serve, accessToken, log }) => {
  const fail = (error: unknown) => {
    if (error) throw error;
    throw new RangeError('of the application');
  };
  // Nest's Fastify adapter gives middleware the request of Node
  const served = {
    configure: (app: INestApplication) => void app.use('/open', passport.authenticate('jwt', fail)),
    controllers: [userHandler(Get('open'))],
  };

  it('is answered by the HTTP framework if the token was refused at once', async () => {
    const send = await serve(served);
    expect(await send({ path: '/open', token: await accessToken({ expiresIn: -60 }) })).toMatchObject({ status: 401 });
    expect(done).not.toHaveBeenCalled();
  });

  it('ends the request if the token had to wait for its key, and the process goes on', async () => {
    const send = await serve(served);
    const response = await send({ path: '/open', token: await accessToken() }).catch(() => 'closed');
    const isExpress = send.app.getHttpAdapter().getType() === 'express';
    expect(response).toEqual(isExpress ? expect.objectContaining({ status: 500, body: '' }) : 'closed');
    expect(done).not.toHaveBeenCalled();
    expect(log).toContain('[passport_callback_failed] a callback of passport.authenticate("jwt"): RangeError');
  });
});

describeOverHttp('a strategy that another application has left in the registry of Passport', ({ serve, server }) => {
  const plain = () => userHandler(UseGuards(AuthGuard('jwt')));

  it('accepts nobody for an application without StepUpModule', async () => {
    await serve(plain());
    const testing = await Test.createTestingModule({ controllers: [plain()] }).compile();
    const other = testing.createNestApplication();
    await other.listen(0, '127.0.0.1');
    try {
      const authorization = `Bearer ${await server.accessToken()}`;
      const response = await fetch(await other.getUrl(), { headers: { authorization } });
      expect({ status: response.status, handlers: done.mock.calls.length }).toEqual({ status: 500, handlers: 0 });
    } finally {
      await other.close();
    }
  });
});

describe('two applications on one Express instance', () => {
  const express = () => new ExpressAdapter();
  const options = { authorizationServers: [{ issuer: 'https://as.example', audience: 'https://api.example' }] };
  const start = (adapter: ExpressAdapter, strategyName = 'jwt') =>
    startApplication({ createAdapter: () => adapter, options: { ...options, strategyName }, controllers: [] });

  it('cannot have strategies of one name, as plain guards would accept the tokens of the other', async () => {
    const first = express();
    const running = await start(first);
    const second = new ExpressAdapter(first.getInstance());
    await expect(start(second)).rejects.toEqual(
      new TypeError(
        'Another application on the same HTTP instance has the Passport strategy "jwt"; ' +
          'set "strategyName" of one of them to another name',
      ),
    );
    await running.close();
  });

  it('can have strategies of two names, and one after the other of the same name', async () => {
    const first = express();
    const running = await start(first);
    const other = await start(new ExpressAdapter(first.getInstance()), 'other');
    await other.close();
    await running.close();
    const again = await start(new ExpressAdapter(first.getInstance()));
    await again.close();
  });
});

describe('an application of several with a strategy of one name', () => {
  const served = (createAdapter: CreateAdapter, issuer: TestAuthorizationServer, mounted?: object) =>
    startApplication({
      createAdapter,
      options: { authorizationServers: [{ issuer: issuer.issuer, audience: issuer.audience }] },
      controllers: [userHandler(Get('middleware')), userHandler(UseGuards(AuthGuard('jwt')))],
      configure(app) {
        app.use('/middleware', passport.authenticate('jwt', { session: false }));
        if (mounted !== undefined) app.use('/inner', mounted);
      },
    });
  let ours: TestAuthorizationServer;
  let theirs: TestAuthorizationServer;
  beforeAll(async () => {
    ours = await createTestAuthorizationServer();
    theirs = await createTestAuthorizationServer();
  });
  afterAll(async () => {
    await ours.close();
    await theirs.close();
  });

  it.each(adapters)('accepts its own tokens alone in middleware too, over %s', async (_, createAdapter) => {
    const first = await served(createAdapter, ours);
    const later = await served(createAdapter, theirs);
    const statuses = [];
    for (const token of [await ours.accessToken(), await theirs.accessToken()]) {
      statuses.push((await first.send('/middleware', { token })).status);
    }
    await first.close();
    await later.close();
    expect(statuses).toEqual([200, 401]);
  });

  it('accepts no token of the one that it was mounted on after its shutdown', async () => {
    const adapter = new ExpressAdapter();
    const mounted = await served(() => adapter, theirs);
    const outer = await served(() => new ExpressAdapter(), ours, adapter.getInstance());
    const token = await ours.accessToken();
    const open = await outer.send('/inner', { token });
    await mounted.close();
    const closed = await outer.send('/inner', { token });
    await outer.close();
    expect([open.status, closed.status >= 400]).toEqual([401, true]);
  });
});
