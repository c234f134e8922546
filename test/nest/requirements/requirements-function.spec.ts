import { Controller, ForbiddenException, Post } from '@nestjs/common';
import { RequireAcr, type RequirementsFunction } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

let ran: string[] = [];
const done = (name: string) => {
  ran.push(name);
  return { done: true };
};
const log = captureLog();
afterAll(() => log.restore());

describe.each(adapters)('requirements decided per request, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let decide: RequirementsFunction = () => undefined;
  let decided = 0;

  @Controller()
  class DynamicController {
    @Post('handler')
    @RequireAcr((context) => {
      decided += 1;
      return decide(context);
    })
    handler() {
      return done('handler');
    }
  }

  @Controller('class')
  @RequireAcr((context) => decide(context))
  class DynamicClassController {
    @Post('handler')
    @RequireAcr({ scope: 'bank' })
    handler() {
      return done('class handler');
    }
  }

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [DynamicController, DynamicClassController],
      options: {
        authorizationServers: [
          { issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:mfa', phr: 'urn:phr' } },
        ],
      },
    });
  });
  beforeEach(() => {
    ran = [];
    decided = 0;
    log.lines.length = 0;
  });
  afterAll(async () => {
    await application?.close();
    await server?.close();
  });

  const token = () => server.accessToken({ acr: 'urn:mfa', scope: 'bank' });

  it.each<[what: string, decide: RequirementsFunction]>([
    ['at once', () => ({ acrValues: ['phr'] })],
    ['later', async () => ({ acrValues: ['phr'] })],
    ['from the request', (context) => ({ acrValues: [context.switchToHttp().getRequest().headers['x-word']] })],
  ])('asks for what the function decides %s', async (_what, function_) => {
    decide = function_;
    const headers = { 'x-word': 'phr' };
    for (const path of ['/handler', '/class/handler']) {
      const answer = await application.send(path, { method: 'POST', token: await token(), headers });
      expect([answer.status, answer.body['acr_values']]).toEqual([401, 'urn:phr']);
    }
    expect(ran).toEqual([]);
  });

  it.each<[what: string, decide: RequirementsFunction]>([
    ['at once', () => undefined],
    ['later', async () => undefined],
    ['something that is met', () => ({ acrValues: ['mfa'] })],
  ])('lets the request through where it decides nothing %s', async (_what, function_) => {
    decide = function_;
    const answer = await application.send('/handler', { method: 'POST', token: await token() });
    expect(answer.status).toBe(201);
    expect(ran).toEqual(['handler']);
  });

  it('still needs a token where the function adds nothing, and keeps what other levels require', async () => {
    decide = () => undefined;
    expect((await application.send('/handler', { method: 'POST' })).status).toBe(401);
    const answer = await application.send('/class/handler', {
      method: 'POST',
      token: await server.accessToken({ scope: 'none' }),
    });
    expect([answer.status, answer.body['error']]).toEqual([403, 'insufficient_scope']);
    expect(ran).toEqual([]);
  });

  it('is called after authentication, once', async () => {
    decide = () => undefined;
    await application.send('/handler', { method: 'POST' });
    await application.send('/handler', { method: 'POST', token: 'no.such.token' });
    expect(decided).toBe(0);
    await application.send('/handler', { method: 'POST', token: await token() });
    expect(decided).toBe(1);
  });

  const faulty = (value: unknown): RequirementsFunction => (() => value) as RequirementsFunction;

  it.each<[what: string, decide: RequirementsFunction, reason: string]>([
    ['null', faulty(null), 'requirements must be an object'],
    ['null later', (async () => null) as unknown as RequirementsFunction, 'requirements must be an object'],
    ['false', faulty(false), 'requirements must be an object'],
    ['a word', faulty('mfa'), 'requirements must be an object'],
    ['a list', faulty(['mfa']), 'requirements must be an object'],
    ['nothing in particular', faulty({}), 'nothing is required'],
    ['undefined members alone', faulty({ maxAge: undefined }), 'nothing is required'],
    ['an unknown key', faulty({ maxage: 60 }), 'unknown requirement "maxage"'],
    ['an unknown key beside others', faulty({ acrValues: ['mfa'], max_age: 60 }), 'unknown requirement "max_age"'],
    [
      'an unknown word',
      faulty({ acrValues: ['mfaa'] }),
      'no authorization server knows "mfaa"; the nearest known word is "mfa".',
    ],
    ['an empty list', faulty({ acrValues: [] }), '"acrValues" must be a list of at least one string'],
    ['a string for a list', faulty({ acrValues: 'mfa' }), '"acrValues" must be a list of at least one string'],
    ['a maxAge of null', faulty({ acrValues: ['mfa'], maxAge: null }), '"maxAge" must be a non-negative integer'],
    ['a maxAge in text', faulty({ maxAge: '300' }), '"maxAge" must be a non-negative integer'],
    ['a negative maxAge', faulty({ maxAge: -1 }), '"maxAge" must be a non-negative integer'],
    ['a maxAge that is no number', faulty({ maxAge: Number.NaN }), '"maxAge" must be a non-negative integer'],
    ['an empty scope', faulty({ scope: '' }), '"scope" must be scope tokens'],
    [
      'a throw',
      () => {
        throw new Error('no database');
      },
      'threw Error',
    ],
    [
      'a throw of an answer',
      () => {
        throw new ForbiddenException('not yours');
      },
      'threw ForbiddenException',
    ],
    ['a rejection', () => Promise.reject(new Error('no database')), 'threw Error'],
    [
      'a rejection of something that has "then" but is no Promise',
      (() => ({
        // biome-ignore lint/suspicious/noThenProperty: query builders are like this
        then: (_resolve: unknown, reject: (error: unknown) => void) => reject(new ForbiddenException('not yours')),
      })) as unknown as RequirementsFunction,
      'threw ForbiddenException',
    ],
    [
      'a throw of no error',
      () => {
        throw 'secret';
      },
      'threw a value of type string',
    ],
  ])(
    'answers %s with 500, says why in the log alone, and does not run the handler',
    async (_what, function_, reason) => {
      decide = function_;
      for (const [path, route] of [
        ['/handler', 'DynamicController.handler'],
        ['/class/handler', 'DynamicClassController.handler'],
      ] as const) {
        log.lines.length = 0;
        const answer = await application.send(path, { method: 'POST', token: await token() });
        expect(answer.status).toBe(500);
        expect(answer.body).toEqual({ statusCode: 500, message: 'Internal Server Error' });
        expect(answer.challenges).toEqual([]);
        expect(log.lines).toEqual([
          expect.stringMatching(new RegExp(`^\\[misconfigured\\] The requirements function on ${route}`)),
        ]);
        expect(log.lines[0]).toContain(reason);
        expect(log.lines[0]).not.toMatch(/no database|not yours|secret/);
      }
      expect(ran).toEqual([]);
    },
  );
});
