import { checkDPoP, type DPoPOptions } from '../../../lib/token/proofs/dpop.options.js';
import { refusals } from '../../support/refusals.js';

const nonces = 'required';
const call = () => undefined;
const CACHE = '"dpop.replayCache" must have get(key) and set(key, value, ttl), like a Keyv, or setIfAbsent(key, ttl)';
const SECRET = '"dpop.nonceSecret" must be a string of at least 32 characters';
const AGE = '"dpop.proofMaxAge" must be a number of seconds from 1 to 600, not ';

describe('the option "dpop"', () => {
  test('everything has a default', () => {
    const settings = checkDPoP();
    expect(settings).toEqual({
      algorithms: new Set(['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519']),
      proofMaxAge: 60,
      nonces: 'off',
      nonceSecret: undefined,
      replayCache: undefined,
    });
    expect(checkDPoP({})).toEqual(settings);
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test.each<[name: string, options: DPoPOptions]>([
    ['one algorithm', { algorithms: ['PS512'] }],
    ['the further algorithms', { algorithms: ['PS384', 'PS512', 'RS384', 'RS512'] }],
    ['a second', { proofMaxAge: 1 }],
    ['ten minutes', { proofMaxAge: 600 }],
    ['nonces without a secret', { nonces }],
    ['a secret of 32 characters', { nonces, nonceSecret: 'a'.repeat(32) }],
    ['a Keyv', { replayCache: { get: async () => undefined, set: async () => true } }],
    ['a cache in one step', { replayCache: { setIfAbsent: async () => true } }],
  ])('%s is accepted', (_, options) => {
    const { algorithms = [...checkDPoP().algorithms] } = options;
    expect(checkDPoP(options)).toMatchObject({ ...options, algorithms: new Set(algorithms) });
  });

  test.each(
    refusals({
      '"dpop" must be an object': [5, 'x', [], null],
      [SECRET]: ['a'.repeat(31), '', 5, Buffer.alloc(32), Array(32).fill('a'), null].map((nonceSecret) => ({
        nonces,
        nonceSecret,
      })),
      '"dpop.nonceSecret" has no effect without "dpop.nonces": \'required\'': [{ nonceSecret: 'a'.repeat(32) }],
      "\"dpop.nonces\" must be 'off' or 'required'": [{ nonces: true }, { nonces: '' }, { nonces: null }],
      [CACHE]: [{ get: call }, { set: call }, { '': call, get: call }, { '': call, set: call }, {}, call, 5, null].map(
        (replayCache) => ({ replayCache }),
      ),
      [`${AGE}0`]: [{ proofMaxAge: 0 }],
      [`${AGE}601; is it in milliseconds?`]: [{ proofMaxAge: 601 }],
    }),
  )('%j is refused', (options, message) => {
    expect(() => checkDPoP(options as DPoPOptions)).toThrow(new TypeError(message));
  });
});
