import { RetryDelay } from '../../lib/token/retry-delay.js';

const delaysOf = (delay: RetryDelay, failures: number) =>
  Array.from({ length: failures }, () => {
    delay.noteFailure();
    return delay.seconds;
  });

test.each<[chance: string, random: number, delays: number[]]>([
  ['at most the whole', 1, [0.1, 0.2, 0.4, 0.8, 1, 1, 1]],
  ['at least the half', 0, [0.05, 0.1, 0.2, 0.4, 0.5, 0.5, 0.5]],
  ['in between', 0.5, [0.075, 0.15, 0.3, 0.6, 0.75, 0.75, 0.75]],
])('the delay doubles with each failure up to a second, of which is used %s', (_, random, delays) => {
  const given = delaysOf(new RetryDelay(() => random), delays.length);
  expect(given).toEqual(delays.map((seconds) => expect.closeTo(seconds, 9)));
});

test('there is none before the first failure and after a success, from which it starts over', () => {
  const delay = new RetryDelay(() => 1);
  expect(delay.seconds).toBe(0);
  delaysOf(delay, 3);
  delay.noteSuccess();
  expect(delay.seconds).toBe(0);
  expect(delaysOf(delay, 2)).toEqual([0.1, 0.2]);
});
