import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { credentials, loadPackageDefinition, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { GrpcMethod, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { RequireAcr, StepUpModule } from 'nestjs-step-up';
import { findStepUpChallenge } from 'nestjs-step-up/client';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { of, Subject } from 'rxjs';
import { grpcStatus } from '../../../lib/nest/transports/grpc-status.js';
import { freePort, logOfEachTest } from '../../support/application.js';

logOfEachTest();
const PROTO = join(__dirname, 'bank.proto');
const ran = jest.fn();

interface Answer {
  error?: ServiceError;
  receipts: object[];
}

interface BankClient {
  Transfer(request: object, metadata: Metadata, answered: (error: ServiceError | null, receipt: object) => void): void;
  Watch(request: object, metadata: Metadata): Readable;
  close(): void;
}

@Controller()
class BankController {
  @GrpcMethod('Bank', 'Transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer({ amount }: { amount: number }) {
    ran();
    return { amount };
  }

  @GrpcMethod('Bank', 'Watch')
  @RequireAcr({ scope: 'watch' })
  watch({ amount }: { amount: number }) {
    ran();
    return of({ amount }, { amount });
  }
}

describe('a gRPC call is refused with a status that clients know', () => {
  let server: TestAuthorizationServer;
  let microservice: INestMicroservice;
  let client: BankClient;

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    const testing = await Test.createTestingModule({
      imports: [
        StepUpModule.forRoot({
          authorizationServers: [{ issuer: server.issuer, audience: server.audience }],
        }),
      ],
      controllers: [BankController],
    }).compile();
    const url = `127.0.0.1:${await freePort()}`;
    microservice = testing.createNestMicroservice<MicroserviceOptions>({
      transport: Transport.GRPC,
      options: { package: 'bank', protoPath: PROTO, url },
    });
    await microservice.listen();
    const { bank } = loadPackageDefinition(loadSync(PROTO)) as never as {
      bank: { Bank: new (url: string, credentials: unknown) => BankClient };
    };
    client = new bank.Bank(url, credentials.createInsecure());
  });
  afterAll(async () => {
    client?.close();
    await microservice?.close();
    await server?.close();
  });
  beforeEach(() => ran.mockClear());

  function call(method: 'Transfer' | 'Watch', token: string | undefined): Promise<Answer> {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    return new Promise((resolve) => {
      const request = { amount: 5 };
      if (method === 'Transfer') {
        client.Transfer(request, metadata, (error, receipt) =>
          resolve(error ? { error, receipts: [] } : { receipts: [receipt] }),
        );
        return;
      }
      const receipts: object[] = [];
      const stream = client.Watch(request, metadata);
      stream.on('data', (receipt: object) => receipts.push(receipt));
      stream.on('error', (error: ServiceError) => resolve({ error, receipts }));
      stream.on('end', () => resolve({ receipts }));
    });
  }

  const challengeOf = ({ error }: Answer) => error?.metadata.get('www-authenticate');

  it('a call with a token that is good enough is served', async () => {
    expect(await call('Transfer', await server.accessToken({ acr: 'mfa' }))).toEqual({ receipts: [{ amount: 5 }] });
    expect(await call('Watch', await server.accessToken({ scope: 'watch' }))).toEqual({
      receipts: [{ amount: 5 }, { amount: 5 }],
    });
    expect(ran).toHaveBeenCalledTimes(2);
  });

  it('16 with the challenge in the trailing metadata, if the authentication is not enough', async () => {
    const answer = await call('Transfer', await server.accessToken({ acr: 'pwd' }));
    expect(answer.error).toMatchObject({ code: 16, details: 'A different authentication is required' });
    expect(challengeOf(answer)).toEqual([
      'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="A different authentication is required", acr_values="mfa", max_age="300"',
    ]);
    expect(findStepUpChallenge(answer.error)).toMatchObject({ acrValues: ['mfa'], maxAge: 300 });
    expect(ran).not.toHaveBeenCalled();
  });

  it.each<[what: string, token: () => Promise<string> | string | undefined, error: object, challenge: string]>([
    ['16 without a token', () => undefined, { code: 16, details: 'Unauthorized' }, 'Bearer realm="api"'],
    [
      '16 for a token that is none',
      () => 'garbage',
      { code: 16, details: 'The access token is not a signed JWT' },
      'error="invalid_token"',
    ],
  ])('%s', async (_, token, error, challenge) => {
    for (const method of ['Transfer', 'Watch'] as const) {
      const answer = await call(method, await token());
      expect(answer.error).toMatchObject(error);
      expect(challengeOf(answer)).toEqual([expect.stringContaining(challenge)]);
    }
    expect(ran).not.toHaveBeenCalled();
  });

  it('7 if a scope is missing, for which no sign-in is needed', async () => {
    const answer = await call('Watch', await server.accessToken());
    expect(answer.error).toMatchObject({ code: 7, details: 'The access token lacks a scope' });
    expect(challengeOf(answer)).toEqual([expect.stringContaining('error="insufficient_scope"')]);
    expect(ran).not.toHaveBeenCalled();
  });

  it.each<[status: number, code: number]>([
    [400, 3],
    [401, 16],
    [403, 7],
    [503, 14],
    [500, 13],
  ])('%i over HTTP is %i', (status, code) => {
    const refusal = { message: 'why', retryAfter: 7, extensions: {}, getStatus: () => status, getResponse: () => '' };
    const error = grpcStatus(refusal, new Metadata()) as ServiceError;
    expect(error).toMatchObject({ code, details: 'why', message: 'why' });
    expect(error.metadata.getMap()).toEqual({ 'retry-after': '7' });
  });
});

