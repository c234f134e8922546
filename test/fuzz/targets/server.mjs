// The authorization server of the targets: one key, and answers without a network.
import { generateKeyPairSync, sign } from 'node:crypto';

export const ISSUER = 'https://as.example';
export const AUDIENCE = 'https://api.example';

export const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const JWK = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256', use: 'sig' };

/** Signs two parts, each an object or the exact text. */
export function signed(header, payload, privateKey = keys.privateKey) {
  const encode = (part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
  const input = `${encode(header ?? null)}.${encode(payload ?? null)}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { input, signature: signature.toString('base64url') };
}

/** Answers every request of the process: the key document, and what `answer` returns for introspection. */
export function replaceNetwork(answer = () => new Response(null, { status: 404 })) {
  globalThis.fetch = async (url) =>
    String(url) === `${ISSUER}/jwks` ? new Response(JSON.stringify({ keys: [JWK] })) : answer();
}

/** What a part is as JSON: of members with the same name the last one counts. */
export function parsed(part) {
  if (typeof part !== 'string') return JSON.parse(JSON.stringify(part ?? null));
  try {
    return JSON.parse(part);
  } catch {
    return undefined;
  }
}

export const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
export const isText = (value) => typeof value === 'string' && value !== '';
export const names = (aud) => aud === AUDIENCE || (Array.isArray(aud) && aud.includes(AUDIENCE));
