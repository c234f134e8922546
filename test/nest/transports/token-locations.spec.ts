import { once } from 'node:events';
import { Metadata } from '@grpc/grpc-js';
import type { ArgumentsHost } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { KafkaContext, MqttContext, NatsContext, RedisContext, RmqContext, TcpContext } from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AcrGuard, RequireAcr, StepUpModule, type StepUpRegisterOptions, type TokenLocations } from 'nestjs-step-up';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { graphql } from '../../../lib/nest/transports/graphql.transport.js';
import { rpc } from '../../../lib/nest/transports/rpc.transport.js';
import { checkTokenLocations, onlyToken } from '../../../lib/nest/transports/token-locations.js';
import { AccessTokenRefused } from '../../../lib/token/index.js';
import { applicationOfAllTests, logOfEachTest } from '../../support/application.js';
import { bootedApplication, bootFailure, bootServer } from '../../support/boot.js';

const log = logOfEachTest();

const everywhere = checkTokenLocations(undefined);
const bearer = (token: string) => ({ scheme: 'Bearer', token });

/** Returns the error by which a refusal is made; its code decides. */
function refusalOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error instanceof AccessTokenRefused ? { refused: error.error, code: error.code } : error;
  }
}

const REPEATED = { refused: 'invalid_request', code: 'authorization_header_repeated' };
const MALFORMED = { refused: 'invalid_request', code: 'authorization_header_malformed' };

const rmq = (headers: unknown) => new RmqContext([{ properties: { headers } }, {}, 'p']);
const nats = (...pairs: [string, string[]][]) => new NatsContext(['s', pairs]);
const kafka = (headers: unknown) =>
  new KafkaContext([{ headers } as never, 0, 't', {} as never, async () => undefined, {} as never]);
const mqtt = (userProperties: unknown) => new MqttContext(['t', { properties: { userProperties } } as never]);
const buffer = Buffer.from('Bearer a');

describe('the header of a message', () => {
  const tokenIn = (context: unknown, locations = everywhere) =>
    refusalOf(() =>
      onlyToken(rpc.tokensOf({}, { getArgs: () => [{}, context], getArgByIndex: () => context } as never, locations)),
    );

  it.each<[message: string, context: unknown, found: unknown]>([
    ['of RabbitMQ', rmq({ authorization: 'Bearer a' }), bearer('a')],
    ['of RabbitMQ in another case', rmq({ Authorization: 'bearer a' }), bearer('a')],
    ['of NATS', nats(['other', ['x']], ['Authorization', ['Bearer a']]), bearer('a')],
    ['of Kafka, as bytes', kafka({ authorization: buffer }), bearer('a')],
    ['of Kafka, as text', kafka({ authorization: 'Bearer a' }), bearer('a')],
    ['of MQTT 5', mqtt({ authorization: 'Bearer a' }), bearer('a')],
    ['in a list of one', rmq({ authorization: ['Bearer a'] }), bearer('a')],
    ['of another scheme', rmq({ authorization: 'Basic a' }), undefined],
    ['without a scheme', rmq({ authorization: 'a' }), undefined],
    ['that is empty', rmq({ authorization: '' }), undefined],
    ['that is null', rmq({ authorization: null }), undefined],
    ['of a message without headers', rmq(undefined), undefined],
    ['of NATS without headers', new NatsContext(['s', undefined]), undefined],
    ['of TCP, which has none', new TcpContext([{} as never, 'p']), undefined],
    ['of no context at all', undefined, undefined],
    ['that is a number', rmq({ authorization: 5 }), MALFORMED],
    ['that is an object', rmq({ authorization: { token: 'a' } }), MALFORMED],
    ['with two tokens', rmq({ authorization: 'Bearer a b' }), MALFORMED],
    ['twice in a list', rmq({ authorization: ['Bearer a', 'Bearer a'] }), REPEATED],
    ['twice in NATS', nats(['authorization', ['Bearer a', 'Bearer b']]), REPEATED],
    ['in two cases', rmq({ authorization: 'Bearer a', Authorization: 'Bearer b' }), REPEATED],
    ['that only a prototype has', rmq(Object.create({ authorization: 'Bearer a' })), undefined],
  ])('%s', (_, context, found) => {
    expect(tokenIn(context)).toEqual(found);
  });

  it('does not count if it is switched off', () => {
    expect(tokenIn(rmq({ authorization: 'Bearer a' }), { ...everywhere, messageHeaders: false })).toBeUndefined();
  });
});

