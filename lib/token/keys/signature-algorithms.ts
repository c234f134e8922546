import { constants, type KeyLike, type KeyObject, type VerifyKeyObjectInput } from 'node:crypto';

/** How Node verifies the signatures of one algorithm with one key. */
export interface SignatureRule {
  /** `null` if the algorithm hashes by itself. */
  readonly digest: string | null;
  readonly key: KeyLike | VerifyKeyObjectInput;
  /** Length of every valid signature, in octets. */
  readonly signatureBytes: number;
}

const MIN_RSA_BITS = 2048;
/** A signature costs more with the size of the key and of its exponent, and the sender may have chosen the key. */
const MAX_RSA_BITS = 8192;
const MIN_RSA_EXPONENT = 3n;
/** The limit that OpenSSL itself has for long keys. */
const MAX_RSA_EXPONENT = 2n ** 64n - 1n;

const RSA_HASHES = ['256', '384', '512'];
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
/** By the name of the curve in OpenSSL. */
const CURVES: ReadonlyMap<string, readonly [algorithm: string, digest: string, signatureBytes: number]> = new Map([
  ['prime256v1', ['ES256', 'sha256', 64]],
  ['secp384r1', ['ES384', 'sha384', 96]],
  ['secp521r1', ['ES512', 'sha512', 132]],
]);
/** RFC 9864 gives the algorithm for Ed25519 keys a second name, of its own. */
const ED25519_ALGORITHMS = ['EdDSA', 'Ed25519'];

/**
 * Returns the algorithms whose signatures a public key can verify, and how. Empty for an RSA key below 2,048 or above
 * 8,192 bits, for one with an exponent of 1 or of more than 64 bits, and for types and curves without an algorithm. An
 * ECDSA signature has its two numbers side by side, never the DER form.
 *
 * @see [RFC 7518 §3](https://www.rfc-editor.org/rfc/rfc7518.html#section-3)
 * @see [RFC 8037 §3.1](https://www.rfc-editor.org/rfc/rfc8037.html#section-3.1)
 * @see [RFC 9864 §2.2](https://www.rfc-editor.org/rfc/rfc9864.html#section-2.2)
 */
export function signatureRules(key: KeyObject): ReadonlyMap<string, SignatureRule> {
  const { type, asymmetricKeyType, asymmetricKeyDetails } = key;
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = asymmetricKeyDetails ?? {};
  const rules = new Map<string, SignatureRule>();
  if (type !== 'public') return rules;
  if (asymmetricKeyType === 'rsa' && isUsableRsa(modulusLength, publicExponent)) {
    const signatureBytes = Math.ceil(modulusLength / 8);
    for (const hash of RSA_HASHES) {
      rules.set(`RS${hash}`, { digest: `sha${hash}`, key, signatureBytes });
      rules.set(`PS${hash}`, { digest: `sha${hash}`, key: { key, ...PSS }, signatureBytes });
    }
  }
  const curve = asymmetricKeyType === 'ec' ? CURVES.get(namedCurve) : undefined;
  if (curve !== undefined) {
    const [algorithm, digest, signatureBytes] = curve;
    rules.set(algorithm, { digest, key: { key, dsaEncoding: 'ieee-p1363' }, signatureBytes });
  }
  if (asymmetricKeyType === 'ed25519') {
    for (const algorithm of ED25519_ALGORITHMS) rules.set(algorithm, { digest: null, key, signatureBytes: 64 });
  }
  return rules;
}

function isUsableRsa(bits: number, exponent: bigint): boolean {
  const isOfSize = bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS;
  return isOfSize && exponent >= MIN_RSA_EXPONENT && exponent <= MAX_RSA_EXPONENT;
}

/** Returns the algorithms whose signatures a public key can verify. */
export function algorithmsOf(key: KeyObject): readonly string[] {
  return [...signatureRules(key).keys()];
}
