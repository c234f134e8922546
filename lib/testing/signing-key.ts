import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type JWTHeaderParameters, SignJWT } from 'jose';

/** Signature algorithms of the test server. */
export type SigningAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

/** A signing key and its public JWK. */
export class SigningKey {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly #kid = randomUUID();
  readonly #privateKey: KeyObject;

  constructor(readonly algorithm: SigningAlgorithm) {
    const { privateKey, publicKey } = generateKeys(algorithm);
    this.#privateKey = privateKey;
    this.jwk = { ...publicKey.export({ format: 'jwk' }), kid: this.#kid, alg: algorithm, use: 'sig' };
  }

  /** Signs a JWT. Leaves out claims and header members that are `undefined`. */
  sign(claims: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>>): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: this.algorithm, kid: this.#kid, ...header } as JWTHeaderParameters)
      .sign(this.#privateKey);
  }
}

function generateKeys(algorithm: SigningAlgorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  if (algorithm.startsWith('ES')) {
    const namedCurve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm as string] ?? 'P-256';
    return generateKeyPairSync('ec', { namedCurve });
  }
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}
