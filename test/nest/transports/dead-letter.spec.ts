import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ArgumentsHost, Catch, Controller, UseFilters } from '@nestjs/common';
import {
  type CustomTransportStrategy,
  EventPattern,
  MessagePattern,
  NatsContext,
  RmqContext,
  Server,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  AccessTokenException,
  InsufficientUserAuthenticationException,
  RequireAcr,
  StepUpExceptionFilter,
  StepUpModule,
} from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { isObservable, lastValueFrom } from 'rxjs';
import { logOfEachTest } from '../../support/application.js';

logOfEachTest();
const ran = jest.fn();
beforeEach(() => ran.mockClear());

@Catch(AccessTokenException, InsufficientUserAuthenticationException)
class DeadLetterFilter extends StepUpExceptionFilter {
  override catch(refusal: AccessTokenException | InsufficientUserAuthenticationException, host: ArgumentsHost) {
    const context = host.switchToRpc().getContext<RmqContext>();
    context.getChannelRef().nack(context.getMessage(), false, false);
    return super.catch(refusal, host);
  }
}

@Controller()
class OrdersController {
  @EventPattern('order')
  @UseFilters(DeadLetterFilter)
  @RequireAcr('mfa')
  order(_: object) {
    ran();
  }

  @MessagePattern('transfer')
  @RequireAcr('mfa')
  transfer() {
    ran();
    return 'done';
  }
}

/** A transport without a broker: it hands messages to handlers as those of Nest do. */
class Loopback extends Server implements CustomTransportStrategy {
  listen(callback: () => void) {
    callback();
  }
  close() {}
  on() {}
  unwrap(): never {
    throw new Error('There is nothing to unwrap');
  }
  async give(pattern: string, data: unknown, context?: unknown): Promise<unknown> {
    const result = await this.getHandlerByPattern(pattern)?.(data, context as never);
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  }
}

describe('messages with headers', () => {
  let server: TestAuthorizationServer;
  let close: () => Promise<unknown>;
  const loopback = new Loopback();

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    const { issuer, audience } = server;
    const testing = await Test.createTestingModule({
      imports: [StepUpModule.forRoot({ authorizationServers: [{ issuer, audience }], metadataAudit: 'off' })],
      controllers: [OrdersController],
    }).compile();
    const microservice = testing.createNestMicroservice({ strategy: loopback });
    close = () => microservice.close();
    await microservice.listen();
  });
  afterAll(async () => {
    await close?.();
    await server?.close();
  });

  const rmq = (token: string, nack = jest.fn()) => {
    const message = { properties: { headers: { authorization: `Bearer ${token}` } } };
    return { context: new RmqContext([message, { nack }, 'order']), message, nack };
  };

  it('are rejected by the filter of docs/transports.md without requeueing, if they are refused', async () => {
    const { context, message, nack } = rmq(await server.accessToken({ acr: 'pwd' }));
    await expect(loopback.give('order', {}, context)).rejects.toMatchObject({ reasons: ['acr_unmet'] });
    expect(nack.mock.calls).toEqual([[message, false, false]]);
    expect(ran).not.toHaveBeenCalled();
    const good = rmq(await server.accessToken({ acr: 'mfa' }));
    await loopback.give('order', {}, good.context);
    expect(good.nack).not.toHaveBeenCalled();
    expect(ran).toHaveBeenCalledTimes(1);
  });

  it('are the page and this test the same code', () => {
    // The page exports it.
    const [own = ''] = /@Catch\(AccessTokenException.*?^}\n/ms.exec(readFileSync(__filename, 'utf8')) ?? [];
    expect(own).toContain('nack(');
    expect(readFileSync(join(__dirname, '../../../docs/transports.md'), 'utf8')).toContain(
      own.replace('\nclass ', '\nexport class '),
    );
  });

  it('have their token in NATS and RabbitMQ by default', async () => {
    const token = await server.accessToken({ acr: 'mfa' });
    const nats = new NatsContext(['transfer', new Map([['authorization', [`Bearer ${token}`]]]) as never]);
    expect(await loopback.give('transfer', {}, nats)).toBe('done');
    expect(await loopback.give('transfer', {}, rmq(token).context)).toBe('done');
  });

  it.each<[what: string, context: unknown, code: string]>([
    ['without a context', undefined, 'UNAUTHENTICATED'],
    ['with null for a context', null, 'UNAUTHENTICATED'],
    ['with a text for a context', 'context', 'UNAUTHENTICATED'],
    ['with a context of its own kind', {}, 'UNAUTHENTICATED'],
    [
      'whose header is a number',
      new RmqContext([{ properties: { headers: { authorization: 5 } } }, {}, 'p']),
      'INVALID_REQUEST',
    ],
  ])('are refused %s', async (_, context, code) => {
    await expect(loopback.give('transfer', {}, context)).rejects.toMatchObject({ code });
    expect(ran).not.toHaveBeenCalled();
  });

  it('are refused if their headers throw', async () => {
    const hostile = {
      getHeaders: () => {
        throw new RangeError('hostile');
      },
    };
    await expect(loopback.give('transfer', {}, hostile)).rejects.toBeDefined();
    expect(ran).not.toHaveBeenCalled();
  });
});
