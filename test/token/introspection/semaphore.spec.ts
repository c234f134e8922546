import { Semaphore } from '../../../lib/token/introspection/semaphore.js';

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

test('those beyond its concurrency wait, and come in the order in which they asked', async () => {
  const semaphore = new Semaphore(OPTIONS);
  const order = acquireAll(semaphore, 'a', 'b', 'c', 'd');
  await jest.advanceTimersByTimeAsync(0);
  expect(order).toEqual(['a', 'b']);
  semaphore.release();
  semaphore.release();
  await jest.advanceTimersByTimeAsync(0);
  expect(order).toEqual(['a', 'b', 'c', 'd']);
});

test('those beyond its queue are refused at once', async () => {
  const order = acquireAll(new Semaphore(OPTIONS), 'a', 'b', 'c', 'd', 'e');
  await jest.advanceTimersByTimeAsync(0);
  expect(order).toEqual(['a', 'b', '(e)']);
});

test('one that waits too long is refused, and its turn is not lost', async () => {
  const semaphore = new Semaphore(OPTIONS);
  const order = acquireAll(semaphore, 'a', 'b', 'c');
  await jest.advanceTimersByTimeAsync(1000);
  semaphore.release();
  void semaphore.acquire().then((isAcquired) => order.push(isAcquired ? 'd' : '(d)'));
  await jest.advanceTimersByTimeAsync(0);
  expect(order).toEqual(['a', 'b', '(c)', 'd']);
});

test('it is full while the next one would have to wait', async () => {
  const semaphore = new Semaphore({ ...OPTIONS, concurrency: 1 });
  expect(semaphore.isFull).toBe(false);
  await semaphore.acquire();
  expect(semaphore.isFull).toBe(true);
  semaphore.release();
  expect(semaphore.isFull).toBe(false);
});
