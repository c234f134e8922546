import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A part of a JWT: an object to be serialised, or the exact text or octets. */
export type Part = Record<string, unknown> | string | Buffer;

/** Signs a JWT whose parts are as they are given, which no proper library does. */
export function signToken(algorithm: string, key: KeyObject, header: Part, payload: Part): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signature(algorithm, key, Buffer.from(input)).toString('base64url')}`;
}

export function encode(part: Part): string {
  const octets = typeof part === 'string' || Buffer.isBuffer(part) ? part : JSON.stringify(part);
  return Buffer.from(octets as string).toString('base64url');
}

function signature(algorithm: string, key: KeyObject, input: Buffer): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith('Ed')) return sign(null, input, key);
  if (algorithm.startsWith('HS')) return createHmac(hash, key).update(input).digest();
  if (algorithm.startsWith('PS')) {
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return sign(hash, input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  }
  return sign(hash, input, { key, dsaEncoding: 'ieee-p1363' });
}

/** Keys of the kind that an algorithm needs. */
export function keyPair(algorithm: string): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm.startsWith('Ed')) return generateKeyPairSync('ed25519');
  if (!algorithm.startsWith('ES')) return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ec', { namedCurve: algorithm === 'ES512' ? 'P-521' : `P-${algorithm.slice(2)}` });
}

/** The claims of an access token by RFC 9068, with which nothing is wrong. */
export function accessTokenClaims(issuer: string, audience: string): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    aud: audience,
    sub: 'alice',
    client_id: 'client',
    jti: 'c0ffee',
    iat: now,
    exp: now + 300,
    acr: 'mfa',
    auth_time: now,
  };
}
