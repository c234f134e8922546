import { Semaphore } from '../../lib/token/semaphore.js';

const OPTIONS = { concurrency: 2, maxQueue: 2, queueTimeout: 1 };

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Names in the order in which they come to hold the semaphore; a refused one in parentheses. */
function acquireAll(semaphore: Semaphore, ...names: string[]): string[] {
  const order: string[] = [];
  for (const name of names) {
    void semaphore.acquire().then((isAcquired) => order.push(isAcquired ? name : `(${name})`));
  }
  return order;
}

test('callers beyond its concurrency wait, and get it in the order of their calls', async () => {
  const semaphore = new Semaphore(OPTIONS);
  const order = acquireAll(semaphore, 'a', 'b', 'c', 'd');
  await jest.advanceTimersByTimeAsync(0);
  expect(order).toEqual(['a', 'b']);
  semaphore.release();
  semaphore.release();
  await jest.advanceTimersByTimeAsync(0);
  expect(order).toEqual(['a', 'b', 'c', 'd']);
});

test('callers beyond its queue are refused immediately', async () => {
  const order = acquireAll(new Semaphore(OPTIONS), 'a', 'b', 'c', 'd', 'e');
  await jest.advanceTimersByTimeAsync(0);
  expect(order).toEqual(['a', 'b', '(e)']);
});

test('a caller that waits too long is refused, and its place goes to the next one', async () => {
  const semaphore = new Semaphore(OPTIONS);
  const order = acquireAll(semaphore, 'a', 'b', 'c');
  await jest.advanceTimersByTimeAsync(1000);
  semaphore.release();
  void semaphore.acquire().then((isAcquired) => order.push(isAcquired ? 'd' : '(d)'));
  await jest.advanceTimersByTimeAsync(0);
  expect(order).toEqual(['a', 'b', '(c)', 'd']);
});

test('a semaphore is full while the next caller would have to wait', async () => {
  const semaphore = new Semaphore({ ...OPTIONS, concurrency: 1 });
  expect(semaphore.isFull).toBe(false);
  await semaphore.acquire();
  expect(semaphore.isFull).toBe(true);
  semaphore.release();
  expect(semaphore.isFull).toBe(false);
});
