import { createHash } from 'node:crypto';
import { checkDPoP, type DPoPOptions } from '../../../lib/token/proofs/dpop.options.js';
import { DPoPProofs } from '../../../lib/token/proofs/dpop-proof.js';
import { PublicUrl } from '../../../lib/token/proofs/public-url.js';
import { type DPoPKey, dpopKey, PUBLIC_URL } from '../../support/dpop.js';
import { encode, signToken } from '../signed-token.js';

const NOW = 1_800_000_000;
const TOLERANCE = 5;
const TOKEN = 'an-access-token';
const ISSUER = 'https://as.example';

let key: DPoPKey;
let other: DPoPKey;
beforeAll(async () => {
  [key, other] = [await dpopKey(), await dpopKey()];
});

const proofsWith = (options: DPoPOptions = {}) =>
  new DPoPProofs({ ...checkDPoP(options), publicUrl: new PublicUrl(PUBLIC_URL) }, TOLERANCE);

/** A proof with which nothing is wrong but what is given. */
const proof = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key) =>
  by.proof({ token: TOKEN, claims: { iat: NOW, ...claims }, header });

interface Sent {
  proofs?: DPoPProofs;
  now?: number;
  jkt?: string;
  request?: Parameters<DPoPProofs['verify']>[0];
}

/** How a proof fares: `accepted`, or the error and what it tells of the rule. */
function outcome(dpop: unknown, { proofs = proofsWith(), now = NOW, jkt = key.jkt, request }: Sent = {}) {
  const sent = request ?? { method: 'GET', url: '/', headers: { dpop: dpop as string } };
  try {
    const verified = proofs.verify(sent, { token: TOKEN, jkt, issuer: ISSUER }, { now, clockTolerance: TOLERANCE });
    return verified === undefined ? 'accepted' : verified.then(() => 'accepted', told);
  } catch (error) {
    return told(error);
  }
}

function told(error: unknown): object {
  const { code, claim, found, expected } = error as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries({ code, claim, found, expected }).filter(([, value]) => value !== undefined),
  );
}

const missing = (claim: string) => ({ code: 'proof_claim_missing', claim });

