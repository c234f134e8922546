import { createSecretKey, type KeyObject } from 'node:crypto';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { JsonServer } from '../json-server.js';
import { accessTokenClaims, encode, keyPair, type Part, signToken } from '../signed-token.js';
import { outcome, refusal, type ServerOptions, verifierOf } from '../verification.js';

const AUDIENCE = 'https://api.example';
const ALL = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

const rsa = keyPair('RS256');
const ec = keyPair('ES256');
const ed = keyPair('EdDSA');

let server: JsonServer;
let options: ServerOptions;
beforeEach(async () => {
  server = await new JsonServer().listen();
  options = { issuer: server.origin, audience: AUDIENCE, jwksUri: `${server.origin}/jwks`, algorithms: ALL };
});
afterEach(() => server?.close());

const publish = (...keys: unknown[]) => server.json('/jwks', { keys });
const jwk = (key: KeyObject, members: Record<string, unknown> = { kid: 'k' }) => ({
  ...key.export({ format: 'jwk' }),
  ...members,
});
const signed = (alg: string, key: KeyObject, header: Record<string, unknown> = {}, payload?: Part) =>
  signToken(
    alg,
    key,
    { alg, typ: 'at+jwt', kid: 'k', ...header },
    payload ?? accessTokenClaims(options.issuer, AUDIENCE),
  );
const fate = (token: string, more: Partial<ServerOptions> = {}) => outcome(verifierOf({ ...options, ...more }), token);

describe('algorithms', () => {
  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const)(
    'RS-65 %s is accepted by default, and refused with one octet of the claims changed',
    async (algorithm) => {
      const issuer = await createTestAuthorizationServer({ algorithm });
      try {
        const verifier = verifierOf(issuer);
        const token = await issuer.accessToken({ subject: 'alice' });
        expect(await outcome(verifier, token)).toBe('accepted');

        const [header, payload, signature] = token.split('.') as [string, string, string];
        const changed = Buffer.from(payload, 'base64url').toString().replace('alice', 'alicf');
        expect(await outcome(verifier, `${header}.${encode(changed)}.${signature}`)).toBe(refusal.signature);
      } finally {
        await issuer.close();
      }
    },
  );

  test.each(['RS384', 'RS512', 'PS384', 'PS512'])('RS-68 %s is accepted only where it is configured', async (alg) => {
    publish(jwk(rsa.publicKey));
    const token = signed(alg, rsa.privateKey);
    expect(await fate(token, { algorithms: [alg] })).toBe('accepted');
    expect(await fate(token, { algorithms: ALL.filter((other) => other !== alg) })).toBe(refusal.alg);
  });

  test.each(ALL)('RS-68 a configuration without %s refuses it although the key is good', async (alg) => {
    const { privateKey, publicKey } = keyPair(alg);
    publish(jwk(publicKey));
    const token = signed(alg, privateKey);
    expect(await fate(token)).toBe('accepted');
    expect(await fate(token, { algorithms: ALL.filter((other) => other !== alg) })).toBe(refusal.alg);
  });

  test.each(['none', 'None', 'NONE', 'nOnE', '', 'rs256', 'RS256 ', 'RS1', 'ES256K', 'Ed448', 'HS256', 'RSA-OAEP'])(
    'RS-65 alg %j is refused, signed or not',
    async (alg) => {
      publish(jwk(rsa.publicKey));
      const good = signed('RS256', rsa.privateKey);
      const [, payload, signature] = good.split('.') as [string, string, string];
      const header = encode({ alg, typ: 'at+jwt', kid: 'k' });
      expect(await fate(`${header}.${payload}.${signature}`)).toBe(refusal.alg);
      expect(await fate(`${header}.${payload}.`)).toBe(refusal.unsigned);
    },
  );

  test.each([undefined, null, 256, true, ['RS256'], { alg: 'RS256' }])(
    'RS-65 alg that is %j is refused',
    async (alg) => {
      publish(jwk(rsa.publicKey));
      expect(await fate(signed('RS256', rsa.privateKey, { alg }))).toBe(refusal.alg);
    },
  );

  test.each(['HS256', 'HS384', 'HS512'])('RS-68 %s with the public key as the secret is refused', async (alg) => {
    const published = jwk(rsa.publicKey);
    publish(published);
    const secrets = [
      rsa.publicKey.export({ format: 'pem', type: 'spki' }),
      rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }),
      rsa.publicKey.export({ format: 'der', type: 'spki' }),
      JSON.stringify(published),
      Buffer.from(published.n as string, 'base64url'),
    ];
    for (const secret of secrets) {
      const token = signed(alg, createSecretKey(Buffer.from(secret as string)));
      expect(await fate(token)).toBe(refusal.alg);
    }
  });
});