describe('a message without a token', () => {
  class PaymentsController {
    @RequireAcr('mfa')
    pay() {}
  }
  const ADVICE =
    '[token_place_missing] accessToken: what comes by "rpc" has no place for a token, so that every call is refused; ' +
    'give a function that finds it in the payload, or leave its place in "tokenLocations" on: see docs/transports.md';

  it.each<[message: string, context: unknown, options: Partial<StepUpRegisterOptions>, isAdvised: boolean]>([
    ['of TCP', new TcpContext([{} as never, 'p']), {}, true],
    ['of Redis', new RedisContext(['p']), {}, true],
    ['of no context at all', undefined, {}, true],
    ['of RabbitMQ, switched off', rmq(undefined), { tokenLocations: { messageHeaders: false } }, true],
    ['of gRPC, switched off', new Metadata(), { tokenLocations: { grpcMetadata: false } }, true],
    ['of NATS, without headers', new NatsContext(['s', undefined]), {}, false],
    ['of RabbitMQ, without headers', rmq(undefined), {}, false],
    ['of gRPC, without a value', new Metadata(), {}, false],
    ['of TCP, in which the option finds none', new TcpContext([{} as never, 'p']), { accessToken: () => '' }, false],
  ])(
    'is refused, and if it has no place for one the log says what to do, once: %s',
    async (_, context, options, isAdvised) => {
      const app = await bootedApplication({ options: { authorizationServers: [bootServer], ...options } });
      try {
        const parameters = context instanceof Metadata ? [{}, context, { getPeer: () => 'peer' }] : [{}, context];
        for (let calls = 0; calls < 2; calls += 1) {
          const host = new ExecutionContextHost([...parameters], PaymentsController, PaymentsController.prototype.pay);
          host.setType('rpc');
          const outcome = (async () => app.get(AcrGuard).canActivate(host))();
          await expect(outcome).rejects.toMatchObject({ code: 'unauthenticated' });
        }
        expect(log.filter((line) => line.startsWith('[token_place_missing]'))).toEqual(isAdvised ? [ADVICE] : []);
      } finally {
        await app.close();
      }
    },
  );
});

describe('the metadata of a gRPC call', () => {
  const call = { getPeer: () => 'peer' };
  const tokenIn = (metadata: Metadata, locations = everywhere) => {
    const parameters = [{}, metadata, call];
    const host = { getArgs: () => parameters, getArgByIndex: (index: number) => parameters[index] } as ArgumentsHost;
    return refusalOf(() => onlyToken(rpc.tokensOf({}, host, locations)));
  };
  const metadata = (...values: string[]) => {
    const all = new Metadata();
    for (const value of values) all.add('Authorization', value);
    return all;
  };

  it.each<[what: string, metadata: Metadata, found: unknown]>([
    ['one value', metadata('Bearer a'), bearer('a')],
    ['none', metadata(), undefined],
    ['several values', metadata('Bearer a', 'Bearer b'), REPEATED],
    ['the same value twice', metadata('Bearer a', 'Bearer a'), REPEATED],
  ])('%s', (_, given, found) => {
    expect(tokenIn(given)).toEqual(found);
  });

  it('does not count if it is switched off', () => {
    expect(tokenIn(metadata('Bearer a'), { ...everywhere, grpcMetadata: false })).toBeUndefined();
  });
});

