import { checkSeconds, StepUpConfigurationError } from '../../lib/core/index.js';

const RANGE = [1, 60] as const;
const EXPECTED = '"keys.refreshAfter" must be a number of seconds from 1 to 60, not';

test.each([1, 1.5, 60])('checkSeconds accepts %p within its range', (value) => {
  expect(() => checkSeconds(value, 'keys.refreshAfter', RANGE)).not.toThrow();
});

test.each<[value: unknown, message: string]>([
  [0.9, `${EXPECTED} 0.9`],
  [-1, `${EXPECTED} -1`],
  [60.1, `${EXPECTED} 60.1; is it in milliseconds?`],
  [60_000, `${EXPECTED} 60000; is it in milliseconds?`],
  [Number.POSITIVE_INFINITY, `${EXPECTED} Infinity; is it in milliseconds?`],
  [Number.NaN, `${EXPECTED} NaN`],
  ['5', `${EXPECTED} "5"`],
  ['90', `${EXPECTED} "90"`],
  [5n, `${EXPECTED} 5`],
  [new Date(5), `${EXPECTED} of type object`],
  [[5], `${EXPECTED} a list`],
  [null, `${EXPECTED} null`],
  [undefined, `${EXPECTED} undefined`],
])('checkSeconds refuses %p', (value, message) => {
  const check = () => checkSeconds(value, 'keys.refreshAfter', RANGE);
  expect(check).toThrow(StepUpConfigurationError);
  expect(check).toThrow(new StepUpConfigurationError(message));
});
