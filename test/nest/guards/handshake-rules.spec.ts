import { EventEmitter } from 'node:events';
import { Controller, ForbiddenException, Get, Req, ServiceUnavailableException } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AcrGuard, StepUpConfigurationError, type StepUpModuleOptions, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, logOfEachTest, type RunningApplication, startApplication } from '../../support/application.js';

const log = logOfEachTest();
let server: TestAuthorizationServer;
let application: RunningApplication;
let other: RunningApplication;
let stepUp: StepUpService;

@Controller()
class AskingController {
  constructor(private readonly own: StepUpService) {}

  @Get('renew')
  renew(@Req() request: object) {
    return this.own.renew(request, 'token').catch((error: Error) => ({ name: error.name, message: error.message }));
  }
}

const start = (options: Partial<StepUpModuleOptions> = {}) =>
  startApplication({
    createAdapter: adapters[0][1],
    controllers: [AskingController],
    options: {
      authorizationServers: [{ issuer: server.issuer, audience: server.audience, introspection: server.introspection }],
      endAtExpiry: true,
      ...options,
    } as StepUpModuleOptions,
  });
beforeAll(async () => {
  server = await createTestAuthorizationServer();
  application = await start();
  other = await start();
  stepUp = application.app.get(StepUpService);
});
afterAll(async () => {
  await Promise.all([application, other].map((one) => one?.close()));
  await server?.close();
});

/** A client of socket.io, as far as a handshake needs it. */
const clientWith = (token: string) =>
  Object.assign(new EventEmitter(), { handshake: { auth: { token } }, nsp: {}, disconnect: jest.fn() });

const NO_HANDSHAKE =
  'renew() knows no handshake of this connection; call handshake() when it opens, and give renew() the client or ' +
  'what @StepUpContext() gave';

describe('a handshake', () => {
  it.each([
    [true, () => server.accessToken()],
    [false, () => 'garbage'],
  ])('is answered %s also to who asks again, also meanwhile', async (expected, token) => {
    const client = clientWith(await token());
    const both = [stepUp.handshake(client), stepUp.handshake(client)];
    expect([...(await Promise.all(both)), await stepUp.handshake(client)]).toEqual([expected, expected, expected]);
  });

  it.each<[what: string, thrown: Error, code: number, reason: string, message: string]>([
    ['an Error', new Error('s3cret'), 1011, 'server_error', 'Internal server error'],
    ['a TypeError', new TypeError('s3cret'), 1011, 'server_error', 'Internal Server Error'],
    ['a ForbiddenException', new ForbiddenException(), 4403, 'refused', 'Forbidden'],
    ['a ServiceUnavailableException', new ServiceUnavailableException(), 1013, 'server_error', 'Service Unavailable'],
  ])('that throws %s as it is read closes the socket', async (_, thrown, code, reason, message) => {
    const [close, send] = [jest.fn(), jest.fn()];
    const client = Object.defineProperty({ close, send }, 'handshake', {
      get() {
        throw thrown;
      },
    });
    expect(await stepUp.handshake(client)).toBe(false);
    expect(close.mock.calls).toEqual([[code, reason]]);
    expect(JSON.parse(send.mock.calls[0]?.[0])).toEqual({ event: 'exception', data: { message } });
    const isFault = !(thrown instanceof ForbiddenException || thrown instanceof ServiceUnavailableException);
    const fault = thrown instanceof TypeError ? '[admission_failed] a handshake' : '[handshake_failed] a handshake';
    expect(log.join('\n').includes(`${fault}: `)).toBe(isFault);
  });

  it('that is refused is refused also if the socket cannot be closed, and the log says so', async () => {
    const client = clientWith('garbage');
    client.disconnect.mockImplementation(() => {
      throw new Error('gone');
    });
    expect(await stepUp.handshake(client)).toBe(false);
    expect(log.join('\n')).toContain('[handshake_failed] closing a socket: ');
  });

  it('lets messages through once: a later judgement resumes no socket that the application has paused', async () => {
    const resume = jest.fn();
    const client = { ...clientWith(''), close: jest.fn(), pause: jest.fn(), resume, disconnect: undefined };
    Object.assign(client, { handshake: { auth: { token: await server.accessToken() } } });
    expect(await stepUp.handshake(client)).toBe(true);
    await new Promise(setImmediate);
    expect(resume).toHaveBeenCalledTimes(1);
    await stepUp.assess(client, { scope: 'openid' });
    await new Promise(setImmediate);
    expect(resume).toHaveBeenCalledTimes(1);
  });
});

describe('a renewal', () => {
  it('over HTTP has no handshake, and the error says what to do', async () => {
    const { body } = await application.send('/renew');
    expect(body).toEqual({ name: StepUpConfigurationError.name, message: NO_HANDSHAKE });
  });

  it('needs a handshake by the same application', async () => {
    const client = clientWith(await server.accessToken());
    expect(await stepUp.handshake(client)).toBe(true);
    const renewal = other.app.get(StepUpService).renew(client, await server.accessToken());
    await expect(renewal).rejects.toEqual(new StepUpConfigurationError(NO_HANDSHAKE));
  });

  it('in a message of a microservice has no handshake either', async () => {
    const message = new ExecutionContextHost([{}, {}], AskingController, AskingController.prototype.renew);
    message.setType('rpc');
    // A guard has seen it, so that it is known to come from Nest.
    await application.app.get(AcrGuard).canActivate(message);
    const renewal = stepUp.renew(message, await server.accessToken());
    await expect(renewal).rejects.toEqual(new StepUpConfigurationError(NO_HANDSHAKE));
  });

  it('opens no socket whose handshake was refused, whatever its token', async () => {
    const client = clientWith('garbage');
    expect(await stepUp.handshake(client)).toBe(false);
    const renewal = stepUp.renew(client, await server.accessToken());
    await expect(renewal).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('the end of a token', () => {
  const EXPIRES_IN = 10;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'setInterval'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const goBeyond = () => jest.advanceTimersByTime((EXPIRES_IN + 6) * 1000);

  it('while its renewal is verified closes the socket, and the renewal is refused', async () => {
    const client = clientWith(await server.accessToken({ expiresIn: EXPIRES_IN }));
    expect(await stepUp.handshake(client)).toBe(true);
    const renewal = stepUp.renew(client, server.opaqueToken()).catch((error: unknown) => error);
    goBeyond();
    expect(client.disconnect).toHaveBeenCalledTimes(1);
    expect(await renewal).toMatchObject({ code: 'unauthenticated' });
  });

  it.each<[what: string, closesBefore: boolean]>([
    ['after its handshake', false],
    ['while it was judged', true],
  ])('is no event for a socket that the client has closed %s', async (_, closesBefore) => {
    const client = clientWith(server.opaqueToken({ expiresIn: EXPIRES_IN }));
    const judged = stepUp.handshake(client);
    if (closesBefore) client.emit('disconnect');
    expect(await judged).toBe(true);
    client.emit('disconnect');
    goBeyond();
    expect(client.disconnect).not.toHaveBeenCalled();
  });
});
