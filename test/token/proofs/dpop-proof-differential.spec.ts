import { createHash, randomUUID } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { AccessTokenRefused } from '../../../lib/token/index.js';
import { checkDPoP } from '../../../lib/token/proofs/dpop.options.js';
import { DPoPProofs } from '../../../lib/token/proofs/dpop-proof.js';
import { PublicUrl } from '../../../lib/token/proofs/public-url.js';
import { stopClockOfEachTest } from '../../support/clock.js';
import { type DPoPKey, dpopKey } from '../../support/dpop.js';
import { accessTokenClaims, keyPair, signToken } from '../signed-token.js';

/*
 * Proofs of which one member is changed, judged by this package and by oauth4webapi. Each difference has its reason here,
 * and each reason occurs.
 */
const ISSUER = 'https://as.example';
const ORIGIN = 'https://api.example.com';
const NOW = Date.UTC(2026, 0, 1) / 1000;
stopClockOfEachTest(NOW * 1000);

/** By the changed member: the reason, and the values that are judged differently. `any` if each of them may be. */
type Differences = Readonly<Record<string, { reason: string; values: readonly unknown[] | 'any' }>>;

/** What this package refuses and oauth4webapi accepts. */
const STRICTER: Differences = {
  'payload jti': { reason: 'an empty one tells no proof from another', values: [''] },
  'payload iat': {
    reason: 'oauth4webapi accepts 300 seconds',
    values: [-299, -66, 6, 299].map((seconds) => NOW + seconds),
  },
  'payload htu': {
    reason: 'no URL by RFC 3986, which the parser of browsers mends',
    values: ['https:api.example.com/a', 'https:\\\\api.example.com\\a', ` ${ORIGIN}/a`],
  },
  'jwk p': { reason: 'private', values: 'any' },
  'jwk oth': { reason: 'private', values: 'any' },
  'jwk k': { reason: 'symmetric', values: 'any' },
  'jwk use': { reason: 'for encryption', values: 'any' },
  'jwk key_ops': { reason: 'for signing', values: 'any' },
};
/** What this package accepts and oauth4webapi refuses. */
const LOOSER: Differences = {
  'payload htu': {
    reason: 'normalized by RFC 3986 §6.2.2.2, as RFC 9449 §4.3 recommends',
    values: [`${ORIGIN}/%61`],
  },
  'payload iss': { reason: 'a proof has no issuer', values: 'any' },
  'payload aud': { reason: 'a proof has no audience', values: 'any' },
};

const ANYTHING = [undefined, null, '', 'x', 1, 1.5, -1, [], ['x'], {}, true, '\0', 'é', '\ud800'];
const ALGORITHMS = ['none', 'HS256', 'ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519', 'ES256K'];
const CHANGES: Readonly<Record<string, readonly unknown[]>> = {
  'header typ': ['dpop+jwt', 'DPOP+JWT', 'application/dpop+jwt', 'at+jwt', 'JWT'],
  'header alg': ALGORITHMS,
  ...Object.fromEntries(['jwk', 'crit', 'kid', 'b64', 'jku', 'x5c', 'zip'].map((name) => [`header ${name}`, []])),
  'payload htm': ['get', 'POST'],
  'payload htu': [
    ...['?x#y', '/', '/..', ';x', '%2e', '/%2e', '/.'].map((end) => `${ORIGIN}/a${end}`),
    ...['HTTPS://API.EXAMPLE.COM:443/a', `${ORIGIN}:8443/a`, `${ORIGIN}./a`, `${ORIGIN}/%61`, `${ORIGIN}/x/../a`],
    ...['https:api.example.com/a', 'https:\\\\api.example.com\\a', ` ${ORIGIN}/a`, 'https://u@api.example.com/a'],
  ],
  'payload iat': [-299, -66, -65, -64, 0.5, 4, 6, 299].map((seconds) => NOW + seconds),
  'payload exp': [NOW - 10, NOW + 10],
  'payload nbf': [NOW - 10, NOW + 10],
  ...Object.fromEntries(['jti', 'ath', 'nonce', 'iss', 'aud', 'sub'].map((name) => [`payload ${name}`, []])),
  'jwk kty': ['EC', 'RSA', 'OKP', 'oct'],
  'jwk crv': ['P-256', 'P-384', 'Ed25519', 'X25519'],
  ...Object.fromEntries(['x', 'y', 'n', 'e', 'd', 'p', 'oth', 'k', 'kid', 'ext'].map((name) => [`jwk ${name}`, []])),
  // Node 20 takes a key for RS256 or HS256 for one for PS256.
  'jwk alg': ALGORITHMS.filter((alg) => alg !== 'RS256' && alg !== 'HS256'),
  'jwk use': ['sig', 'enc'],
  'jwk key_ops': [['verify'], ['sign'], ['verify', 'sign']],
};

