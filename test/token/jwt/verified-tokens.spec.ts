import crypto, { createHash, randomUUID } from 'node:crypto';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import type { AccessTokenVerifier } from '../../../lib/token/index.js';
import { verifySignature } from '../../../lib/token/jwt/signature.js';
import { TokenIdentity } from '../../../lib/token/jwt/token-identity.js';
import { SieveCache } from '../../../lib/token/sieve-cache.js';
import { JsonServer } from '../json-server.js';
import { accessTokenClaims, encode, keyPair, signToken } from '../signed-token.js';
import { outcome, refusal, verifierOf } from '../verification.js';

jest.mock('../../../lib/token/jwt/signature.js', () => {
  const actual = jest.requireActual<typeof import('../../../lib/token/jwt/signature.js')>(
    '../../../lib/token/jwt/signature.js',
  );
  return { verifySignature: jest.fn(actual.verifySignature) };
});

const { verifySignature: actualVerifySignature } = jest.requireActual<
  typeof import('../../../lib/token/jwt/signature.js')
>('../../../lib/token/jwt/signature.js');

const START = Date.UTC(2026, 0, 1);
const now = START / 1000;

let server: TestAuthorizationServer;
let verifier: AccessTokenVerifier;
let clock: jest.SpyInstance<number, []>;
beforeEach(async () => {
  clock = jest.spyOn(Date, 'now').mockReturnValue(START);
  server = await createTestAuthorizationServer();
  // keys that outlive a remembered token, so that it is the token's time that is looked at
  verifier = verifierOf({ ...server, keys: { refreshAfter: 3600 } });
  jest.mocked(verifySignature).mockClear();
});
afterEach(async () => {
  clock.mockRestore();
  await server?.close();
});

const at = (seconds: number) => clock.mockReturnValue(START + seconds * 1000);
const verifications = () => jest.mocked(verifySignature).mock.calls.length;

test('the signature of a token is verified once', async () => {
  const token = await server.accessToken();
  const first = await verifier.verify(token);
  for (let count = 0; count < 10; count += 1) expect(await verifier.verify(token)).toBe(first);
  expect(verifications()).toBe(1);
});

test('a known token is verified synchronously', async () => {
  const token = await server.accessToken();
  await verifier.verify(token);
  expect(verifier.verify(token)).not.toBeInstanceOf(Promise);
});

test.each([
  ['in its claims', (token: string) => token.replace(/\.e/, '.f')],
  ['in its signature', (token: string) => token.slice(0, -4) + (token.endsWith('AAAA') ? 'BBBB' : 'AAAA')],
  ['by a character more', (token: string) => `${token}A`],
])('a token that differs %s from a known one is verified for itself', async (_, change) => {
  const token = await server.accessToken();
  await verifier.verify(token);
  expect(await outcome(verifier, change(token))).toMatch(/^invalid_token: /);
  expect(await outcome(verifier, token)).toBe('accepted');
});

test('a refusal is not remembered: neither its signature nor its claims', async () => {
  const token = await server.accessToken({ claims: { sub: undefined } });
  expect(await outcome(verifier, token)).toBe(refusal.sub);
  expect(await outcome(verifier, token)).toBe(refusal.sub);
  expect(verifications()).toBe(2);
});

test('one verifier does not know what another has verified', async () => {
  const token = await server.accessToken();
  await verifier.verify(token);
  expect(await outcome(verifierOf({ ...server, audience: 'https://other.example' }), token)).toBe(refusal.aud);
});

describe('claims of a known token', () => {
  test('RS-66 exp of a known token is checked at every use', async () => {
    const token = await server.accessToken({ expiresIn: 10 });
    await verifier.verify(token);
    at(14.999);
    expect(await outcome(verifier, token)).toBe('accepted');
    at(15);
    expect(await outcome(verifier, token)).toBe(refusal.exp);
    expect(verifications()).toBe(1);
  });

  test('nbf of a known token is checked if the clock is set back', async () => {
    const token = await server.accessToken({ claims: { nbf: now, iat: now - 60 } });
    await verifier.verify(token);
    at(-10);
    expect(await outcome(verifier, token)).toBe(refusal.nbf);
  });
});

