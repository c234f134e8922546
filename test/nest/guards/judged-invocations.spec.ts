import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AcrGuard, RequireAcr, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { endOf, judgedOf, keepJudged } from '../../../lib/nest/guards/judged-invocations.js';
import { checkOptions } from '../../../lib/nest/step-up-settings.js';
import { logOfEachTest } from '../../support/application.js';
import { bootedApplication, bootServer } from '../../support/boot.js';
import { secondsAgo } from '../../support/clock.js';

logOfEachTest();

const settings = checkOptions({ authorizationServers: [bootServer], endAtExpiry: true, clockTolerance: 5 });
const user = (sub: string, exp?: unknown) => ({ user: { sub }, event: { subject: sub }, claims: { exp } });
const of = (...parameters: unknown[]) => new ExecutionContextHost(parameters);

/** Who is known to have been judged for an invocation with these parameters. */
const knownFor = (...parameters: unknown[]) => judgedOf(of(...parameters))?.authenticated.event.subject;

describe('who was judged for an invocation', () => {
  it.each<[what: string, parameters: unknown[]]>([
    ['a socket and a message', [{}, { amount: 1 }, 'transfer']],
    ['a message that is a text', [{}, 'text']],
    ['a message that is not a number', [{}, Number.NaN]],
    ['no message', [{}, undefined, null]],
    ['a function alone', [() => undefined]],
  ])('is known to another context of it: %s', (_, parameters) => {
    keepJudged(of(...parameters), user('alice'), settings);
    expect(knownFor(...parameters)).toBe('alice');
  });

  it.each<[what: string, other: (client: object, message: object) => unknown[]]>([
    ['another message of the client', (client) => [client, {}]],
    ['the same message of another client', (_, message) => [{}, message]],
    ['more parameters', (client, message) => [client, message, 'transfer']],
    ['fewer parameters', (_, message) => [message]],
    ['no parameters', () => []],
    ['parameters on which nothing can be kept', () => ['transfer', 5, null, undefined]],
  ])('is not known for another invocation: %s', (_, other) => {
    const [client, message] = [{}, {}];
    keepJudged(of(client, message), user('alice'), settings);
    expect(knownFor(...other(client, message))).toBe(undefined);
  });

  it('is kept apart for each message of a client', () => {
    const [client, one, two, call] = [{}, {}, {}, () => undefined];
    keepJudged(of(client, one), user('alice'), settings);
    keepJudged(of(client, two), user('bob'), settings);
    keepJudged(of(client, call), user('carol'), settings);
    expect([one, two, call].map((message) => knownFor(client, message))).toEqual(['alice', 'bob', 'carol']);
  });

  it('is forgotten for a text when the next one comes, which nothing tells apart from it but the text', () => {
    const client = {};
    keepJudged(of(client, 'one'), user('alice'), settings);
    keepJudged(of(client, 'two'), user('bob'), settings);
    expect([knownFor(client, 'one'), knownFor(client, 'two')]).toEqual([undefined, 'bob']);
  });

  it('does not change with the list of parameters', () => {
    const parameters: unknown[] = [{}, { amount: 1 }];
    const host = new ExecutionContextHost(parameters);
    keepJudged(host, user('alice'), settings);
    parameters[0] = {};
    expect(judgedOf(host)).toBe(undefined);
  });

  it('is kept on nothing if there is no object, and nothing fails', () => {
    expect(() => keepJudged(of('transfer', 5, null), user('alice'), settings)).not.toThrow();
  });
});

describe('when a token ends what is open', () => {
  it.each<[what: string, exp: unknown, endAtExpiry: boolean, end: number | undefined]>([
    ['at its expiry, by the clock of the server', 100, true, 105],
    ['never without the option', 100, false, undefined],
    ['never without an expiry', undefined, true, undefined],
    ['never with one that is no number', '100', true, undefined],
  ])('%s', (_, exp, endAtExpiry, end) => {
    const given = { ...settings, endAtExpiry };
    expect(endOf(user('alice', exp), given)).toBe(end);
    const message = {};
    keepJudged(of(message), user('alice', exp), given);
    const kept = judgedOf(of(message))?.end;
    if (end === undefined) expect(kept).toBe(undefined);
    else expect({ ...kept, refusal: kept?.refusal() }).toMatchObject({ at: end, refusal: { rule: 'token_expired' } });
  });
});

it('a message handler learns what the authorization server has added for the judgement', async () => {
  class PaymentsController {
    @RequireAcr('mfa', { maxAge: 300 })
    pay() {}
  }
  const server = await createTestAuthorizationServer();
  const authTime = secondsAgo(10);
  const endpoint = createServer((_, response) => {
    response.end(JSON.stringify({ active: true, sub: 'alice', auth_time: authTime }));
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const { issuer, audience } = server;
  const app = await bootedApplication({
    options: {
      authorizationServers: [
        {
          issuer,
          audience,
          introspection: {
            endpoint: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`,
            clientId: 'api',
            clientSecret: 's3cret',
            when: 'auth-time-missing',
          },
        },
      ],
      accessToken: (context) => context.switchToRpc().getData<{ token: string }>().token,
    },
  });
  try {
    const token = await server.accessToken({ acr: 'mfa', authTime: null });
    const context = new ExecutionContextHost([{ token }, {}], PaymentsController, PaymentsController.prototype.pay);
    context.setType('rpc');
    expect(await app.get(AcrGuard).canActivate(context)).toBe(true);
    expect(await app.get(StepUpService).authenticated(context)).toMatchObject({ event: { acr: 'mfa', authTime } });
  } finally {
    await app.close();
    await new Promise((resolve) => endpoint.close(resolve));
    await server.close();
  }
});
