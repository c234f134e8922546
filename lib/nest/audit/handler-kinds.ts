import type { Handler } from '../requirements/handler.js';
import type { ApplicationMethod } from './application-handlers.js';
import { FIELD, GATEWAY, MESSAGE_MAPPING, PATH, PATTERN, REFERENCE, RESOLVER_TYPE, SSE } from './nest-metadata.js';

/**
 * How Nest calls a handler, and so whether it runs guards before it. `http` and `operation`: always. `message` and
 * `pattern`: the guards of handler and class always, global guards only in some versions and applications. `field` and
 * `reference`: if the GraphQL module that serves it is configured so. `stream`: too late, because the handler receives
 * the call itself.
 */
export type HandlerKind = 'http' | 'operation' | 'field' | 'reference' | 'message' | 'pattern' | 'stream';

/** What calls a method without running guards, by a metadata key of the method. */
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

/** What calls a method of a class without running guards: by the name of the method, a metadata key of the class. */
const CALLERS_OF_CLASSES: ReadonlyMap<string, readonly (readonly [metadata: string, caller: string])[]> = new Map([
  ['handleConnection', [[GATEWAY, 'Nest for every client that connects']]],
  ['handleDisconnect', [[GATEWAY, 'Nest for every client that disconnects']]],
  ['afterInit', [[GATEWAY, 'Nest when a gateway starts']]],
  [
    'execute',
    [
      ['__commandHandler__', '@CommandHandler'],
      ['__queryHandler__', '@QueryHandler'],
    ],
  ],
  ['handle', [['__eventsHandler__', '@EventsHandler']]],
  ['process', [['bullmq:processor_metadata', '@Processor']]],
]);

/** Returns the kinds of handler that a method is. Empty if Nest does not bind it. */
export function kindsOf({ method, functions, metadataKeys }: ApplicationMethod): readonly HandlerKind[] {
  // GraphQL calls __resolveType to find a type, and never runs guards before it.
  if (metadataKeys.length === 0 || method === '__resolveType') return NONE;
  const has = (key: string) => metadataKeys.includes(key);
  const kinds: HandlerKind[] = [];
  if (has(PATH)) kinds.push('http');
  if (has(REFERENCE)) kinds.push('reference');
  else if (has(FIELD)) kinds.push('field');
  else if (has(RESOLVER_TYPE)) kinds.push('operation');
  if (has(MESSAGE_MAPPING)) kinds.push('message');
  if (has(PATTERN)) kinds.push(functions.some(isStreamCall) ? 'stream' : 'pattern');
  return kinds;
}

const NONE: readonly HandlerKind[] = [];

/**
 * Returns what calls a method without running guards, in the words of the developer; `undefined` if no caller is known.
 */
export function unguardedCallerOf(type: object, { method, metadataKeys }: ApplicationMethod): string | undefined {
  const ofClass = CALLERS_OF_CLASSES.get(method)?.find(([key]) => Reflect.hasMetadata(key, type));
  if (ofClass !== undefined) return ofClass[1];
  // What is called by several is named after the first of the table.
  let first = CALLERS.length;
  for (const key of metadataKeys) first = Math.min(first, PLACES_OF_CALLERS.get(nameOf(key)) ?? first);
  return CALLERS[first]?.[1];
}

const PLACES_OF_CALLERS: ReadonlyMap<unknown, number> = new Map(CALLERS.map(([key], place) => [key, place]));

/** Returns the text of a key: some libraries use symbols. */
function nameOf(key: unknown): unknown {
  return typeof key === 'symbol' ? key.description : key;
}

/** Returns whether a hook only follows an earlier event. A decorator on its class then means the messages. */
export function isFollowUp(method: string): boolean {
  return method === 'handleDisconnect' || method === 'afterInit';
}

export function isController(type: object): boolean {
  return Reflect.hasMetadata(PATH, type);
}

/** Returns whether a handler always streams: server-sent events, or a GraphQL subscription. */
export function isStream(handler: Handler, { metadataKeys }: ApplicationMethod): boolean {
  if (!metadataKeys.includes(SSE) && !metadataKeys.includes(RESOLVER_TYPE)) return false;
  return Reflect.hasMetadata(SSE, handler) || Reflect.getMetadata(RESOLVER_TYPE, handler) === 'Subscription';
}

/**
 * Returns whether a handler is one of `@GrpcStreamCall()`. It receives the call itself, so what a guard throws would
 * end the process.
 */
function isStreamCall(handler: Handler): boolean {
  const patterns: unknown = Reflect.getMetadata(PATTERN, handler);
  return [patterns].flat().some((pattern) => (pattern as { streaming?: unknown } | null)?.streaming === 'pt_stream');
}
