import { createHash, type KeyObject, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { keyPair, signToken } from '../token/signed-token.js';

/** The URL under which the clients of the applications of these tests know them. */
export const PUBLIC_URL = 'https://api.example.com';

interface ProofOptions {
  /** The access token. */
  token: string;
  /** Default is `'GET'`. */
  htm?: string;
  /** Default is {@link PUBLIC_URL} with a slash. */
  htu?: string;
  /** Further claims. `undefined` leaves one out. */
  claims?: Record<string, unknown>;
  /** Further header members. `undefined` leaves one out. */
  header?: Record<string, unknown>;
  /** Signs with it in place of the key of the proof. */
  signedBy?: KeyObject;
}

/** A key of a client, and the proofs that it makes. */
export interface DPoPKey {
  readonly jwk: Record<string, unknown>;
  readonly privateJwk: Record<string, unknown>;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly jkt: string;
  /** The claim of a token that is bound to the key. */
  readonly cnf: { readonly jkt: string };
  proof(options: ProofOptions): string;
}

/**
 * Generates a key, without use of the package: its thumbprint is that of jose.
 *
 * @param algorithm Default is `'ES256'`
 */
export async function dpopKey(algorithm = 'ES256'): Promise<DPoPKey> {
  const { publicKey, privateKey } = keyPair(algorithm);
  const jwk = publicKey.export({ format: 'jwk' }) as Record<string, unknown>;
  const jkt = await calculateJwkThumbprint(jwk);
  return {
    jwk,
    privateJwk: privateKey.export({ format: 'jwk' }) as Record<string, unknown>,
    publicKey,
    privateKey,
    jkt,
    cnf: { jkt },
    proof({ token, htm = 'GET', htu = `${PUBLIC_URL}/`, claims, header, signedBy = privateKey }) {
      const payload = {
        jti: randomUUID(),
        htm,
        htu,
        iat: Math.floor(Date.now() / 1000),
        ath: createHash('sha256').update(token).digest('base64url'),
        ...claims,
      };
      const alg = (header?.['alg'] as string | undefined) ?? algorithm;
      return signToken(isSigned(alg) ? alg : algorithm, signedBy, { typ: 'dpop+jwt', alg, jwk, ...header }, payload);
    },
  };
}

/** A token of another algorithm is signed by that of the key, and says otherwise. */
function isSigned(alg: string): boolean {
  return /^(ES|PS|RS|EdDSA)/.test(alg);
}

/** The headers of a request under the scheme DPoP. */
export function dpopHeaders(token: string, proof: string): Record<string, string> {
  return { authorization: `DPoP ${token}`, dpop: proof };
}