describe('tokens that are forgotten', () => {
  test('a known token is forgotten after five minutes', async () => {
    const token = await server.accessToken({ expiresIn: 3600 });
    await verifier.verify(token);
    at(299.999);
    await verifier.verify(token);
    expect(verifications()).toBe(1);
    at(300);
    await verifier.verify(token);
    expect(verifications()).toBe(2);
  });

  test('a known token is forgotten five minutes after its verification, not after its last use', async () => {
    const token = await server.accessToken({ expiresIn: 3600 });
    for (const seconds of [0, 100, 200, 299]) {
      at(seconds);
      await verifier.verify(token);
    }
    expect(verifications()).toBe(1);
    at(301);
    await verifier.verify(token);
    expect(verifications()).toBe(2);
  });

  test('a known token is forgotten if the clock is set back, since it would be kept longer', async () => {
    const token = await server.accessToken({ expiresIn: 3600, claims: { iat: now - 7200 } });
    await verifier.verify(token);
    at(-3600);
    // has the keys read again, so that the known token's key is current by the new time
    await verifier.verify(await server.accessToken());
    expect(verifications()).toBe(2);
    await verifier.verify(token);
    expect(verifications()).toBe(3);
  });

  test('a known token is forgotten if its key has left the key set', async () => {
    verifier = verifierOf({ ...server, keys: { refreshAfter: 60 } });
    const token = await server.accessToken();
    await verifier.verify(token);
    server.rotateKey();
    at(59);
    expect(await outcome(verifier, await server.accessToken())).toBe('accepted');
    expect(await outcome(verifier, token)).toBe(refusal.keyUnknown);
  });

  test('a known token is forgotten if another key has its kid', async () => {
    const issuer = await new JsonServer().listen();
    try {
      const [former, latter] = [keyPair('ES256'), keyPair('ES256')];
      const publish = ({ publicKey }: typeof former) =>
        issuer.json('/jwks', { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });
      const options = { issuer: issuer.origin, audience: 'a', jwksUri: `${issuer.origin}/jwks` };
      verifier = verifierOf({ ...options, keys: { refreshAfter: 60 } });
      const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k' };
      const token = signToken('ES256', former.privateKey, header, accessTokenClaims(issuer.origin, 'a'));

      publish(former);
      expect(await outcome(verifier, token)).toBe('accepted');
      publish(latter);
      at(60);
      expect(await outcome(verifier, token)).toBe(refusal.signature);
    } finally {
      await issuer.close();
    }
  });

  test('a known token is kept if the key set is fetched again and has the key', async () => {
    verifier = verifierOf({ ...server, keys: { refreshAfter: 60 } });
    const token = await server.accessToken();
    await verifier.verify(token);
    const [fetched] = [server.keyRequests];
    at(61);
    await verifier.verify(token);
    expect(server.keyRequests).toBe(fetched + 1);
    const verified = verifications();
    await verifier.verify(token);
    expect(verifications()).toBe(verified);
  });

  test('an outage at the check of the key causes no unhandled rejection', async () => {
    verifier = verifierOf({ ...server, keys: { refreshAfter: 60, staleFor: 60 } });
    const token = await server.accessToken();
    await verifier.verify(token);
    server.setUnavailable(true);
    at(90);
    expect(await outcome(verifier, token)).toBe('accepted');
    at(150);
    expect(await outcome(verifier, token)).toBe('unavailable');
  });
});