describe('the key and the algorithm belong together', () => {
  test.each([
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
    ['RS512', 'RS256'],
  ])('%s is refused under a key that names %s', async (alg, named) => {
    publish(jwk(rsa.publicKey, { kid: 'k', alg: named }));
    expect(await fate(signed(alg, rsa.privateKey))).toBe(refusal.keyUnfit);
    expect(await fate(signed(named, rsa.privateKey))).toBe('accepted');
  });

  test.each([
    ['RS256', rsa],
    ['ES384', ec],
    ['ES512', ec],
    ['EdDSA', ec],
    ['Ed25519', ec],
    ['ES256', ed],
    ['PS256', ed],
  ])('%s is refused under a key of another kind', async (alg, { publicKey }) => {
    const other = alg === 'RS256' ? ec.publicKey : publicKey;
    publish(jwk(other));
    expect(await fate(signed(alg, keyPair(alg).privateKey))).toBe(refusal.keyUnfit);
  });

  test.each(['RS256', 'PS256'])(
    'RS-65 a signature by %s relabelled as the other RSA scheme is refused',
    async (alg) => {
      publish(jwk(rsa.publicKey));
      const other = alg === 'RS256' ? 'PS256' : 'RS256';
      const input = `${encode({ alg: other, typ: 'at+jwt', kid: 'k' })}.${encode(accessTokenClaims(options.issuer, AUDIENCE))}`;
      const signature = signToken(alg, rsa.privateKey, ...(input.split('.').map(decode) as [Buffer, Buffer])).split(
        '.',
      )[2];
      expect(await fate(`${input}.${signature}`)).toBe(refusal.signature);
    },
  );

  test('a key that is only for encryption verifies nothing', async () => {
    publish(jwk(rsa.publicKey, { kid: 'k', use: 'enc' }), jwk(ec.publicKey, { kid: 'other' }));
    expect(await fate(signed('RS256', rsa.privateKey))).toBe(refusal.keyUnknown);
  });

  test('a key whose operations do not include verification verifies nothing', async () => {
    publish(jwk(rsa.publicKey, { kid: 'k', key_ops: ['encrypt'] }), jwk(ec.publicKey, { kid: 'other' }));
    expect(await fate(signed('RS256', rsa.privateKey))).toBe(refusal.keyUnknown);
  });
});

describe('kid', () => {
  test('without kid the only key that fits is taken', async () => {
    publish(jwk(ec.publicKey, { kid: 'a' }), jwk(rsa.publicKey, { kid: 'b' }));
    expect(await fate(signed('ES256', ec.privateKey, { kid: undefined }))).toBe('accepted');
  });

  test('without kid and with several keys that fit the token is refused', async () => {
    publish(jwk(ec.publicKey, { kid: 'a' }), jwk(keyPair('ES256').publicKey, { kid: 'b' }));
    expect(await fate(signed('ES256', ec.privateKey, { kid: undefined }))).toBe(refusal.keysSeveral);
  });

  test.each([
    ['another name', 'unknown'],
    ['nothing', ''],
    ['another case', 'K'],
    ['a space behind', 'k '],
    ['the name of a prototype', '__proto__'],
    ['the name of an inherited member', 'constructor'],
    ['a path', '../../etc/passwd'],
    ['a query', "' OR 1=1 --"],
    ['a letter beyond ASCII', 'é'],
    ['nine thousand characters', 'k'.repeat(9000)],
  ])('an unknown kid is refused: %s', async (kid) => {
    publish(jwk(ec.publicKey));
    expect(await fate(signed('ES256', ec.privateKey, { kid }))).toBe(refusal.keyUnknown);
  });

  test.each([null, 5, true, ['k'], { kid: 'k' }])('a kid that is %j is refused', async (kid) => {
    publish(jwk(ec.publicKey));
    expect(await fate(signed('ES256', ec.privateKey, { kid }))).toBe(refusal.kid);
  });

  test('a hundred unknown kids cost one request', async () => {
    publish(jwk(ec.publicKey));
    const verifier = verifierOf(options);
    const tokens = Array.from({ length: 100 }, (_, index) => signed('ES256', ec.privateKey, { kid: `k${index}` }));
    const outcomes = await Promise.all(tokens.map((token) => outcome(verifier, token)));
    expect(new Set(outcomes)).toEqual(new Set([refusal.keyUnknown]));
    expect(server.hits('/jwks')).toBe(1);
  });
});

