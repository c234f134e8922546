import { Get, SetMetadata } from '@nestjs/common';
import { Query, ResolveField, ResolveReference } from '@nestjs/graphql';
import { EventPattern, GrpcMethod, GrpcStreamCall, GrpcStreamMethod, MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { type ApplicationMethod, metadataKeysOf } from '../../../lib/nest/audit/application-handlers.js';
import { type HandlerKind, kindsOf, unguardedCallerOf } from '../../../lib/nest/audit/handler-kinds.js';
import type { Handler } from '../../../lib/nest/requirements/handler.js';

/** A method with these decorators. */
function decorated(...decorators: MethodDecorator[]): Handler {
  class Service {
    method() {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, 'method') as TypedPropertyDescriptor<never>;
  for (const decorator of decorators) decorator(Service.prototype, 'method', descriptor);
  return Service.prototype.method;
}

const methodOf = (method: string, functions: readonly Handler[]): ApplicationMethod => ({
  method,
  functions,
  metadataKeys: metadataKeysOf(functions),
});

describe('the kinds of a handler', () => {
  it.each<[decorators: string, handler: Handler, kinds: HandlerKind[]]>([
    ['nothing', decorated(), []],
    ['@Get', decorated(Get()), ['http']],
    ['@Query', decorated(Query('account')), ['operation']],
    ['@ResolveField', decorated(ResolveField('balance')), ['field']],
    ['@ResolveReference', decorated(ResolveReference()), ['reference']],
    ['@ResolveReference and @Query', decorated(ResolveReference(), Query('account')), ['reference']],
    ['@ResolveReference and @ResolveField', decorated(ResolveReference(), ResolveField('balance')), ['reference']],
    ['@SubscribeMessage', decorated(SubscribeMessage('transfer')), ['message']],
    ['@MessagePattern', decorated(MessagePattern('transfer')), ['pattern']],
    ['@EventPattern', decorated(EventPattern('transferred') as MethodDecorator), ['pattern']],
    ['@GrpcMethod', decorated(GrpcMethod('Bank')), ['pattern']],
    ['@GrpcStreamMethod', decorated(GrpcStreamMethod('Bank')), ['pattern']],
    ['@GrpcStreamCall', decorated(GrpcStreamCall('Bank')), ['stream']],
    ['@GrpcStreamCall and @MessagePattern', decorated(MessagePattern('transfer'), GrpcStreamCall('Bank')), ['stream']],
    ['@Get and @MessagePattern', decorated(Get(), MessagePattern('transfer')), ['http', 'pattern']],
  ])('with %s', (_, handler, kinds) => {
    expect(kindsOf(methodOf('method', [handler]))).toEqual(kinds);
  });

  it('are those of every function that Nest may call for it', () => {
    expect(kindsOf(methodOf('method', [decorated(MessagePattern('a')), decorated(GrpcStreamCall('Bank'))]))).toEqual([
      'stream',
    ]);
    expect(kindsOf(methodOf('method', [decorated(), decorated(Get())]))).toEqual(['http']);
  });

  it('are none for what tells the type of a union, which GraphQL calls without guards', () => {
    expect(kindsOf(methodOf('__resolveType', [decorated(ResolveField('__resolveType'))]))).toEqual([]);
  });
});

describe('what calls a method without guards', () => {
  class Service {}

  it.each<[metadata: string, caller: string]>([
    ['EVENT_LISTENER_METADATA', '@OnEvent'],
    ['SCHEDULER_TYPE', '@Cron, @Interval or @Timeout'],
    ['SCHEDULE_CRON_OPTIONS', '@Cron'],
    ['SCHEDULE_INTERVAL_OPTIONS', '@Interval'],
    ['SCHEDULE_TIMEOUT_OPTIONS', '@Timeout'],
    ['RABBIT_HANDLER', '@RabbitSubscribe or @RabbitRPC'],
    ['__saga__', '@Saga'],
    ['bull:module_queue_process', '@Process'],
    ['bull:module_on_queue_event', '@OnQueueEvent'],
    ['bullmq:worker_events_metadata', '@OnWorkerEvent'],
    ['bullmq:queue_events_metadata', '@OnQueueEvent'],
  ])('is told by %s, under a text or a symbol: %s', (metadata, caller) => {
    const marked = (key: string | symbol) => decorated(SetMetadata(key as string, {}));
    expect(unguardedCallerOf(Service, methodOf('method', [decorated(), marked(metadata)]))).toBe(caller);
    expect(unguardedCallerOf(Service, methodOf('method', [marked(Symbol(metadata))]))).toBe(caller);
  });

  it.each<[metadata: string, method: string, caller: string]>([
    ['__commandHandler__', 'execute', '@CommandHandler'],
    ['__queryHandler__', 'execute', '@QueryHandler'],
    ['__eventsHandler__', 'handle', '@EventsHandler'],
    ['bullmq:processor_metadata', 'process', '@Processor'],
  ])('is told by %s of the class for %s alone', (metadata, method, caller) => {
    @SetMetadata(metadata, {})
    class Consumer {}
    expect(unguardedCallerOf(Consumer, methodOf(method, [decorated()]))).toBe(caller);
    expect(unguardedCallerOf(Consumer, methodOf('another', [decorated()]))).toBe(undefined);
  });

  it('is Nest for a gateway that greets its clients', () => {
    @WebSocketGateway()
    class Gateway {}
    expect(unguardedCallerOf(Gateway, methodOf('handleConnection', [decorated()]))).toBe(
      'Nest for every client that connects',
    );
    expect(unguardedCallerOf(Gateway, methodOf('transfer', [decorated()]))).toBe(undefined);
    expect(unguardedCallerOf(Service, methodOf('handleConnection', [decorated()]))).toBe(undefined);
  });
});
