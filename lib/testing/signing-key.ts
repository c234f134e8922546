import { constants, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

export type SigningAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519';

const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;
const HASHES = { RS256: 'sha256', PS256: 'sha256', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' } as const;
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

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

  /**
   * Signs a JWT. Leaves out claims and header members that are `undefined`.
   *
   * @see [RFC 7515 §5.1](https://www.rfc-editor.org/rfc/rfc7515.html#section-5.1)
   */
  sign(claims: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>>): string {
    const parts = [{ alg: this.algorithm, kid: this.#kid, ...header }, claims];
    const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${input}.${this.#signature(Buffer.from(input)).toString('base64url')}`;
  }

  #signature(input: Buffer): Buffer {
    const { algorithm } = this;
    if (algorithm === 'EdDSA' || algorithm === 'Ed25519') return sign(null, input, this.#privateKey);
    const options = algorithm === 'PS256' ? PSS : ({ dsaEncoding: 'ieee-p1363' } as const);
    return sign(HASHES[algorithm], input, { key: this.#privateKey, ...options });
  }
}

function generateKeys(algorithm: SigningAlgorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'EdDSA' || algorithm === 'Ed25519') return generateKeyPairSync('ed25519');
  if (algorithm === 'RS256' || algorithm === 'PS256') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ec', { namedCurve: CURVES[algorithm] });
}