describe('keys that the header offers', () => {
  test.each(['jku', 'x5u', 'jwk', 'x5c'])('%s is ignored, and nobody is asked', async (member) => {
    const attacker = await new JsonServer().listen();
    try {
      const forged = keyPair('ES256');
      attacker.json('/jwks', { keys: [jwk(forged.publicKey)] });
      publish(jwk(ec.publicKey));
      const offered = {
        jku: `${attacker.origin}/jwks`,
        x5u: `${attacker.origin}/cert.pem`,
        jwk: jwk(forged.publicKey),
        x5c: [forged.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')],
      }[member];
      const verifier = verifierOf(options);
      expect(await outcome(verifier, signed('ES256', forged.privateKey, { [member]: offered }))).toBe(
        refusal.signature,
      );
      expect(await outcome(verifier, signed('ES256', forged.privateKey, { [member]: offered, kid: undefined }))).toBe(
        refusal.signature,
      );
      expect(await outcome(verifier, signed('ES256', ec.privateKey, { [member]: offered }))).toBe('accepted');
      expect(attacker.requests).toEqual([]);
      expect(server.requests).toEqual(['/jwks']);
    } finally {
      await attacker.close();
    }
  });
});

describe('crit', () => {
  test.each([[['exp']], [['b64']], [['unheard-of']], [[]], ['exp'], [null], [{}], [5], [false]])(
    'a header with crit %j is refused',
    async (crit) => {
      publish(jwk(ec.publicKey));
      const header = { crit, b64: true, 'unheard-of': 1, exp: 9e9 };
      expect(await fate(signed('ES256', ec.privateKey, header))).toBe(refusal.crit);
    },
  );

  test.each(['ES256', 'EdDSA', 'Ed25519'])('b64 without crit has no effect on %s', async (alg) => {
    const { privateKey, publicKey } = keyPair(alg);
    publish(jwk(publicKey));
    expect(await fate(signed(alg, privateKey, { b64: false }))).toBe('accepted');
  });
});

describe('signatures', () => {
  const zeros = (length: number) => Buffer.alloc(length).toString('base64url');
  test.each([
    ['of zeros (CVE-2022-21449)', () => zeros(64)],
    ['too short', () => zeros(63)],
    ['too long', () => zeros(65)],
    ['of one octet', () => 'AA'],
    ['in DER form', () => Buffer.from('3006020101020101', 'hex').toString('base64url')],
    ['of another token', () => decodeParts(signed('ES256', ec.privateKey, { other: true }))[2] as string],
    ['by another key', () => decodeParts(signed('ES256', keyPair('ES256').privateKey))[2] as string],
  ])('RS-65 %s is refused', async (_, signature) => {
    publish(jwk(ec.publicKey));
    const [header, payload] = decodeParts(signed('ES256', ec.privateKey));
    expect(await fate(`${header}.${payload}.${signature()}`)).toBe(refusal.signature);
  });

  test.each(['RS256', 'PS256', 'EdDSA', 'Ed25519'])(
    'RS-65 an empty or shortened %s signature is refused',
    async (alg) => {
      const { privateKey, publicKey } = keyPair(alg);
      publish(jwk(publicKey));
      const [header, payload, signature] = decodeParts(signed(alg, privateKey)) as [string, string, string];
      const shortened = Buffer.from(signature, 'base64url').subarray(0, -1).toString('base64url');
      expect(await fate(`${header}.${payload}.${shortened}`)).toBe(refusal.signature);
      expect(await fate(`${header}.${payload}.`)).toBe(refusal.unsigned);
    },
  );
});

describe('several authorization servers', () => {
  test('RS-63 a token signed by one server that names another is refused, with the kid of either', async () => {
    const other = await new JsonServer().listen();
    try {
      const otherKeys = keyPair('ES256');
      publish(jwk(ec.publicKey, { kid: 'ours' }));
      other.json('/jwks', { keys: [jwk(otherKeys.publicKey, { kid: 'theirs' })] });
      const audience = 'https://api.example';
      const verifier = verifierOf(options, { issuer: other.origin, audience, jwksUri: `${other.origin}/jwks` });
      const claims = (issuer: string) => accessTokenClaims(issuer, audience);
      const token = (key: KeyObject, kid: string, issuer: string) =>
        signToken('ES256', key, { alg: 'ES256', typ: 'at+jwt', kid }, claims(issuer));

      expect(await outcome(verifier, token(ec.privateKey, 'ours', options.issuer))).toBe('accepted');
      expect(await outcome(verifier, token(otherKeys.privateKey, 'theirs', other.origin))).toBe('accepted');
      expect(await outcome(verifier, token(ec.privateKey, 'ours', other.origin))).toBe(refusal.keyUnknown);
      expect(await outcome(verifier, token(ec.privateKey, 'theirs', other.origin))).toBe(refusal.signature);
      expect(await outcome(verifier, token(otherKeys.privateKey, 'ours', options.issuer))).toBe(refusal.signature);
    } finally {
      await other.close();
    }
  });

  test('RS-64 each authorization server has its own audience and algorithms', async () => {
    const other = { issuer: `${server.origin}/other`, audience: 'https://other.example', algorithms: ['ES384'] };
    publish(jwk(ec.publicKey));
    const verifier = verifierOf(options, { ...other, jwksUri: `${server.origin}/jwks` });
    const token = (issuer: string, audience: string) =>
      signed('ES256', ec.privateKey, {}, accessTokenClaims(issuer, audience));
    expect(await outcome(verifier, token(options.issuer, AUDIENCE))).toBe('accepted');
    expect(await outcome(verifier, token(options.issuer, other.audience))).toBe(refusal.aud);
    expect(await outcome(verifier, token(other.issuer, other.audience))).toBe(refusal.alg);
  });
});

function decode(part: string): Buffer {
  return Buffer.from(part, 'base64url');
}

function decodeParts(token: string): string[] {
  return token.split('.');
}
