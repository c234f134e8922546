import {
  type AuthenticationEvent,
  checkMembers,
  MILLISECONDS_FROM,
  StepUpConfigurationError,
} from '../../core/index.js';

/**
 * An authentication event that is kept with work for later, such as a job. Plain data, which JSON keeps as it is. Has no
 * token, and is no proof: every writer of its store can write any event.
 */
export interface StoredEvent {
  /** Absent only without authorization servers in the options. */
  readonly issuer?: string;
  readonly subject: string;
  readonly clientId?: string;
  /** Scopes of the token, separated by spaces. */
  readonly scope?: string;
  readonly acr?: string;
  readonly acrs?: readonly string[];
  /** Seconds since the epoch for each authentication context. `null` as a time is unknown. */
  readonly acrTimes?: Readonly<Record<string, number | null>>;
  /** Seconds since the epoch. */
  readonly authTime?: number;
  readonly amr?: readonly string[];
  /** When the event was stored, which is the time of the order. Seconds since the epoch. */
  readonly storedAt: number;
}

/** A stored event, and when its `maxAge` is measured. `StepUpService` takes it in place of a request. */
export interface StoredEventAt {
  readonly event: StoredEvent;
  /**
   * `'order'`: `maxAge` counts from the sign-in to the order, however late the work is done. `'now'`: it counts to this
   * moment, so that work which has waited for too long is refused.
   */
  readonly at: 'order' | 'now';
}

/** An event that was stored, as it is judged. */
export interface RestoredEvent {
  readonly event: AuthenticationEvent;
  /** The time at which `maxAge` is measured, in seconds since the epoch. */
  readonly now: number;
}

type Check = readonly [isIt: (value: unknown) => boolean, what: string];

const TEXT: Check = [(value) => typeof value === 'string' && value !== '', 'a string that is not empty'];
const TEXTS: Check = [
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  'a list of strings',
];
const SECONDS: Check = [isSeconds, 'a number of seconds'];
const TIMES: Check = [
  (value) => isPlain(value) && Object.values(value).every((time) => time === null || isSeconds(time)),
  'an object of seconds',
];

const MEMBERS: Readonly<Record<keyof StoredEvent, Check>> = {
  issuer: TEXT,
  subject: TEXT,
  clientId: TEXT,
  scope: [(value) => typeof value === 'string', 'a string'],
  acr: TEXT,
  acrs: TEXTS,
  acrTimes: TIMES,
  authTime: SECONDS,
  amr: TEXTS,
  storedAt: SECONDS,
};

/**
 * Returns an event as plain data. Leaves out members of a wrong type, which satisfy no requirement. An unknown time of a
 * context is `null`, because JSON would drop it, and the time of the sign-in would count in its place.
 *
 * @param storedAt seconds since the epoch
 * @throws StepUpConfigurationError for an event that does not name who signed in
 */
export function storedEventOf({ acrTimes, ...others }: AuthenticationEvent, storedAt: number): StoredEvent {
  const times = acrTimes && Object.freeze(mapped(acrTimes, (time) => (isSeconds(time) ? time : null)));
  const members = Object.entries({ ...others, ...(times && { acrTimes: times }), storedAt });
  const usable = members.filter(([name, value]) => MEMBERS[name as keyof StoredEvent]?.[0](value));
  const copied = usable.map(([name, value]) => [name, Array.isArray(value) ? Object.freeze([...value]) : value]);
  const stored: unknown = Object.freeze(Object.fromEntries(copied));
  checkEvent(stored, 'the event of this request');
  return stored;
}

/** Returns whether `at` is meant as a {@link StoredEventAt}. A request is none, whatever its members. */
export function isStored(at: unknown): at is StoredEventAt {
  return isPlain(at) && Object.hasOwn(at, 'event') && !('headers' in at);
}

/**
 * Checks a stored event, and returns it as it is judged.
 *
 * @param present the present time, in seconds since the epoch
 * @throws StepUpConfigurationError that names the member: unknown, missing or of another type, or stored in the future
 */
export function restoredEvent(stored: StoredEventAt, present: number, clockTolerance: number): RestoredEvent {
  checkMembers(stored, ['event', 'at'], (member) => `A stored event is given as { event, at }, without "${member}"`);
  const { event: given, at } = stored;
  if (at !== 'order' && at !== 'now') {
    throw new StepUpConfigurationError(
      'A stored event is given as { event, at }: "at" must be \'order\', which measures "maxAge" when the event was ' +
        "stored, or 'now'",
    );
  }
  // A copy, so that nothing has another value after the check.
  const event: unknown = isPlain(given) ? mapped(given, copied) : given;
  checkEvent(event, 'the stored event');
  const { storedAt, acrTimes, ...others } = event;
  if (storedAt - present > clockTolerance) fail('the stored event', '"storedAt" is in the future');
  const times = acrTimes && mapped(acrTimes, (time) => time ?? undefined);
  return {
    event: Object.freeze({ ...others, ...(times && { acrTimes: times }) }),
    now: at === 'order' ? storedAt : present,
  };
}

function checkEvent(event: unknown, where: string): asserts event is StoredEvent {
  if (!isPlain(event)) return fail(where, 'everything is missing');
  checkMembers(event, Object.keys(MEMBERS), (member) => `In ${where}, "${member}" is no member`);
  for (const [name, [isIt, what]] of Object.entries(MEMBERS)) {
    const value = event[name];
    if (value === undefined ? name === 'subject' || name === 'storedAt' : !isIt(value)) {
      fail(where, value === undefined ? `"${name}" is missing` : `"${name}" must be ${what}`);
    }
  }
}

function fail(where: string, what: string): never {
  throw new StepUpConfigurationError(`In ${where}, ${what}; keep what StepUpService.storedEvent() returns as it is`);
}

function mapped<From, To>(times: Readonly<Record<string, From>>, map: (time: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(times).map(([context, time]) => [context, map(time)]));
}

/** Returns a copy of a list or an object of values; every other value as it is. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  return isPlain(value) ? { ...value } : value;
}

function isSeconds(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MILLISECONDS_FROM;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // also of another realm, such as that of a test
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