describe('DPoPProofs', () => {
  test('RFC 9449 §7.1 the proof of the example is accepted', () => {
    const example = [
      'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQy',
      'VVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19',
      '.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNv',
      'dXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9',
      '.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
    ].join('');
    const publicUrl = new PublicUrl('https://resource.example.org');
    const proofs = new DPoPProofs({ ...checkDPoP(), publicUrl }, TOLERANCE);
    const token = {
      token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
      jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
      issuer: ISSUER,
    };
    const request = { method: 'GET', url: '/protectedresource', headers: { dpop: example } };
    const clock = { now: 1_562_262_618, clockTolerance: 0 };
    expect(() => proofs.verify(request, token, clock)).not.toThrow();
    expect(() => proofs.verify(request, token, clock)).toThrow('The DPoP proof was used before');
  });

  test('RFC 9449 §4.3 a proof with which nothing is wrong is accepted, and at once', () => {
    expect(outcome(proof())).toBe('accepted');
  });

  test.each<[rule: string, make: () => unknown, told: object]>([
    ['1. exactly one header: none', () => undefined, { code: 'proof_missing' }],
    ['1. exactly one header: an empty one', () => '', { code: 'proof_missing' }],
    ['1. exactly one header: a list of one', () => [proof()], { code: 'proof_repeated' }],
    ['1. exactly one header: two that Node has joined', () => `${proof()}, ${proof()}`, { code: 'proof_repeated' }],
    ['2. a well-formed JWT', () => 'garbage', { code: 'proof_unreadable' }],
    ...['jti', 'htm', 'htu', 'iat', 'ath'].map((claim): [string, () => unknown, object] => [
      `3. every claim: ${claim}`,
      () => proof({ [claim]: undefined }),
      missing(claim),
    ]),
    [
      '4. typ dpop+jwt',
      () => proof({}, { typ: 'JWT' }),
      { code: 'proof_typ_mismatch', found: 'JWT', expected: ['dpop+jwt'] },
    ],
    ['4. no typ', () => proof({}, { typ: undefined }), { code: 'proof_typ_mismatch', expected: ['dpop+jwt'] }],
    ...['xdpop+jwt', 'dpop+jwtx', 'text/dpop+jwt', 'dpopjwt'].map((typ): [string, () => unknown, object] => [
      `4. typ ${typ}`,
      () => proof({}, { typ }),
      { code: 'proof_typ_mismatch', found: typ, expected: ['dpop+jwt'] },
    ]),
    [
      '4. typ a list, which some read as a text',
      () => proof({}, { typ: ['dpop+jwt'] }),
      { code: 'proof_typ_mismatch', found: ['dpop+jwt'], expected: ['dpop+jwt'] },
    ],
    [
      '5. an asymmetric algorithm',
      () => proof({}, { alg: 'none' }),
      {
        code: 'proof_algorithm_not_allowed',
        found: 'none',
        expected: ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519'],
      },
    ],
    ['6. the signature', () => proof().slice(0, -4), { code: 'proof_signature_invalid' }],
    ['7. no private key', () => proof({}, { jwk: key.privateJwk }), { code: 'proof_key_unusable' }],
    ['8. the method', () => proof({ htm: 'POST' }), { code: 'proof_method_mismatch', claim: 'htm' }],
    [
      '9. the URL',
      () => proof({ htu: 'https://Other.example:443/a' }),
      { code: 'proof_url_mismatch', claim: 'htu', found: 'https://other.example', expected: [PUBLIC_URL] },
    ],
    [
      '9. what is no URL',
      () => proof({ htu: 'garbage' }),
      { code: 'proof_url_mismatch', claim: 'htu', expected: [PUBLIC_URL] },
    ],
    ['11. the time: too old', () => proof({ iat: NOW - 66 }), { code: 'proof_expired', claim: 'iat' }],
    ['11. the time: in the future', () => proof({ iat: NOW + 6 }), { code: 'proof_in_future', claim: 'iat' }],
    [
      '12. the access token',
      () => proof({ ath: createHash('sha256').update('another').digest('base64url') }),
      { code: 'proof_token_mismatch', claim: 'ath' },
    ],
    ['12. the key of the access token', () => proof({}, {}, other), { code: 'proof_key_mismatch' }],
    ['RFC 7515 §4.1.11 crit', () => proof({}, { crit: ['exp'] }), { code: 'proof_crit_unsupported' }],
    ['RFC 7519 §4.1.4 exp', () => proof({ exp: NOW - 5 }), { code: 'proof_expired', claim: 'exp' }],
    ['RFC 7519 §4.1.4 exp no number', () => proof({ exp: `${NOW + 60}` }), { code: 'proof_expired', claim: 'exp' }],
    ['RFC 7519 §4.1.5 nbf', () => proof({ nbf: NOW + 6 }), { code: 'proof_in_future', claim: 'nbf' }],
    ['RFC 7519 §4.1.5 nbf no number', () => proof({ nbf: '0' }), { code: 'proof_in_future', claim: 'nbf' }],
  ])('RFC 9449 §4.3 %s: what is wrong is refused, and the refusal tells the claim', (_, make, expected) => {
    expect(outcome(make())).toEqual(expected);
  });

  test.each(['application/dpop+jwt', 'DPoP+JWT', 'Application/DPOP+jwt'])(
    'RFC 7515 §4.1.9 typ %s is that of a proof',
    (typ) => {
      expect(outcome(proof({}, { typ }))).toBe('accepted');
    },
  );

  test.each<[name: string, claims: Record<string, number>]>([
    ['iat at the maximum age and the tolerance', { iat: NOW - 65 }],
    ['iat at the tolerance', { iat: NOW + 5 }],
    ['exp within the tolerance', { exp: NOW - 4 }],
    ['nbf at the tolerance', { nbf: NOW + 5 }],
  ])('a time is good up to its limit: %s', (_, claims) => {
    expect(outcome(proof(claims))).toBe('accepted');
  });

  test('a header that several lines have is refused, whichever of them Node keeps', () => {
    const dpop = proof();
    const request = { method: 'GET', url: '/', headers: { dpop }, rawHeaders: ['DPoP', dpop, 'dpop', dpop] };
    expect(outcome(dpop, { request })).toEqual({ code: 'proof_repeated' });
    expect(outcome(dpop, { request: { ...request, rawHeaders: ['DPoP', dpop] } })).toBe('accepted');
  });

  test('a request without headers has no proof', () => {
    expect(outcome(undefined, { request: { method: 'GET', url: '/' } })).toEqual({ code: 'proof_missing' });
  });

  test('only the configured algorithms are accepted', () => {
    const expected = ['ES384'];
    expect(outcome(proof(), { proofs: proofsWith({ algorithms: expected }) })).toEqual({
      code: 'proof_algorithm_not_allowed',
      found: 'ES256',
      expected,
    });
  });

  test('a key that no token is bound to costs no signature', () => {
    const unsigned = `${encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: other.jwk })}.${encode({})}.AAAA`;
    expect(outcome(unsigned)).toEqual({ code: 'proof_key_mismatch' });
  });

  test('a proof that is refused is not used up by that', () => {
    const proofs = proofsWith();
    const dpop = proof({ iat: NOW + 10 });
    expect(outcome(dpop, { proofs })).toEqual({ code: 'proof_in_future', claim: 'iat' });
    const elsewhere = { method: 'POST', url: '/', headers: { dpop } };
    expect(outcome(dpop, { proofs, now: NOW + 10, request: elsewhere })).toMatchObject({
      code: 'proof_method_mismatch',
    });
    expect(outcome(dpop, { proofs, now: NOW + 10 })).toBe('accepted');
  });

  test('RFC 9449 §11.1 a proof is accepted once for as long as its time is good, whatever is changed in it', () => {
    const proofs = proofsWith();
    const early = { jti: 'a', iat: NOW + 5 };
    expect(outcome(proof(early), { proofs })).toBe('accepted');
    for (const later of [0, 1, 69, 70]) {
      expect(outcome(proof(early), { proofs, now: NOW + later })).toEqual({ code: 'proof_replayed' });
    }
    expect(outcome(proof({ ...early, more: true }), { proofs })).toEqual({ code: 'proof_replayed' });
    expect(outcome(proof(early), { proofs, now: NOW + 71 })).toEqual({ code: 'proof_expired', claim: 'iat' });
    expect(outcome(proof({ ...early, jti: 'b' }), { proofs })).toBe('accepted');
  });

  test('a shared cache has the last word, and tells whose tokens it fails', async () => {
    const answers = [async () => true, async () => false, () => Promise.reject(new Error('down'))];
    const asked: string[] = [];
    for (const answer of answers) {
      const setIfAbsent = async (key: string) => {
        asked.push(key);
        return answer();
      };
      const proofs = proofsWith({ replayCache: { setIfAbsent } });
      asked.push(JSON.stringify(await outcome(proof({ jti: 'a' }), { proofs })));
    }
    const [digest] = asked as [string];
    expect(digest).toMatch(/^nestjs-step-up:proof:[\w-]{43}$/);
    expect(asked).toEqual([
      ...[digest, '"accepted"'],
      ...[digest, '{"code":"proof_replayed"}'],
      ...[digest, '{"code":"replay_cache_unavailable"}'],
    ]);
  });

  test('without the option no nonce is handed out, and none is asked for', () => {
    expect(proofsWith().nonce(NOW)).toBeUndefined();
    expect(outcome(proof({ nonce: 'any' }))).toBe('accepted');
  });

  test('RFC 9449 §9 with the option a proof needs the nonce that is handed out', () => {
    const proofs = proofsWith({ nonces: 'required' });
    const nonce = proofs.nonce(NOW) as string;
    expect(nonce).toMatch(/^[\w-]{43}$/);
    expect(outcome(proof(), { proofs })).toEqual({ code: 'proof_nonce_missing', claim: 'nonce' });
    for (const wrong of ['', 'A'.repeat(43), 1, null, [nonce]]) {
      expect(outcome(proof({ nonce: wrong }), { proofs })).toEqual({ code: 'proof_nonce_mismatch', claim: 'nonce' });
    }
    expect(outcome(proof({ nonce }), { proofs })).toBe('accepted');
    expect(outcome(proof({ nonce }), { proofs: proofsWith({ nonces: 'required' }) })).toMatchObject({
      code: 'proof_nonce_mismatch',
    });
  });

  test('RFC 9449 §9 instances with one secret accept the nonces of each other', () => {
    const options = { nonces: 'required', nonceSecret: 'a secret of more than thirty-two characters' } as const;
    const nonce = proofsWith(options).nonce(NOW);
    expect(outcome(proof({ nonce }), { proofs: proofsWith(options) })).toBe('accepted');
  });

  test('the key of a proof is that of its header, and the last member of a name counts', () => {
    const [head, tail] = [JSON.stringify(other.jwk), JSON.stringify(key.jwk)];
    const header = `{"typ":"dpop+jwt","alg":"ES256","jwk":${head},"jwk":${tail}}`;
    const [, payload] = proof().split('.') as [string, string];
    const claims = Buffer.from(payload, 'base64url');
    expect(outcome(signToken('ES256', key.privateKey, header, claims))).toBe('accepted');
    expect(outcome(signToken('ES256', other.privateKey, header, claims))).toEqual({ code: 'proof_signature_invalid' });
  });
});