describe('the number of known tokens', () => {
  const tokensOf = (count: number) => Promise.all(Array.from({ length: count }, () => server.accessToken()));
  const withRoomFor = async (count: number) => {
    const probe = verifierOf(server);
    await probe.verify(await server.accessToken());
    const { bytes: first } = probe.tokenCache;
    await probe.verify(await server.accessToken());
    const bytes = (probe.tokenCache.bytes - first) * count;
    verifier = verifierOf({ ...server, keys: { refreshAfter: 3600 } }, { tokenCacheBytes: bytes });
    // has the keys fetched, counts what all tokens share, and takes no room any more
    await verifier.verify(await server.accessToken({ expiresIn: 10 }));
    at(16);
    jest.mocked(verifySignature).mockClear();
  };

  test('tokens that are used stay, and those used once make room', async () => {
    await withRoomFor(20);
    const used = await tokensOf(10);
    const others = await tokensOf(200);
    for (const token of used) verifier.verify(token);
    for (const [index, token] of others.entries()) {
      verifier.verify(token);
      verifier.verify(used[index % used.length]!);
    }
    expect(verifications()).toBe(used.length + others.length);
    expect(verifier.tokenCache).toMatchObject({ hits: others.length, tokens: 20, evictions: 190 });
  });

  test('no more tokens are known than there is room for', async () => {
    await withRoomFor(20);
    for (const token of await tokensOf(100)) {
      verifier.verify(token);
      expect(verifier.tokenCache.tokens).toBeLessThanOrEqual(20);
    }
  });

  test('refused tokens take no room', async () => {
    await withRoomFor(20);
    const [good] = await tokensOf(1);
    verifier.verify(good!);
    for (const token of await tokensOf(100)) await outcome(verifier, `${token.slice(0, -8)}AAAAAAAA`);
    verifier.verify(good!);
    expect(verifier.tokenCache).toMatchObject({ hits: 1, tokens: 1, evictions: 0 });
  });

  test('ten thousand users in turn are known within 8 MiB', async () => {
    const claims = accessTokenClaims(server.issuer, server.audience);
    const key = keyPair('ES256');
    const issuer = await new JsonServer().listen();
    try {
      issuer.json('/jwks', { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'k' }] });
      verifier = verifierOf({ issuer: issuer.origin, audience: server.audience, jwksUri: `${issuer.origin}/jwks` });
      jest.mocked(verifySignature).mockImplementation(() => undefined);
      const tokens = Array.from({ length: 10_000 }, (_, user) => {
        const more = { iss: issuer.origin, sub: `user-${user}`, jti: randomUUID(), amr: ['pwd', 'otp'] };
        return `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })}.${encode({ ...claims, ...more })}.${encode('s')}`;
      });
      await verifier.verify(tokens[0]!);
      for (let round = 0; round < 3; round += 1) for (const token of tokens) verifier.verify(token);
      expect(verifications()).toBe(10_000);
      const { bytes, tokens: known } = verifier.tokenCache;
      expect(known).toBe(10_000);
      expect(bytes / known).toBeLessThan(1024);
    } finally {
      jest.mocked(verifySignature).mockImplementation(actualVerifySignature);
      await issuer.close();
    }
  });

  test('with no room every request verifies the signature', async () => {
    verifier = verifierOf(server, { tokenCacheBytes: 0 });
    const token = await server.accessToken();
    for (let count = 0; count < 3; count += 1) await verifier.verify(token);
    expect(verifications()).toBe(3);
    expect(verifier.tokenCache).toEqual({ hits: 0, misses: 3, evictions: 0, tokens: 0, bytes: 0 });
  });

  test('a long token takes more room than a short one', async () => {
    const added = async (groups: string) => {
      const { bytes } = verifier.tokenCache;
      await verifier.verify(await server.accessToken({ claims: { groups } }));
      return verifier.tokenCache.bytes - bytes;
    };
    await added('the first one with these claims');
    expect(await added('g'.repeat(8000))).toBe((await added('')) + 8000);
  });

  test('a token of many small objects takes the room that they take, not that of their text', async () => {
    await verifier.verify(await server.accessToken({ claims: { claim: Array.from({ length: 3000 }, () => ({})) } }));
    expect(verifier.tokenCache.bytes).toBeGreaterThan(3000 * 64);
  });

  test('tokens with names that no other one has are fewer', async () => {
    const room = async (claimsOf: (index: number) => Record<string, unknown>) => {
      verifier = verifierOf(server, { tokenCacheBytes: 100_000 });
      for (let index = 0; index < 200; index += 1) {
        await verifier.verify(await server.accessToken({ claims: claimsOf(index) }));
      }
      return verifier.tokenCache.tokens;
    };
    expect(await room(() => ({ known: 1 }))).toBeGreaterThan(100);
    expect(await room((index) => ({ [`name_${index}`]: 1 }))).toBeLessThan(60);
  });

  test('a token with a long header takes no more room, as headers are shared', async () => {
    const claims = { jti: 'c0ffee' };
    const added = async (header: Record<string, unknown> = {}) => {
      const { bytes } = verifier.tokenCache;
      await verifier.verify(await server.accessToken({ claims, header }));
      return verifier.tokenCache.bytes - bytes;
    };
    await added({ note: 'the first one with these claims' });
    expect(await added({ note: 'n'.repeat(500) })).toBe(await added());
  });

  test('tokens whose time is over make room for new ones before those that were used', async () => {
    const token = await server.accessToken({ expiresIn: 10 });
    await verifier.verify(token);
    at(16);
    await verifier.verify(await server.accessToken());
    expect(verifier.tokenCache).toMatchObject({ tokens: 1, evictions: 0 });
  });

  test('an expired token is forgotten when it is sent again', async () => {
    const token = await server.accessToken({ expiresIn: 10 });
    await verifier.verify(token);
    expect(verifier.tokenCache.tokens).toBe(1);
    at(16);
    expect(await outcome(verifier, token)).toBe(refusal.exp);
    expect(verifier.tokenCache).toMatchObject({ tokens: 0, bytes: 0 });
  });

  test('hits and misses are counted, and a look without a verification is not', async () => {
    const token = await server.accessToken();
    expect(verifier.knows(token)).toBe(false);
    await verifier.verify(token);
    expect(verifier.knows(token)).toBe(true);
    await verifier.verify(token);
    await verifier.verify(token);
    await outcome(verifier, 'a.b.c');
    expect(verifier.tokenCache).toMatchObject({ hits: 2, misses: 2, tokens: 1 });
  });
});

