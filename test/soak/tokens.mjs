// Tokens of the soak, each with what speaks against it: `early` before its key is needed, `late` after that.
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { now } from './moments.mjs';
import { SETTINGS } from './settings.mjs';

let users = 0;

/** The claims of a token with which nothing is wrong, of a user of its own. */
function claimsOf(issuer, further) {
  users += 1;
  const at = Math.floor(now());
  return {
    iss: issuer.iss,
    aud: SETTINGS.audience,
    sub: `user-${users}`,
    client_id: 'client',
    jti: randomUUID(),
    iat: at,
    exp: at + 30,
    acr: 'urn:example:mfa',
    auth_time: at,
    scope: 'openid transfer:write',
    ...further,
  };
}

export function jwt(issuer, { claims: further, header, key = issuer.signing, early, late } = {}) {
  const claims = JSON.parse(JSON.stringify(claimsOf(issuer, further)));
  const text = issuer.sign(claims, header, key);
  // A token that names another key has none.
  return {
    kind: 'jwt',
    text,
    issuer,
    key: header?.kid ? undefined : key,
    kid: header?.kid ?? key.kid,
    claims,
    early,
    late,
  };
}

/** A token that the server knows until it is revoked. */
export function opaque(server, { claims: further, early } = {}) {
  const claims = JSON.parse(JSON.stringify(claimsOf(server.main, further)));
  const token = { kind: 'opaque', text: `opaque-${randomUUID()}`, claims, revokedAt: Number.POSITIVE_INFINITY, early };
  server.opaque.set(token.text, token);
  return token;
}

/** A token by DPoP, and what makes its proofs. */
export function bound(issuer, options = {}) {
  const keys = dpopKeys();
  const token = jwt(issuer, { ...options, claims: { ...options.claims, cnf: { jkt: keys.jkt } } });
  return { ...token, keys };
}

function dpopKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const { crv, kty, x, y } = jwk;
  return { jwk, privateKey, jkt: createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url') };
}

/** The proof for one request. `fault` and `error` are what it is refused with. */
export function proofOf(token, { method, path }, { claims, keys = token.keys, fault, error } = {}) {
  const payload = {
    jti: randomUUID(),
    htm: method,
    htu: SETTINGS.publicUrl + path,
    iat: Math.floor(now()),
    ath: createHash('sha256').update(token.text).digest('base64url'),
    ...claims,
  };
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: keys.jwk };
  const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(input), { key: keys.privateKey, dsaEncoding: 'ieee-p1363' });
  return { text: `${input}.${signature.toString('base64url')}`, madeAt: now(), fault, error };
}

export const otherKeys = dpopKeys();