describe('the parameters of a graphql-ws connection', () => {
  const tokenIn = (context: object, locations = everywhere) => {
    const host = { getArgs: () => [undefined, {}, context, {}] } as unknown as ArgumentsHost;
    const request = graphql.requestOf(host) ?? {};
    return refusalOf(() => onlyToken(graphql.tokensOf(request, host, locations)));
  };
  const connected = (connectionParams: unknown) => ({ req: { connectionParams, extra: {} } });

  it.each<[what: string, context: object, found: unknown]>([
    ['in lower case', connected({ authorization: 'Bearer a' }), bearer('a')],
    ['in any case', connected({ AuthoriZation: 'Bearer a' }), bearer('a')],
    ['next to the request', { req: {}, connectionParams: { authorization: 'Bearer a' } }, bearer('a')],
    ['without a scheme', connected({ authorization: 'a' }), undefined],
    ['null', connected(null), undefined],
    ['a text', connected('Bearer a'), undefined],
    ['in two cases', connected({ authorization: 'Bearer a', Authorization: 'Bearer b' }), REPEATED],
    ['an object', connected({ authorization: {} }), MALFORMED],
    ['a member named __proto__', connected(JSON.parse('{"__proto__":{"authorization":"Bearer a"}}')), undefined],
    [
      'another one than in the header of an object that the application made',
      { req: { headers: { authorization: 'Bearer b' }, connectionParams: { authorization: 'Bearer a' } } },
      { refused: 'invalid_request', code: 'access_token_ambiguous' },
    ],
    [
      'the same as in that header',
      { req: { headers: { authorization: 'Bearer a' }, connectionParams: { authorization: 'Bearer a' } } },
      bearer('a'),
    ],
  ])('%s', (_, context, found) => {
    expect(tokenIn(context)).toEqual(found);
  });

  it('do not count if they are switched off', () => {
    const off = { ...everywhere, connectionParams: false };
    expect(tokenIn(connected({ authorization: 'Bearer a' }), off)).toBeUndefined();
  });
});

describe('the option "tokenLocations"', () => {
  it.each<[value: unknown, message: string]>([
    ['header', '"tokenLocations" must be an object, not "header"'],
    [null, '"tokenLocations" must be an object, not null'],
    [['grpcMetadata'], '"tokenLocations" must be an object, not'],
    [{ grpcMetadata: 'no' }, '"tokenLocations.grpcMetadata" must be true or false, not "no"'],
    [{ handshakeAuth: null }, '"tokenLocations.handshakeAuth" must be true or false, not null'],
    [
      { handshakeHeaders: false },
      '"tokenLocations" has no member "handshakeHeaders"; the closest is "handshakeHeader"',
    ],
  ])('%j stops the boot', async (tokenLocations, message) => {
    const failure = await bootFailure({
      imports: [StepUpModule.forRoot({ passport: 'existing', tokenLocations: tokenLocations as TokenLocations })],
    });
    expect(failure).toBeInstanceOf(TypeError);
    expect((failure as Error).message).toContain(message);
  });

  it('leaves on what it does not name', () => {
    expect(checkTokenLocations({ handshakeAuth: false, grpcMetadata: undefined })).toEqual({
      ...everywhere,
      handshakeAuth: false,
    });
  });
});

@WebSocketGateway()
class BankGateway {
  @SubscribeMessage('transfer')
  @RequireAcr('mfa')
  transfer() {
    return { event: 'done', data: 'done' };
  }
}

@WebSocketGateway()
class AcknowledgingGateway {
  @SubscribeMessage('transfer')
  @RequireAcr('mfa')
  transfer() {
    return 'done';
  }
}

const ambiguous = { code: 'INVALID_REQUEST', error_description: 'Different access tokens are sent in two places' };

