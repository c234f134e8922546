import { TimedOut } from '../../lib/token/index.js';
import { withTimeout } from '../../lib/token/with-timeout.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const never = new Promise<string>(() => undefined);

test('work that ends in time is waited for', async () => {
  expect(await withTimeout(2, Promise.resolve('done'))).toBe('done');
  await expect(withTimeout(2, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
});

test('work that takes longer is not, to the millisecond', async () => {
  const outcome = jest.fn();
  withTimeout(2, never).catch(outcome);
  await jest.advanceTimersByTimeAsync(1999);
  expect(outcome).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  expect(outcome).toHaveBeenCalledWith(expect.any(TimedOut));
  expect(outcome).toHaveBeenCalledWith(new Error('timed out'));
});

test.each([
  ['done', () => Promise.resolve('done')],
  ['failed', () => Promise.reject(new Error('failed'))],
])('no timer is left once the work is %s', async (_, work) => {
  await withTimeout(2, work()).catch(() => undefined);
  await jest.advanceTimersByTimeAsync(0);
  expect(jest.getTimerCount()).toBe(0);
});