/** The good proof of a token with one member changed. Signed by the key, whatever its header says. */
function changedProof(algorithm: string, key: DPoPKey, token: string, change: string, value: unknown): string {
  const [part, name] = change.split(' ');
  const changed = (of: string) => part === of && { [name as string]: value };
  const header = { typ: 'dpop+jwt', alg: algorithm, jwk: { ...key.jwk, ...changed('jwk') }, ...changed('header') };
  const ath = createHash('sha256').update(token).digest('base64url');
  const payload = { jti: randomUUID(), htm: 'GET', htu: `${ORIGIN}/a`, iat: NOW, ath, ...changed('payload') };
  return signToken(algorithm, key.privateKey, header, payload);
}

/** Returns how this package and oauth4webapi judge a proof of a key. */
async function judges(algorithm: string) {
  const [server, key] = [keyPair('ES256'), await dpopKey(algorithm)];
  const header = { typ: 'at+jwt', alg: 'ES256', kid: 'a' };
  const claims = { ...accessTokenClaims(ISSUER, 'api'), iat: NOW, exp: NOW + 300, cnf: key.cnf };
  const token = signToken('ES256', server.privateKey, header, claims);
  const settings = { ...checkDPoP({ proofMaxAge: 60 }), publicUrl: new PublicUrl(ORIGIN) };
  const clock = { now: NOW, clockTolerance: 5 };
  const proofs = new DPoPProofs(settings, clock.clockTolerance);
  const document = { keys: [{ ...server.publicKey.export({ format: 'jwk' }), kid: 'a', alg: 'ES256' }] };
  return {
    key,
    token,
    ours(headers: Record<string, string>) {
      try {
        void proofs.verify({ headers, method: 'GET', url: '/a' }, { token, jkt: key.jkt, issuer: ISSUER }, clock);
        return true;
      } catch (error) {
        if (error instanceof AccessTokenRefused) return false;
        throw error;
      }
    },
    theirs(headers: Record<string, string>) {
      const metadata = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` };
      const options = {
        [oauth.clockTolerance]: clock.clockTolerance,
        [oauth.customFetch]: async () => Response.json(document),
      };
      const request = new Request(`${ORIGIN}/a`, { headers });
      return oauth.validateJwtAccessToken(metadata, request, 'api', options).then(
        () => true,
        () => false,
      );
    },
  };
}

/** The values of each member that are judged differently. */
class Found {
  readonly #values = new Map<string, Set<unknown>>();

  add(change: string, value: unknown): void {
    this.#values.set(change, (this.#values.get(change) ?? new Set()).add(value));
  }

  /** What was found, in the form of what is expected. */
  as(expected: Differences): Record<string, unknown> {
    return Object.fromEntries(
      [...this.#values].map(([change, values]) => [
        change,
        expected[change]?.values === 'any' ? expected[change] : { ...expected[change], values: [...values] },
      ]),
    );
  }
}

test('proofs are judged as by oauth4webapi, but for reasons', async () => {
  const found = { stricter: new Found(), looser: new Found(), accepted: 0, refused: 0 };
  for (const algorithm of ['ES256', 'PS256', 'EdDSA']) {
    const { key, token, ours, theirs } = await judges(algorithm);
    for (const [change, values] of Object.entries(CHANGES)) {
      for (const value of [...ANYTHING, ...values]) {
        const proof = changedProof(algorithm, key, token, change, value);
        const headers = { authorization: `DPoP ${token}`, dpop: proof };
        const [own, other] = [ours(headers), await theirs(headers)];
        if (own !== other) found[own ? 'looser' : 'stricter'].add(change, value);
        else found[own ? 'accepted' : 'refused'] += 1;
      }
    }
  }
  expect(found.looser.as(LOOSER)).toEqual(LOOSER);
  expect(found.stricter.as(STRICTER)).toEqual(STRICTER);
  expect(found.accepted).toBeGreaterThan(300);
  expect(found.refused).toBeGreaterThan(300);
});