describe('the handshake of ws', () => {
  const setup = { providers: [BankGateway], configure: (app: never) => useWs(app) };
  const useWs = (app: { useWebSocketAdapter(adapter: WsAdapter): unknown }) =>
    void app.useWebSocketAdapter(new WsAdapter(app as never));
  const on = applicationOfAllTests(setup as never);
  const off = applicationOfAllTests({ ...setup, options: { tokenLocations: { handshakeHeader: false } } } as never);

  async function ask(url: string, ...headers: (Record<string, string> | undefined)[]) {
    const sockets = headers.map((one) => new WebSocket(url.replace('http', 'ws'), one && { headers: one }));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    const answers = sockets.map((socket) => once(socket, 'message'));
    for (const socket of sockets) socket.send('{"event":"transfer"}');
    const all = await Promise.all(answers);
    for (const socket of sockets) socket.close();
    return all.map(([message]) => JSON.parse(String(message)).data);
  }

  it('has the token in its Authorization header, for the messages of its own socket alone', async () => {
    const [mfa, pwd] = [await on.server.accessToken({ acr: 'mfa' }), await on.server.accessToken({ acr: 'pwd' })];
    expect(
      await ask(on.application.url, { authorization: `Bearer ${mfa}` }, undefined, {
        authorization: `Bearer ${pwd}`,
      }),
    ).toEqual([
      'done',
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
      expect.objectContaining({ code: 'INSUFFICIENT_USER_AUTHENTICATION' }),
    ]);
  });

  it('needs the scheme Bearer', async () => {
    const token = await on.server.accessToken({ acr: 'mfa' });
    expect(await ask(on.application.url, { authorization: token })).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
  });

  it('has none in its query', async () => {
    const token = await on.server.accessToken({ acr: 'mfa' });
    expect(await ask(`${on.application.url}/?access_token=${token}`, undefined)).toMatchObject([
      { code: 'UNAUTHENTICATED' },
    ]);
  });

  it('does not count if it is switched off', async () => {
    const token = await off.server.accessToken({ acr: 'mfa' });
    expect(await ask(off.application.url, { authorization: `Bearer ${token}` })).toMatchObject([
      { code: 'UNAUTHENTICATED' },
    ]);
  });
});

describe('the handshake of socket.io', () => {
  const setup = {
    providers: [AcknowledgingGateway],
    configure: (app: { useWebSocketAdapter(adapter: IoAdapter): unknown }) =>
      void app.useWebSocketAdapter(new IoAdapter(app as never)),
  };
  const on = applicationOfAllTests(setup as never);
  const off = applicationOfAllTests({ ...setup, options: { tokenLocations: { handshakeAuth: false } } } as never);

  async function ask(url: string, auth: object, authorization?: string) {
    const extraHeaders = authorization === undefined ? {} : { extraHeaders: { authorization } };
    const socket = io(url, { transports: ['websocket'], forceNew: true, auth: auth as never, ...extraHeaders });
    try {
      return await socket.emitWithAck('transfer', {});
    } finally {
      socket.disconnect();
    }
  }
  const served = 'done';

  it('has the token in auth.token, and in its Authorization header', async () => {
    const token = await on.server.accessToken({ acr: 'mfa' });
    expect(await ask(on.application.url, { token })).toEqual(served);
    expect(await ask(on.application.url, {}, `Bearer ${token}`)).toEqual(served);
    expect(await ask(on.application.url, { token }, `Bearer ${token}`)).toEqual(served);
  });

  it.each<[what: string, auth: unknown, code: string]>([
    ['nothing', undefined, 'UNAUTHENTICATED'],
    ['null', null, 'UNAUTHENTICATED'],
    ['an empty text', '', 'UNAUTHENTICATED'],
    ['a number', 5, 'INVALID_TOKEN'],
    ['an object', { toString: 'x' }, 'INVALID_TOKEN'],
    ['a list', ['a'], 'INVALID_TOKEN'],
  ])('is refused with %s in auth.token', async (_, token, code) => {
    expect(await ask(on.application.url, { token })).toMatchObject({ code });
  });

  it('is refused with a scheme in auth.token, and the refusal says so', async () => {
    const token = `Bearer ${await on.server.accessToken({ acr: 'mfa' })}`;
    expect(await ask(on.application.url, { token })).toMatchObject({
      code: 'INVALID_TOKEN',
      message: 'The access token begins with a scheme; send the token alone',
    });
  });

  it('is refused with different tokens in the two places, also if one of them is good', async () => {
    const [mfa, pwd] = [await on.server.accessToken({ acr: 'mfa' }), await on.server.accessToken({ acr: 'pwd' })];
    expect(await ask(on.application.url, { token: mfa }, `Bearer ${pwd}`)).toMatchObject(ambiguous);
  });

  it('does not count if it is switched off', async () => {
    const token = await off.server.accessToken({ acr: 'mfa' });
    expect(await ask(off.application.url, { token })).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await ask(off.application.url, {}, `Bearer ${token}`)).toEqual(served);
  });
});
