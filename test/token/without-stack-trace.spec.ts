import { refuse } from '../../lib/token/refuse.js';
import { withoutStackTrace } from '../../lib/token/without-stack-trace.js';

const { stackTraceLimit } = Error;
const restored = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit') as PropertyDescriptor;
afterEach(() => {
  Object.defineProperty(Error, 'stackTraceLimit', restored);
});

test('an error has no stack trace, and the next one has', () => {
  expect(withoutStackTrace(() => new Error('refused')).stack).toBe('Error: refused');
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
});

test('the limit is as before also if an error cannot be created', () => {
  const create = () => {
    throw new RangeError('no');
  };
  expect(() => withoutStackTrace(create)).toThrow(RangeError);
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
});

test('a refusal stays one where nobody may set the limit, as with node --frozen-intrinsics', () => {
  Object.defineProperty(Error, 'stackTraceLimit', { ...restored, writable: false });
  expect(() => refuse('token_expired')).toThrow(expect.objectContaining({ code: 'token_expired' }));
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
});
