import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { algorithmsOf, signatureRules } from '../../../lib/token/keys/signature-algorithms.js';
import { VerificationKey } from '../../../lib/token/keys/verification-key.js';
import { keyPair, signToken } from '../signed-token.js';

type Pair = { publicKey: KeyObject; privateKey: KeyObject };
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
/** A key whose numbers are as they are given: to verify with it costs what its size costs, whatever its factors are. */
const rsaOf = (bits: number, exponent: bigint) => {
  const n = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  n[0] = 0xff >> (n.length * 8 - bits);
  const digits = exponent.toString(16);
  const e = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  const key = { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') };
  return createPublicKey({ key, format: 'jwk' });
};
const RSA = ['RS256', 'PS256', 'RS384', 'PS384', 'RS512', 'PS512'];
const pairs: Record<string, Pair> = {
  'RSA of 2,048 bits': rsa(2048),
  'RSA of 2,055 bits': rsa(2055),
  'P-256': ec('P-256'),
  'P-384': ec('P-384'),
  'P-521': ec('P-521'),
  Ed25519: generateKeyPairSync('ed25519'),
};

/** What a JWS by this algorithm and key is signed over, and its signature. */
function signed(algorithm: string, { privateKey }: Pair): [input: string, signature: Buffer] {
  const token = signToken(algorithm, privateKey, { alg: algorithm }, { sub: 'alice' });
  const end = token.lastIndexOf('.');
  return [token.slice(0, end), Buffer.from(token.slice(end + 1), 'base64url')];
}

describe('the algorithms of a key', () => {
  test.each<[section: string, name: string, algorithms: string[], octets: number]>([
    ['RFC 7518 §3.3 §3.5', 'RSA of 2,048 bits', RSA, 256],
    ['RFC 8017 §8.2.1', 'RSA of 2,055 bits', RSA, 257],
    ['RFC 7518 §3.4', 'P-256', ['ES256'], 64],
    ['RFC 7518 §3.4', 'P-384', ['ES384'], 96],
    ['RFC 7518 §3.4', 'P-521', ['ES512'], 132],
    ['RFC 8037 §3.1, RFC 9864 §2.2', 'Ed25519', ['EdDSA', 'Ed25519'], 64],
  ])('%s: %s verifies signatures of %j, of %d octets', (_, name, algorithms, octets) => {
    const pair = pairs[name] as Pair;
    const rules = signatureRules(pair.publicKey);
    expect([...rules.keys()]).toEqual(algorithms);
    expect([...rules.values()].map(({ signatureBytes }) => signatureBytes)).toEqual(algorithms.map(() => octets));
    expect(algorithmsOf(pair.publicKey)).toEqual(algorithms);
    const key = new VerificationKey({ key: pair.publicKey });
    expect(key.algorithms).toEqual(algorithms);
    for (const algorithm of algorithms) {
      const [input, signature] = signed(algorithm, pair);
      expect(signature).toHaveLength(octets);
      const others = algorithms.filter((other) => key.verifies(other, input, signature));
      expect(others).toEqual(name === 'Ed25519' ? algorithms : [algorithm]);
      expect(key.verifies(algorithm, `${input}x`, signature)).toBe(false);
      expect(key.verifies(algorithm, input, signature.subarray(1))).toBe(false);
      expect(key.verifies(algorithm, input, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
    }
    for (const algorithm of ['none', 'HS256', 'ES256K', ''].concat(RSA, 'ES256', 'ES384', 'ES512', 'EdDSA')) {
      if (algorithms.includes(algorithm)) continue;
      expect(key.isFor(algorithm)).toBe(false);
      expect(key.verifies(algorithm, 'a', Buffer.alloc(octets))).toBe(false);
    }
  });

  test.each<[name: string, key: () => KeyObject]>([
    ['RSA of 2,047 bits', () => rsa(2047).publicKey],
    ['RSA of 1,024 bits', () => rsa(1024).publicKey],
    // each signature would cost twenty to seventy times as much as one of a usual key
    ['RSA of 8,193 bits', () => rsaOf(8193, 65_537n)],
    ['RSA of 16,384 bits', () => rsaOf(16_384, 65_537n)],
    ['RSA with an exponent of 65 bits', () => rsaOf(2048, 2n ** 64n)],
    ['RSA with an exponent of 3,071 bits', () => rsaOf(3072, 2n ** 3071n - 1n)],
    // whose signatures everybody can make
    ['RSA with the exponent 1', () => rsaOf(2048, 1n)],
    ['RSA for PSS alone', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey],
    ['secp256k1', () => ec('secp256k1').publicKey],
    ['Ed448', () => generateKeyPairSync('ed448').publicKey],
    ['X25519', () => generateKeyPairSync('x25519').publicKey],
    ['DSA', () => generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey],
    ['a private RSA key', () => keyPair('RS256').privateKey],
    ['a private EC key', () => keyPair('ES256').privateKey],
    ['a private Ed25519 key', () => keyPair('EdDSA').privateKey],
  ])('%s verifies nothing', (_, make) => {
    const key = make();
    expect(algorithmsOf(key)).toEqual([]);
    expect(new VerificationKey({ key }).algorithms).toEqual([]);
  });

  test.each<[bits: number, exponent: bigint]>([
    [2048, 3n],
    [2048, 65_537n],
    [4096, 2n ** 64n - 1n],
    [8192, 65_537n],
  ])('RSA of %d bits with the exponent %d verifies all its algorithms', (bits, exponent) => {
    expect(algorithmsOf(rsaOf(bits, exponent))).toEqual(RSA);
  });

  test('RFC 7518 §3.5 the salt of a PS256 signature is as long as the hash', () => {
    const pair = pairs['RSA of 2,048 bits'] as Pair;
    const rule = signatureRules(pair.publicKey).get('PS256');
    expect(rule?.key).toMatchObject({ padding: 6, saltLength: -1 });
  });
});

describe('alg of a JWK', () => {
  test.each<[name: string, alg: string, algorithms: string[]]>([
    ['RSA of 2,048 bits', 'PS256', ['PS256']],
    ['RSA of 2,048 bits', 'ES256', []],
    ['RSA of 2,048 bits', 'RSA-OAEP', []],
    ['P-256', 'ES256', ['ES256']],
    ['P-256', 'ES384', []],
    ['P-256', 'EdDSA', []],
    // RFC 9864 gives one algorithm a second name
    ['Ed25519', 'EdDSA', ['EdDSA', 'Ed25519']],
    ['Ed25519', 'Ed25519', ['EdDSA', 'Ed25519']],
    ['Ed25519', 'Ed448', []],
    ['Ed25519', '', []],
  ])('RFC 7517 §4.4 a key of %s for %j verifies %j', (name, alg, algorithms) => {
    const { publicKey } = pairs[name] as Pair;
    const key = new VerificationKey({ kid: 'k', alg, key: publicKey });
    expect({ ...key, algorithms: key.algorithms }).toEqual({ kid: 'k', alg, key: publicKey, algorithms });
    expect(Object.isFrozen(key)).toBe(true);
  });

  test('a key has neither kid nor alg if its JWK has none', () => {
    const { publicKey } = pairs['P-256'] as Pair;
    expect({ ...new VerificationKey({ key: publicKey }) }).toEqual({ kid: undefined, alg: undefined, key: publicKey });
  });
});
