import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { NOW } from '../fixed-time.mjs';
import { expect, expectCleanPrototypes } from './expect.mjs';
import { AUDIENCE, ISSUER, isRecord, isText, parsed, signed } from './server.mjs';

const PUBLIC_URL = 'https://api.example.com';
const TOKEN = 'token';
const ATH = createHash('sha256').update(TOKEN).digest('base64url');
const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { crv, kty, x, y } = KEY.publicKey.export({ format: 'jwk' });
const JKT = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
/** Stands for the public key in inputs, since the key is another one in each run. */
const JWK = { $jwk: true };

const HEADER = { typ: 'dpop+jwt', alg: 'ES256', jwk: JWK };
const CLAIMS = { htm: 'GET', htu: `${PUBLIC_URL}/accounts`, iat: NOW, ath: ATH };
const REQUEST = { method: 'GET', url: '/accounts' };

/** The proof of a key. It is accepted at most once, and only with every claim that RFC 9449 §4.3 asks for. */
export const dpopProof = {
  name: 'dpop-proof',
  seeds: [
    { header: HEADER, payload: CLAIMS, request: REQUEST },
    {
      header: HEADER,
      payload: { ...CLAIMS, htu: `${PUBLIC_URL}:443/a/../accounts?x#y` },
      request: { ...REQUEST, url: '/accounts?x' },
    },
    { header: { ...HEADER, jwk: { ...JWK, d: 'x' } }, payload: CLAIMS, request: REQUEST },
    { header: { ...HEADER, alg: 'none' }, payload: { ...CLAIMS, iat: NOW - 61, exp: NOW, nbf: NOW }, request: REQUEST },
    { header: HEADER, payload: { ...CLAIMS, ath: 'x', jti: '', nonce: 'n' }, request: { method: 'POST', url: '/' } },
    { header: HEADER, payload: CLAIMS, request: { ...REQUEST, originalUrl: `${PUBLIC_URL}/accounts` } },
    { text: 'a.b.c', request: REQUEST },
  ],
  dictionary: [
    ...[
      'typ',
      'alg',
      'jwk',
      'crit',
      'htm',
      'htu',
      'iat',
      'ath',
      'jti',
      'exp',
      'nbf',
      'nonce',
      'method',
      'url',
      'originalUrl',
    ],
    ...[
      'GET',
      'POST',
      'get',
      'dpop+jwt',
      'application/dpop+jwt',
      'ES256',
      'HS256',
      'EC',
      'RSA',
      'oct',
      'd',
      'k',
      'kty',
      'n',
      'e',
    ],
    ...[
      PUBLIC_URL,
      `${PUBLIC_URL}/accounts`,
      `${PUBLIC_URL}/ACCOUNTS`,
      '/%61ccounts',
      '/./accounts',
      '//',
      '/..',
      'http://',
      ATH,
    ],
    ...[NOW, NOW - 65, NOW - 66, NOW + 5, NOW + 6, JWK, REQUEST],
  ],
  prepare(load) {
    const { checkOptions } = load('nest/step-up-settings');
    const { DPoPProofs } = load('token/proofs/dpop-proof');
    const { AccessTokenRefused } = load('token/errors');
    const { possession } = checkOptions({
      authorizationServers: [
        { issuer: ISSUER, audience: AUDIENCE, boundTokens: { policy: 'accepted', methods: ['dpop'] } },
      ],
      publicUrl: PUBLIC_URL,
    });
    const proofs = new DPoPProofs(possession.dpop, 5);
    const refusalOf = (request) => {
      try {
        proofs.verify(request, { token: TOKEN, jkt: JKT, issuer: ISSUER }, { now: NOW, clockTolerance: 5 });
        return undefined;
      } catch (error) {
        expect(error instanceof AccessTokenRefused, `throws ${error?.stack ?? error}`);
        expect(/^invalid_(dpop_proof|token)$/.test(error.error), `refuses with ${error.error}`);
        return error.code;
      }
    };
    return (input) => {
      if (!isRecord(input)) return;
      const request = isRecord(input.request) ? input.request : {};
      const [header, payload] = [withKey(parsed(input.header)), withJti(parsed(input.payload))];
      const { text = tokenOf(header, payload) } = input;
      const { method, url, originalUrl } = request;
      const sent = {
        headers: { dpop: typeof text === 'string' ? text : undefined },
        ...(typeof method === 'string' && { method }),
        ...(typeof url === 'string' && { url }),
        ...(typeof originalUrl === 'string' && { originalUrl }),
      };
      const refusal = refusalOf(sent);
      if (refusal === undefined) {
        expect(typeof input.text !== 'string', 'accepts a text that no key has signed');
        checkAccepted(header, payload, sent);
        expect(refusalOf(sent) === 'proof_replayed', 'accepts a proof twice');
      }
      expectCleanPrototypes();
    };
  },
};

function tokenOf(header, payload) {
  const { input, signature } = signed(header, payload, KEY.privateKey);
  return `${input}.${signature}`;
}

function withKey(header) {
  if (!isRecord(header) || !isRecord(header.jwk) || header.jwk.$jwk !== true) return header;
  const { $jwk: _, ...further } = header.jwk;
  return { ...header, jwk: { crv, kty, x, y, ...further } };
}

/** Gives each proof an identifier of its own, unless the input has one. */
function withJti(payload) {
  return isRecord(payload) && payload.jti === undefined ? { ...payload, jti: randomUUID() } : payload;
}

function checkAccepted({ typ, alg, crit, jwk }, { htm, htu, iat, ath, jti, exp, nbf }, { method, url, originalUrl }) {
  expect(/^(application\/)?dpop\+jwt$/i.test(typ) && alg === 'ES256' && crit === undefined, 'accepts another header');
  expect(jwk.x === x && jwk.y === y && jwk.crv === crv && jwk.d === undefined, 'accepts another key, or a private one');
  expect(htm === method, 'accepts another method');
  expect(ath === ATH && isText(jti), 'accepts another token, or no jti');
  expect(iat >= NOW - 65 && iat <= NOW + 5, 'accepts another time');
  expect(exp === undefined || exp + 5 > NOW, 'accepts an expired proof');
  expect(nbf === undefined || nbf - 5 <= NOW, 'accepts a proof that is not valid yet');
  const claimed = new URL(htu);
  const asked = new URL(originalUrl ?? url, PUBLIC_URL);
  expect(claimed.origin === PUBLIC_URL, 'accepts another origin');
  expect(normal(claimed.pathname) === normal(asked.pathname), `accepts ${claimed.pathname} for ${asked.pathname}`);
}

/** Unreserved characters count the same when they are encoded. */
function normal(path) {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (octets, digits) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : octets.toUpperCase();
  });
  return new URL(`http://path${decoded}`).pathname;
}
