import { Cooldown } from '../../lib/token/cooldown.js';
import { pass, stopClock } from '../support/clock.js';

beforeEach(() => stopClock(Date.UTC(2026, 0, 1)));
afterEach(() => jest.useRealTimers());

test.each<[name: string, elapsed: number | undefined, isActive: boolean]>([
  ['is not active before it was started', undefined, false],
  ['is active at once', 0, true],
  ['is active until its time is over', 9.999, true],
  ['is not active afterwards', 10, false],
  ['is not active if the clock was set back', -1, false],
])('a cooldown %s', (_, elapsed, isActive) => {
  const cooldown = new Cooldown(10);
  if (elapsed !== undefined) {
    cooldown.start();
    pass(elapsed);
  }
  expect(cooldown.isActive).toBe(isActive);
});

test.each<[elapsed: number, retryAfter: number]>([
  [0, 10],
  [0.5, 10],
  [9.5, 1],
  [60, 1],
])('after %d of ten seconds it is worth a new try in %d', (elapsed, retryAfter) => {
  const cooldown = new Cooldown(10);
  cooldown.start();
  pass(elapsed);
  expect(cooldown.retryAfter).toBe(retryAfter);
});
