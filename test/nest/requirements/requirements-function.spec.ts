import { Controller, ForbiddenException, type Type } from '@nestjs/common';
import { RequireAcr, type RequirementsFunction } from 'nestjs-step-up';
import { challenged, insufficientScope, internalServerError } from '../../support/challenged.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { DONE, done, handler } from '../../support/handler.js';

describeOverHttp('requirements decided per request', ({ serve, accessToken, server, log }) => {
  /** A handler whose own requirements the function decides. */
  const onHandler = (decide: RequirementsFunction) => handler(RequireAcr(decide));
  /** A handler whose class has its requirements decided by the function. */
  const onClass = (decide: RequirementsFunction) => {
    @Controller()
    @RequireAcr(decide)
    class DynamicController extends handler(RequireAcr({ scope: 'bank' })) {}
    return DynamicController;
  };
  const serveWords = (served: Type) =>
    serve(served, {
      authorizationServers: [
        { issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:mfa', phr: 'urn:phr' } },
      ],
    });
  const token = () => accessToken({ acr: 'urn:mfa', scope: 'bank' });

  it.each<[how: string, decide: RequirementsFunction]>([
    ['at once', () => ({ acrValues: ['phr'] })],
    ['later', async () => ({ acrValues: ['phr'] })],
    ['from the request', (context) => ({ acrValues: [context.switchToHttp().getRequest().headers['x-word']] })],
  ])('what the function decides is asked for: %s', async (_, decide) => {
    for (const served of [onHandler(decide), onClass(decide)]) {
      const send = await serveWords(served);
      const response = await send({ token: await token(), headers: { 'x-word': 'phr' } });
      expect(response).toEqual(challenged({ acrValues: ['urn:phr'], reasons: ['acr_unmet'] }));
    }
    expect(done).not.toHaveBeenCalled();
  });

  it.each<[what: string, decide: RequirementsFunction]>([
    ['nothing at once', () => undefined],
    ['nothing later', async () => undefined],
    ['something that is met', () => ({ acrValues: ['mfa'] })],
  ])('a request is let through if the function decides %s', async (_, decide) => {
    const send = await serveWords(onHandler(decide));
    expect(await send({ token: await token() })).toMatchObject({ status: 200, body: DONE });
  });

  it('a function that adds nothing leaves that a token is needed, and what other levels require', async () => {
    expect(await (await serveWords(onHandler(() => undefined)))()).toMatchObject({ status: 401 });
    const send = await serveWords(onClass(() => undefined));
    expect(await send({ token: await accessToken({ scope: 'none' }) })).toEqual(insufficientScope('bank'));
    expect(done).not.toHaveBeenCalled();
  });

  it('the function is called after authentication, once', async () => {
    const decide = jest.fn();
    const send = await serveWords(onHandler(decide));
    await send();
    await send({ token: 'no.such.token' });
    expect(decide).not.toHaveBeenCalled();
    await send({ token: await token() });
    expect(decide).toHaveBeenCalledTimes(1);
  });

  const faulty = (value: unknown): RequirementsFunction => (() => value) as RequirementsFunction;

  it.each<[gives: string, decide: RequirementsFunction, reason: string]>([
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
  ])('a function that gives %s is answered 500, and the log alone says why', async (_, decide, reason) => {
    const routes = ['HandlerController.handle', 'DynamicController.handle'];
    for (const served of [onHandler(decide), onClass(decide)]) {
      const send = await serveWords(served);
      expect(await send({ token: await token() })).toEqual(internalServerError());
    }
    const messages = log.filter((line) => /^\[(?!routes)/.test(line));
    expect(messages).toEqual(
      routes.map((route) =>
        expect.stringMatching(new RegExp(`^\\[misconfigured\\] ${route}: the requirements function`)),
      ),
    );
    for (const message of messages) expect(message).toContain(reason);
    expect(done).not.toHaveBeenCalled();
  });

  it.each<[does: string, decide: RequirementsFunction, kind: string]>([
    [
      'a throw',
      () => {
        throw new Error('no database');
      },
      'Error',
    ],
    [
      'a throw of an answer',
      () => {
        throw new ForbiddenException('not yours');
      },
      'ForbiddenException',
    ],
    ['a rejection', () => Promise.reject(new Error('no database')), 'Error'],
    [
      'a rejection of something that has "then" but is no Promise',
      (() => ({
        // biome-ignore lint/suspicious/noThenProperty: query builders are like this
        then: (_resolve: unknown, reject: (error: unknown) => void) => reject(new ForbiddenException('not yours')),
      })) as unknown as RequirementsFunction,
      'ForbiddenException',
    ],
    [
      'a throw of no error',
      () => {
        throw 'secret';
      },
      'a value of type string',
    ],
  ])('a function that does %s is answered 500, and the log names the function and what it threw', async (...row) => {
    const [, decide, kind] = row;
    for (const served of [onHandler(decide), onClass(decide)]) {
      const send = await serveWords(served);
      expect(await send({ token: await token() })).toEqual(internalServerError());
    }
    expect(log.filter((line) => /^\[(?!routes)/.test(line))).toEqual([
      `[callback_failed] requirements function on HandlerController.handle: ${kind}`,
      `[callback_failed] requirements function on DynamicController.handle: ${kind}`,
    ]);
    expect(done).not.toHaveBeenCalled();
  });
});
