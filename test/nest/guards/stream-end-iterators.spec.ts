import type { ExecutionContext, NestInterceptor } from '@nestjs/common';
import { lastValueFrom, type Observable, of, Subject, throwError } from 'rxjs';
import { keepJudged } from '../../../lib/nest/guards/judged-invocations.js';
import { bindStreamEnd } from '../../../lib/nest/guards/stream-end.js';
import { checkOptions } from '../../../lib/nest/step-up-settings.js';
import { bootServer } from '../../support/boot.js';

const EXPIRES_IN = 10;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const settings = checkOptions({ authorizationServers: [bootServer], endAtExpiry: true, clockTolerance: 0 });
const interceptorsOf = (handler: object) => Reflect.getMetadata('__interceptors__', handler) as NestInterceptor[];

/** What becomes of what a handler returns to a caller whose token expires in ten seconds. */
async function streamed<T>(values: Observable<T>, isStream = false): Promise<T> {
  const handler = () => undefined;
  bindStreamEnd(handler, isStream);
  const context = { getArgs: () => [handler], getType: () => 'graphql' } as unknown as ExecutionContext;
  const claims = { exp: Date.now() / 1000 + EXPIRES_IN };
  keepJudged(context, { claims } as never, settings);
  const [interceptor] = interceptorsOf(handler) as [NestInterceptor];
  return (await lastValueFrom(await interceptor.intercept(context, { handle: () => values }))) as T;
}

/** Goes beyond the end of the token. */
async function beyond(): Promise<void> {
  jest.advanceTimersByTime((EXPIRES_IN + 1) * 1000);
  await new Promise(setImmediate);
}

const DONE = { done: true, value: undefined };

/** An iterator of a subscription, whose members a test can replace. */
function iteratorWith(members: object = {}) {
  return {
    next: jest.fn(async (): Promise<IteratorResult<number>> => ({ done: false, value: 1 })),
    return: jest.fn(async (value?: unknown) => ({ done: true, value })),
    [Symbol.asyncIterator]() {
      return this;
    },
    ...members,
  } as unknown as AsyncGenerator<number> & { next: jest.Mock; return: jest.Mock };
}

it('a handler that is bound twice has the interceptor once, behind those of the application', () => {
  const own = {};
  const handler = () => undefined;
  Reflect.defineMetadata('__interceptors__', [own], handler);
  bindStreamEnd(handler, true);
  bindStreamEnd(handler, true);
  expect(interceptorsOf(handler)).toEqual([own, expect.any(Object)]);
});

const iterator = () => ({ next: jest.fn() });
it.each<[what: string, value: unknown]>([
  ['a text', 'text'],
  ['null', null],
  ['an object', {}],
  ['a list', [1]],
  ['an object with next alone', iterator()],
  ['an async iterable that is no iterator', { [Symbol.asyncIterator]: iterator }],
  ['an object with next that is no function', { next: 1, [Symbol.asyncIterator]: iterator }],
  ['a function', Object.assign(() => undefined, iterator(), { [Symbol.asyncIterator]: iterator })],
])('%s is a result, and is not changed', async (_, value) => {
  expect(await streamed(of(value))).toBe(value);
});

it('a stream that has sent nothing ends with the token', async () => {
  const values = new Subject<number>();
  const ended = streamed(values, true).catch((error: unknown) => error);
  while (!values.observed) await new Promise(setImmediate);
  await beyond();
  expect(values.observed).toBe(false);
  expect(await ended).toMatchObject({ rule: 'token_expired' });
});

it.each<[sent: number[], outcome: unknown]>([
  [[1], 1],
  [[1, 2], { rule: 'token_expired' }],
  [[1, 2, 3], { rule: 'token_expired' }],
])('what comes at once, and after the end, is a result only if it is one value: %j', async (sent, outcome) => {
  const values = new Subject<number>();
  const ended = streamed(values).catch((error: unknown) => error);
  while (!values.observed) await new Promise(setImmediate);
  await beyond();
  for (const value of sent) values.next(value);
  values.complete();
  const came = await ended;
  if (typeof outcome === 'number') expect(came).toBe(outcome);
  else expect(came).toMatchObject(outcome as object);
});

it('the error of a handler reaches the caller', async () => {
  const error = new Error('of the handler');
  await expect(streamed(throwError(() => error))).rejects.toBe(error);
});

describe('the iterator of a subscription', () => {
  it('gives values until the token expires; then it is asked no more, and returns', async () => {
    let isWaiting = false;
    const source = iteratorWith();
    const ending = await streamed(of(source));
    expect(await ending.next()).toEqual({ done: false, value: 1 });
    source.next.mockImplementation(() => {
      isWaiting = true;
      return new Promise(() => undefined);
    });
    const waiting = ending.next();
    expect(isWaiting).toBe(true);
    await beyond();
    expect(await waiting).toEqual(DONE);
    expect(await ending.next()).toEqual(DONE);
    expect([source.next.mock.calls.length, source.return.mock.calls.length]).toEqual([2, 1]);
  });

  it('that has completed is not ended once more', async () => {
    const source = iteratorWith({ next: async () => DONE });
    const ending = await streamed(of(source));
    expect(await ending.next()).toEqual(DONE);
    await beyond();
    expect([source.return.mock.calls.length, jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('that fails tells its error, and is ended by it', async () => {
    const error = new Error('of the source');
    const source = iteratorWith({ next: jest.fn(() => Promise.reject(error)) });
    const ending = await streamed(of(source));
    await expect(ending.next()).rejects.toBe(error);
    expect(await ending.next()).toEqual(DONE);
    await beyond();
    expect([source.next.mock.calls.length, source.return.mock.calls.length]).toEqual([1, 0]);
  });

  it.each<[what: string, members: object]>([
    ['with return', {}],
    ['without return', { return: undefined }],
  ])('%s ends if the client goes first, and nothing is left behind', async (_, members) => {
    const source = iteratorWith({ next: () => new Promise(() => undefined), ...members });
    const ending = await streamed(of(source));
    const waiting = ending.next();
    expect(await ending.return('gone')).toEqual(DONE);
    expect(await waiting).toEqual(DONE);
    expect(await ending.next()).toEqual(DONE);
    expect(jest.getTimerCount()).toBe(0);
    if (source.return !== undefined) expect(source.return.mock.calls).toEqual([['gone']]);
  });

  it.each<[what: string, members: object, outcome: object]>([
    ['with throw', { throw: async (error: unknown) => ({ done: true, value: error }) }, { done: true, value: 'stop' }],
    ['without throw', {}, { rejected: 'stop' }],
  ])('%s ends if an error is thrown into it', async (_, members, outcome) => {
    const source = iteratorWith(members);
    const ending = await streamed(of(source));
    expect(await ending.throw('stop').catch((rejected: unknown) => ({ rejected }))).toEqual(outcome);
    expect(await ending.next()).toEqual(DONE);
    expect([source.next.mock.calls.length, jest.getTimerCount()]).toEqual([0, 0]);
  });
});