const EXPIRES_IN = 10;
const CLOCK_TOLERANCE = 5;
let values: Subject<{ amount: number }>;

@Controller()
class StreamController {
  @GrpcMethod('Bank', 'Watch')
  @RequireAcr('mfa')
  watch() {
    return values;
  }

  @GrpcMethod('Bank', 'Transfer')
  @RequireAcr('mfa')
  transfer() {
    return values;
  }
}

describe.each([true, false])('a gRPC call that outlives its token, with endAtExpiry %s', (endAtExpiry) => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  let server: TestAuthorizationServer;
  let microservice: INestMicroservice;
  let client: BankClient;

  beforeEach(async () => {
    values = new Subject();
    server = await createTestAuthorizationServer();
    const testing = await Test.createTestingModule({
      imports: [
        StepUpModule.forRoot({
          authorizationServers: [{ issuer: server.issuer, audience: server.audience }],
          clockTolerance: CLOCK_TOLERANCE,
          endAtExpiry,
        }),
      ],
      controllers: [StreamController],
    }).compile();
    const url = `127.0.0.1:${await freePort()}`;
    microservice = testing.createNestMicroservice<MicroserviceOptions>({
      transport: Transport.GRPC,
      options: { package: 'bank', protoPath: PROTO, url },
    });
    await microservice.listen();
    const { bank } = loadPackageDefinition(loadSync(PROTO)) as never as {
      bank: { Bank: new (url: string, credentials: unknown) => BankClient };
    };
    client = new bank.Bank(url, credentials.createInsecure());
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'setInterval'] });
  });
  afterEach(async () => {
    jest.useRealTimers();
    client?.close();
    await microservice?.close();
    await server?.close();
  });

  const authorized = async () => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${await server.accessToken({ acr: 'mfa', expiresIn: EXPIRES_IN })}`);
    return metadata;
  };
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await turn();
  }

  it(`a stream ${endAtExpiry ? 'ends with 16' : 'goes on'}`, async () => {
    const received: unknown[] = [];
    const stream = client.Watch({ amount: 5 }, await authorized());
    stream.on('data', (value: object) => received.push(value));
    stream.on('error', (error: ServiceError) => received.push(error));
    await until(() => values.observed);
    values.next({ amount: 1 });
    await until(() => received.length === 1);
    await jest.advanceTimersByTimeAsync((EXPIRES_IN + CLOCK_TOLERANCE - 1) * 1000);
    values.next({ amount: 2 });
    await until(() => received.length === 2);
    await jest.advanceTimersByTimeAsync(2000);
    if (!endAtExpiry) values.next({ amount: 3 });
    await until(() => received.length === 3);
    expect(received).toMatchObject([
      { amount: 1 },
      { amount: 2 },
      endAtExpiry ? { code: 16, details: 'The access token has expired' } : { amount: 3 },
    ]);
    expect(values.observed).toBe(!endAtExpiry);
    if (endAtExpiry) {
      const { metadata } = received[2] as ServiceError;
      expect(metadata.get('www-authenticate')).toEqual([expect.stringContaining('error="invalid_token"')]);
    } else (stream as never as { cancel(): void }).cancel();
  });

  it(`a stream that has sent nothing ${endAtExpiry ? 'ends with 16' : 'goes on'}`, async () => {
    const received: unknown[] = [];
    const stream = client.Watch({ amount: 5 }, await authorized());
    stream.on('data', (value: object) => received.push(value));
    stream.on('error', (error: ServiceError) => received.push(error));
    await until(() => values.observed);
    await jest.advanceTimersByTimeAsync((EXPIRES_IN + CLOCK_TOLERANCE + 1) * 1000);
    if (!endAtExpiry) values.next({ amount: 1 });
    await until(() => received.length === 1);
    expect(received).toMatchObject([endAtExpiry ? { code: 16 } : { amount: 1 }]);
    expect(values.observed).toBe(!endAtExpiry);
    if (!endAtExpiry) (stream as never as { cancel(): void }).cancel();
  });

  it('a single result that comes late is given: its operation has been performed', async () => {
    const metadata = await authorized();
    const answer = new Promise((resolve) =>
      client.Transfer({ amount: 5 }, metadata, (error, receipt) => resolve(error ?? receipt)),
    );
    await until(() => values.observed);
    await jest.advanceTimersByTimeAsync((EXPIRES_IN + CLOCK_TOLERANCE + 1) * 1000);
    values.next({ amount: 7 });
    values.complete();
    expect(await answer).toEqual({ amount: 7 });
  });
});
