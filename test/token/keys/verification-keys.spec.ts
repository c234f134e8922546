import { createHash, type KeyObject } from 'node:crypto';
import type { SigningKey } from 'jwks-rsa';
import { thumbprintsOf } from '../../../lib/token/keys/thumbprints.js';
import { VerificationKeys } from '../../../lib/token/keys/verification-keys.js';
import { refuse } from '../../../lib/token/refuse.js';
import { keyPair } from '../signed-token.js';

const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string;
const jwkOf = (key: KeyObject, members: object = {}) => ({ ...key.export({ format: 'jwk' }), ...members });
const [one, two, rsa] = [keyPair('ES256'), keyPair('ES256'), keyPair('RS256')].map(({ publicKey }) => publicKey) as [
  KeyObject,
  KeyObject,
  KeyObject,
];
/** A key as jwks-rsa has it. */
const of = (key: KeyObject, members: { kid?: string; alg?: string } = {}) =>
  ({ ...members, getPublicKey: () => pemOf(key) }) as unknown as SigningKey;

/** Which key a header finds: by its own name in these tests, or the code of the refusal. */
function found(keys: VerificationKeys, header: Partial<Parameters<VerificationKeys['find']>[0]>): string {
  try {
    const key = keys.find({ alg: 'ES256', ...header }, refuse);
    const names = { one, two, rsa };
    return key === undefined
      ? 'none'
      : (Object.entries(names).find(([, other]) => pemOf(other) === pemOf(key.key))?.[0] ?? '?');
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const S256 = (text: string) => createHash('sha256').update(text).digest('base64url');

describe('RFC 7517 the keys of a document', () => {
  test.each<[name: string, keys: SigningKey[], header: object, expected: string]>([
    ['kid alone names a key', [of(one, { kid: 'a' }), of(two, { kid: 'b' })], { kid: 'b' }, 'two'],
    ['an unknown kid is none', [of(one, { kid: 'a' })], { kid: 'b' }, 'none'],
    ['an empty kid is a name too', [of(one, { kid: 'a' }), of(two, { kid: '' })], { kid: '' }, 'two'],
    ['a kid does not mean a key without one', [of(one)], { kid: 'a' }, 'none'],
    ['kid of a key for another algorithm', [of(rsa, { kid: 'a' })], { kid: 'a' }, 'key_mismatch'],
    ['two kinds of key of one kid', [of(rsa, { kid: 'a' }), of(one, { kid: 'a' })], { kid: 'a' }, 'one'],
    ['two keys of one kid', [of(one, { kid: 'a' }), of(two, { kid: 'a' })], { kid: 'a' }, 'key_ambiguous'],
    ['the same key twice', [of(one, { kid: 'a' }), of(one, { kid: 'a' })], { kid: 'a' }, 'one'],
    ['the same key under two kids', [of(one, { kid: 'a' }), of(one, { kid: 'b' })], { kid: 'b' }, 'one'],
    ['the same key under two kids, without a kid', [of(one, { kid: 'a' }), of(one, { kid: 'b' })], {}, 'key_ambiguous'],
    ['without a kid the only key that fits', [of(one, { kid: 'a' }), of(rsa)], {}, 'one'],
    ['without a kid two that fit', [of(one), of(two)], {}, 'key_ambiguous'],
    ['without a kid none that fits', [of(one)], { alg: 'RS256' }, 'none'],
    [
      'without a kid, told apart by alg',
      [of(rsa, { alg: 'PS256' }), of(rsa, { alg: 'RS256' })],
      { alg: 'RS256' },
      'rsa',
    ],
    ['of no keys', [], {}, 'none'],
    ['of no keys, by kid', [], { kid: 'a' }, 'none'],
    ['a thumbprint where no key has one', [of(one)], { thumbprint: 'A' }, 'one'],
  ])('%s', (_, keys, header, expected) => {
    expect(found(new VerificationKeys(keys), header)).toBe(expected);
  });

  test('§4.8 a thumbprint names a key, if there is no kid', () => {
    const thumbprints = thumbprintsOf([jwkOf(one, { x5t: 'A' }), jwkOf(two, { 'x5t#S256': 'B' }), jwkOf(rsa)]);
    const keys = new VerificationKeys([of(one, { kid: 'a' }), of(two, { kid: 'b' }), of(rsa)], thumbprints);
    expect(
      [
        { thumbprint: 'A' },
        { thumbprint: 'B' },
        { thumbprint: 'C' },
        { thumbprint: 'A', alg: 'RS256' },
        { thumbprint: 'A', kid: 'b' },
        {},
        { alg: 'RS256' },
      ].map((header) => found(keys, header)),
    ).toEqual(['one', 'two', 'none', 'none', 'two', 'key_ambiguous', 'rsa']);
  });

  test('§4.8 keys of one thumbprint have to be told apart, and one with it twice is one', () => {
    const thumbprints = thumbprintsOf([jwkOf(one, { x5t: 'A', 'x5t#S256': 'A' }), jwkOf(two, { x5t: 'A' })]);
    expect(found(new VerificationKeys([of(one)], thumbprints), { thumbprint: 'A' })).toBe('one');
    expect(found(new VerificationKeys([of(one), of(one)], thumbprints), { thumbprint: 'A' })).toBe('one');
    expect(found(new VerificationKeys([of(one), of(two)], thumbprints), { thumbprint: 'A' })).toBe('key_ambiguous');
  });

  test('a key that is unchanged stays the same object, and one with another name or algorithm does not', () => {
    const before = new VerificationKeys([of(one, { kid: 'a' }), of(two, { kid: 'b' })]);
    const object = (keys: VerificationKeys, kid: string) => keys.find({ kid, alg: 'ES256' }, refuse);
    const after = new VerificationKeys([of(two, { kid: 'b' }), of(one, { kid: 'a' })], undefined, before);
    expect([object(after, 'a'), object(after, 'b')]).toEqual([object(before, 'a'), object(before, 'b')]);
    expect(object(after, 'a')).toBe(object(before, 'a'));
    const renamed = new VerificationKeys([of(one, { kid: 'b' })], undefined, before);
    expect(object(renamed, 'b')).toMatchObject({ kid: 'b', key: object(before, 'a')?.key });
    const named = new VerificationKeys([of(one, { kid: 'a', alg: 'ES256' })], undefined, before);
    expect(object(named, 'a')).not.toBe(object(before, 'a'));
    const swapped = new VerificationKeys([of(two, { kid: 'a' })], undefined, before);
    expect(found(swapped, { kid: 'a' })).toBe('two');
    expect(object(swapped, 'b')).toBeUndefined();
  });

  test('a document is usable if any of its keys verifies anything', () => {
    const usable = (...keys: SigningKey[]) => new VerificationKeys(keys).usable;
    expect([
      usable(),
      usable(of(one, { alg: 'RS256' })),
      usable(of(one, { alg: 'RS256' }), of(two)),
      usable(of(one)),
    ]).toEqual([false, false, true, true]);
  });
});

describe('RFC 7517 §4.7 to §4.9 the thumbprints of a document', () => {
  const certificate = Buffer.from('a certificate').toString('base64');
  const sha = (algorithm: string) =>
    createHash(algorithm).update(Buffer.from(certificate, 'base64')).digest('base64url');

  test.each<[name: string, members: object, thumbprints: string[] | undefined]>([
    ['none', {}, undefined],
    ['x5t', { x5t: 'A' }, ['A']],
    ['x5t#S256', { 'x5t#S256': S256('a') }, [S256('a')]],
    ['both', { x5t: 'A', 'x5t#S256': 'B' }, ['A', 'B']],
    ['those of its certificate', { x5c: [certificate] }, [sha('sha1'), sha('sha256')]],
    ['that of its own certificate, not of an authority', { x5c: [certificate, 'AAAA'] }, [sha('sha1'), sha('sha256')]],
    ['all of them', { x5t: 'A', 'x5t#S256': 'B', x5c: [certificate] }, ['A', 'B', sha('sha1'), sha('sha256')]],
    ['empty ones', { x5t: '', 'x5t#S256': '' }, undefined],
    ['what is no text', { x5t: 5, 'x5t#S256': ['A'], x5c: [5] }, undefined],
    ['what is no list', { x5c: certificate }, undefined],
    ['an empty chain', { x5c: [] }, undefined],
  ])('a key names %s', (_, members, expected) => {
    const thumbprints = thumbprintsOf([jwkOf(two), jwkOf(one, members)]);
    expect([...thumbprints]).toEqual(expected === undefined ? [] : [[pemOf(one), expected]]);
  });

  test('a key that is listed twice has those of both, and what is no key has none', () => {
    const keys = [
      jwkOf(one, { x5t: 'A' }),
      { kty: 'oct', k: 'AAAA', x5t: 'C' },
      { x5t: 'D' },
      jwkOf(one, { x5t: 'B' }),
    ];
    expect([...thumbprintsOf(keys)]).toEqual([[pemOf(one), ['A', 'B']]]);
  });
});
