import type { Handler } from '../requirements/handler.js';

/**
 * How Nest calls a handler, and with that whether it runs guards before it. `http`, `operation`: always. `message`,
 * `pattern`: those of the handler and its class, the global ones on some versions and in some applications. `field`,
 * `reference`: as the GraphQL module that serves it is configured. `stream`: too late, as the handler has the call itself.
 */
export type HandlerKind = 'http' | 'operation' | 'field' | 'reference' | 'message' | 'pattern' | 'stream';

// Metadata that Nest's decorators leave; @nestjs/graphql, websockets and microservices need not be installed
const PATH = 'path';
const MESSAGE = 'websockets:message_mapping';
const PATTERN = 'microservices:pattern';
const RESOLVER = 'graphql:resolver_type';
const FIELD = 'graphql:resolve_property';
const REFERENCE = 'graphql:resolve_reference';
const GATEWAY = 'websockets:is_gateway';

/** What calls a method without running guards, told by metadata of the method. */
const CALLERS: readonly (readonly [metadata: string, caller: string])[] = [
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
];

/** What calls a method of a class without running guards, told by metadata of the class. */
const CALLERS_OF_CLASSES: readonly (readonly [metadata: string, method: string, caller: string])[] = [
  [GATEWAY, 'handleConnection', 'Nest for every client that connects'],
  ['__commandHandler__', 'execute', '@CommandHandler'],
  ['__queryHandler__', 'execute', '@QueryHandler'],
  ['__eventsHandler__', 'handle', '@EventsHandler'],
  ['bullmq:processor_metadata', 'process', '@Processor'],
];

/** The kinds of handler that a method is; none if Nest does not bind it. */
export function kindsOf(method: string, functions: readonly Handler[]): HandlerKind[] {
  const has = (key: string) => functions.some((handler) => Reflect.hasMetadata(key, handler));
  // GraphQL calls it to find a type, whatever the enhancers are
  if (method === '__resolveType') return [];
  const kinds: HandlerKind[] = [];
  if (has(PATH)) kinds.push('http');
  if (has(REFERENCE)) kinds.push('reference');
  else if (has(FIELD)) kinds.push('field');
  else if (has(RESOLVER)) kinds.push('operation');
  if (has(MESSAGE)) kinds.push('message');
  if (has(PATTERN)) kinds.push(functions.some(isStreamCall) ? 'stream' : 'pattern');
  return kinds;
}

/** What calls a method without running guards, in the words of the developer; `undefined` if nothing is known to. */
export function unguardedCallerOf(type: object, method: string, functions: readonly Handler[]): string | undefined {
  const ofClass = CALLERS_OF_CLASSES.find(([key, name]) => name === method && Reflect.hasMetadata(key, type));
  if (ofClass !== undefined) return ofClass[2];
  const keys = new Set(functions.flatMap((handler) => Reflect.getMetadataKeys(handler).map(nameOf)));
  return CALLERS.find(([key]) => keys.has(key))?.[1];
}

/** Some libraries use symbols. */
function nameOf(key: unknown): unknown {
  return typeof key === 'symbol' ? key.description : key;
}

export function isController(type: object): boolean {
  return Reflect.hasMetadata(PATH, type);
}

/** `@GrpcStreamCall()`: the handler receives the call as it is, and what guards throw would end the process. */
function isStreamCall(handler: Handler): boolean {
  const patterns: unknown = Reflect.getMetadata(PATTERN, handler);
  return [patterns].flat().some((pattern) => (pattern as { streaming?: unknown } | null)?.streaming === 'pt_stream');
}