describe('the digest of a token', () => {
  let hash: jest.SpyInstance;
  beforeEach(() => {
    hash = jest.spyOn(crypto, 'hash');
  });
  afterEach(() => hash.mockRestore());
  const digests = () => hash.mock.calls.length;

  test('is worked out once for a new token, and once for a known one', async () => {
    const token = await server.accessToken();
    await verifier.verify(token);
    expect(digests()).toBe(1);
    await verifier.verify(token);
    expect(digests()).toBe(2);
  });

  test.each([
    ['that its claims rule out', () => server.accessToken({ expiresIn: -60 })],
    ['that is not readable', async () => 'a.b.c'],
    ['with another signature', async () => (await server.accessToken()).replace(/.{16}$/, '0123456789abcdef')],
  ])('is not worked out for a token %s, however often it is sent', async (_, tokenOf) => {
    await verifier.verify(await server.accessToken());
    const token = await tokenOf();
    hash.mockClear();
    for (let count = 0; count < 3; count += 1) await outcome(verifier, token);
    expect(digests()).toBe(0);
    expect(verifier.tokenCache).toMatchObject({ hits: 0, misses: 4 });
  });

  test('is worked out once more for a token that has expired, and not again when it is forgotten', async () => {
    const token = await server.accessToken({ expiresIn: 60 });
    await verifier.verify(token);
    at(100);
    const counts: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      hash.mockClear();
      expect(await outcome(verifier, token)).toBe(refusal.exp);
      counts.push(digests());
    }
    expect(counts).toEqual([1, 0, 0]);
  });

  test('decides, not the end of the signature', async () => {
    const token = await server.accessToken();
    await verifier.verify(token);
    const [header, , signature] = token.split('.');
    const [, claims] = (await server.accessToken({ acr: 'urn:example:phr' })).split('.');
    expect(await outcome(verifier, `${header}.${claims}.${signature}`)).toBe(refusal.signature);
    expect(verifier.tokenCache).toMatchObject({ hits: 0, misses: 2, tokens: 1 });
  });
});

describe('the memory of known tokens', () => {
  test('RFC 6234 a token is found by all 256 bits of its SHA-256 digest', () => {
    for (const token of ['', 'a.b.c', 'x'.repeat(16_384)]) {
      const octets = createHash('sha256').update(token).digest();
      expect(Buffer.from(new TokenIdentity(token).digest, 'latin1')).toEqual(octets);
    }
  });

  test('a verified token is frozen at every depth', async () => {
    const claims = { amr: ['pwd'], realm_access: { roles: [{ name: 'admin' }] }, empty: {} };
    const verified = await verifier.verify(await server.accessToken({ acr: 'mfa', claims }));
    expect(Object.isFrozen(verified)).toBe(true);
    expect(unfrozen(verified.claims)).toEqual([]);
    expect(unfrozen(verified.event)).toEqual([]);
  });

  test('the memory of known tokens holds no token and no part of it', async () => {
    const token = await server.accessToken();
    const add = jest.spyOn(SieveCache.prototype, 'add');
    await verifier.verify(token);
    expect(add).toHaveBeenCalledTimes(1);
    const remembered = JSON.stringify(add.mock.calls);
    add.mockRestore();
    for (const part of [token, ...token.split('.')]) {
      expect(remembered).not.toContain(part);
    }
  });
});

/** The paths of objects that could be changed. */
function unfrozen(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const within = Object.entries(value).flatMap(([name, member]) => unfrozen(member, `${path}/${name}`));
  return Object.isFrozen(value) ? within : [path, ...within];
}
