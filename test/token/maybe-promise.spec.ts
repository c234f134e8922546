import { andThen, isThenable, type MaybePromise, orElse } from '../../lib/token/index.js';

/** As query builders are: it has `then`, and is no Promise of this realm. */
// biome-ignore lint/suspicious/noThenProperty: that is what is tested
const thenable = { then: (resolve: (value: string) => void) => resolve('a') } as unknown as Promise<string>;
const rejecting = {
  // biome-ignore lint/suspicious/noThenProperty: that is what is tested
  then: (_: unknown, reject: (error: Error) => void) => reject(new Error('no')),
} as unknown as Promise<string>;
const fails = (): never => {
  throw new Error('no');
};

describe('what follows a value', () => {
  test.each<[what: string, value: unknown]>([
    ['a text', 'a'],
    ['nothing', undefined],
    ['null', null],
    ['an object', { a: 1 }],
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    ['an object whose then is no function', { then: 'a' }],
  ])('comes at once: %s', (_, value) => {
    expect(isThenable(value)).toBe(false);
    expect(andThen(value, (given) => [given])).toEqual([value]);
  });

  test.each<[what: string, value: Promise<string>]>([
    ['a promise', Promise.resolve('a')],
    ['what only has the method of one', thenable],
  ])('comes once it is fulfilled: %s', async (_, value) => {
    expect(isThenable(value)).toBe(true);
    const after = andThen(value, (given) => `${given}b`);
    expect(after).toBeInstanceOf(Promise);
    expect(await after).toBe('ab');
  });

  test.each([
    ['a promise', () => Promise.reject(new Error('no'))],
    ['what only has the method of one', () => rejecting],
  ])('does not come if it is rejected: %s', async (_, value) => {
    const next = jest.fn();
    await expect(andThen(value(), next)).rejects.toThrow('no');
    expect(next).not.toHaveBeenCalled();
  });
});

describe('a recovery', () => {
  const recover = (error: unknown) => `after ${(error as Error).message}`;

  test.each<[what: string, compute: () => MaybePromise<string>, isSynchronous: boolean, expected: string]>([
    ['a value stays, at once', () => 'a', true, 'a'],
    ['a promise stays', () => Promise.resolve('a'), false, 'a'],
    ['what only has the method of a promise stays', () => thenable, false, 'a'],
    ['an error is recovered from at once', fails, true, 'after no'],
    ['a rejection is recovered from', () => Promise.reject(new Error('no')), false, 'after no'],
    ['a rejection of what only has the method of a promise too', () => rejecting, false, 'after no'],
  ])('%s', async (_, compute, isSynchronous, expected) => {
    const recovered = orElse(compute, recover);
    expect(recovered instanceof Promise).toBe(!isSynchronous);
    expect(await recovered).toBe(expected);
  });
});
