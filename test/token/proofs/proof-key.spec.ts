import { VerificationKey } from '../../../lib/token/keys/verification-key.js';
import { ProofKeys, readProofKey } from '../../../lib/token/proofs/proof-key.js';
import { keyPair } from '../signed-token.js';

const RSA = {
  kty: 'RSA',
  n:
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjh' +
    'Mstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvR' +
    'L5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
};
const OKP = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const EC = {
  kty: 'EC',
  crv: 'P-256',
  x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
  y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
};
const jwks = { RSA, OKP, EC };
/** Reads a key for the proof that its type is used with here. */
const keyOf = (jwk: unknown) => {
  const { kty } = (jwk ?? {}) as { kty?: unknown };
  return readProofKey(jwk, kty === 'RSA' ? 'RS256' : kty === 'OKP' ? 'EdDSA' : 'ES256');
};
const unusable = expect.objectContaining({ code: 'proof_key_unusable' });

describe('the key of a proof', () => {
  test.each<[name: string, jwk: object, thumbprint: string]>([
    ['RFC 7638 §3.1 RSA', { ...RSA, alg: 'RS256', kid: '2011-04-29' }, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
    ['RFC 8037 A.3 OKP', OKP, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'],
    ['RFC 9449 §6.1 EC', EC, '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'],
  ])('%s has the thumbprint of the example, whatever else is in it and in which order', (_, jwk, thumbprint) => {
    const reversed = Object.fromEntries(Object.entries({ ...jwk, use: 'sig', x5u: 'https://a.example' }).reverse());
    expect([keyOf(jwk).thumbprint, keyOf(reversed).thumbprint]).toEqual([thumbprint, thumbprint]);
  });

  test('nothing but the members of the thumbprint is taken', () => {
    const { kty, crv, x, y } = EC;
    expect(keyOf({ ...EC, kid: 'a', alg: 'ES256', use: 'sig', x5u: 'https://a.example' }).jwk).toEqual({
      kty,
      crv,
      x,
      y,
    });
  });

  test.each(Object.entries(jwks).flatMap(([kty, jwk]) => Object.keys(jwk).map((member) => [kty, member] as const)))(
    'RFC 7638 §3.2 a key of type %s needs %s, as a text and of its own',
    (kty, member) => {
      const { [member]: value, ...rest } = jwks[kty as 'EC'] as Record<string, string>;
      for (const jwk of [
        rest,
        { ...rest, [member]: 1 },
        { ...rest, [member]: null },
        Object.setPrototypeOf(rest, { [member]: value }),
      ]) {
        expect(() => keyOf(jwk)).toThrow(unusable);
      }
    },
  );

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])(
    'RFC 9449 §4.3 a private or symmetric member is refused, whatever it is: %s',
    (member) => {
      for (const value of ['AQAB', '', null, undefined]) {
        for (const jwk of Object.values(jwks)) expect(() => keyOf({ ...jwk, [member]: value })).toThrow(unusable);
      }
    },
  );

  test.each([
    undefined,
    null,
    'EC',
    5,
    [],
    [EC],
    {},
    { kty: 'oct', x: 'AQAB' },
    { ...EC, kty: 'ec' },
    { ...EC, kty: ['EC'] },
  ])('%j is no key', (value) => {
    expect(() => keyOf(value)).toThrow(unusable);
  });
});

describe('ProofKeys', () => {
  const read = (algorithm: string) => readProofKey(keyPair(algorithm).publicKey.export({ format: 'jwk' }), algorithm);

  test('a key is imported once, and for its algorithms alone', () => {
    const keys = new ProofKeys();
    const imported = keys.import(keyOf(EC), 'ES256');
    expect(imported).toBeInstanceOf(VerificationKey);
    expect(keys.import(keyOf({ ...EC, kid: 'again' }), 'ES256')).toBe(imported);
    for (const algorithm of ['ES384', 'RS256', 'EdDSA', 'HS256', 'none']) {
      expect(() => keys.import(keyOf(EC), algorithm)).toThrow(unusable);
    }
    expect(keys.import(keyOf(EC), 'ES256')).toBe(imported);
  });

  test('1,000 keys are remembered, and those beyond them are imported anew', () => {
    const keys = new ProofKeys();
    const others = Array.from({ length: 1000 }, () => read('EdDSA'));
    const first = keys.import(keyOf(EC), 'ES256');
    for (const other of others.slice(1)) keys.import(other, 'EdDSA');
    expect(keys.import(keyOf(EC), 'ES256')).toBe(first);
    for (const other of others) keys.import(other, 'EdDSA');
    expect(keys.import(keyOf(EC), 'ES256')).not.toBe(first);
  });

  test.each<[name: string, jwk: object, algorithm: string]>([
    ['a point that is not on its curve', { ...EC, x: EC.y, y: EC.x }, 'ES256'],
    ['an RSA key below 2,048 bits', { ...RSA, n: Buffer.alloc(128, 0xc3).toString('base64url') }, 'RS256'],
    ['an RSA key above 8,192 bits', { ...RSA, n: Buffer.alloc(1025, 0xc3).toString('base64url') }, 'RS256'],
    ['an RSA key with a long exponent', { ...RSA, e: Buffer.alloc(9, 0xff).toString('base64url') }, 'RS256'],
    ['an unknown curve', { ...EC, crv: 'P-257' }, 'ES256'],
    ['no base64url', { ...OKP, x: '#' }, 'EdDSA'],
  ])('RFC 9449 §4.3 %s verifies nothing', (_, jwk, algorithm) => {
    expect(() => new ProofKeys().import(readProofKey(jwk, algorithm), algorithm)).toThrow(unusable);
  });
});
