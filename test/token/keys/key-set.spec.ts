import crypto, { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { AccessTokenRefused, AuthorizationServerUnavailable } from '../../../lib/token/errors.js';
import { KeySet, type KeySetOptions } from '../../../lib/token/keys/key-set.js';
import { stopClockOfEachTest } from '../../support/clock.js';
import { manualTimeouts, serverOfEachTest, slowAnswers, unusableAnswers } from '../json-server.js';

const START = Date.UTC(2026, 0, 1);
const OIDC = '/.well-known/openid-configuration';
const UNKNOWN = { kid: 'nobody', alg: 'ES256' };

const jwks = {
  p256: publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  anotherP256: publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  p384: publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  p521: publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-521' })),
  secp256k1: publicJwk(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
  rsa2048: publicJwk(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  anotherRsa2048: publicJwk(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  rsa1024: publicJwk(generateKeyPairSync('rsa', { modulusLength: 1024 })),
  ed25519: publicJwk(generateKeyPairSync('ed25519')),
  ed448: publicJwk(generateKeyPairSync('ed448')),
};
const A = { ...jwks.p256, kid: 'a', use: 'sig' };
const B = { ...jwks.anotherP256, kid: 'b', use: 'sig' };
const a = { kid: 'a', alg: 'ES256' };
const b = { kid: 'b', alg: 'ES256' };

function publicJwk({ publicKey }: { publicKey: crypto.KeyObject }): JsonWebKey {
  return publicKey.export({ format: 'jwk' });
}

stopClockOfEachTest(START);
const server = serverOfEachTest();
afterEach(() => jest.restoreAllMocks());

const publish = (...keys: unknown[]) => server.json('/jwks', { keys });
const breakDown = () => server.text('/jwks', 'down', 500);
const fetches = () => server.hits('/jwks');
const at = (seconds: number) => jest.setSystemTime(START + seconds * 1000);

function keySet(options: Partial<KeySetOptions> = {}): KeySet {
  return new KeySet({ issuer: server.origin, jwksUri: `${server.origin}/jwks`, ...options });
}

async function warm(options?: Partial<KeySetOptions>) {
  publish(A);
  const keys = keySet(options);
  return { keys, key: await keys.keyFor(a) };
}

/** How a key is answered: its kid, or what is thrown or rejected. `at once` where no promise is involved. */
async function outcome(keys: KeySet, header: { kid?: string; alg: string }): Promise<string> {
  let when = 'at once';
  try {
    const found = keys.keyFor(header);
    if (found instanceof Promise) when = 'later';
    return `${(await found).kid} ${when}`;
  } catch (error) {
    if (error instanceof AccessTokenRefused) return `${error.error} ${when}: ${error.message}`;
    if (error instanceof AuthorizationServerUnavailable) return `retry after ${error.retryAfter} ${when}`;
    throw error;
  }
}

const NOT_KNOWN = 'The key of the access token is not known';
const NOT_FITTING = 'The key of the access token does not fit its algorithm';
const SEVERAL = 'Several keys fit the access token';

describe('the key document', () => {
  test('the document is fetched when first needed, and then serves all its keys synchronously', async () => {
    const kids = Array.from({ length: 8 }, (_, index) => `k${index}`);
    publish(...kids.map((kid) => ({ ...jwks.p256, kid })));
    const keys = keySet();
    expect(fetches()).toBe(0);
    await keys.keyFor({ kid: 'k0', alg: 'ES256' });
    for (const kid of kids) expect(keys.keyFor({ kid, alg: 'ES256' })).toMatchObject({ kid });
    expect(fetches()).toBe(1);
  });

  test('the document is fetched once for twenty requests at the same time', async () => {
    publish(A, B);
    const keys = keySet();
    const found = await Promise.all(Array.from({ length: 20 }, (_, index) => keys.keyFor(index % 2 === 0 ? a : b)));
    expect(found.map(({ kid }) => kid)).toEqual(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'a' : 'b')),
    );
    expect(fetches()).toBe(1);
  });

  test('a key has kid and the alg of its JWK, and is frozen', async () => {
    publish({ ...A, alg: 'ES256' });
    const key = await keySet().keyFor(a);
    expect({ ...key, key: key.key.export({ format: 'jwk' }) }).toEqual({ kid: 'a', alg: 'ES256', key: jwks.p256 });
    expect(Object.isFrozen(key)).toBe(true);
  });

  test('the document costs one import for each key, and none for a request', async () => {
    const imports = jest.spyOn(crypto, 'createPublicKey');
    const ours = () => imports.mock.calls.filter(([key]) => typeof key === 'string').length;
    publish(A, B);
    const keys = keySet();
    await keys.keyFor(a);
    expect(ours()).toBe(2);
    imports.mockClear();
    for (let index = 0; index < 100; index += 1) keys.keyFor(index % 2 === 0 ? a : b);
    expect(imports).not.toHaveBeenCalled();

    at(601);
    await keys.keyFor(a);
    expect(fetches()).toBe(2);
    expect(ours()).toBe(0);
  });
});

describe('unknown keys', () => {
  test('a thousand unknown keys within the cooldown cost no fetch and no import', async () => {
    const { keys } = await warm();
    const imports = jest.spyOn(crypto, 'createPublicKey');
    for (let index = 0; index < 1000; index += 1) {
      expect(() => keys.keyFor({ kid: `x${index}`, alg: 'ES256' })).toThrow(new AccessTokenRefused('key_unknown'));
    }
    expect(fetches()).toBe(1);
    expect(imports).not.toHaveBeenCalled();
  });

  test('a flood of unknown keys over a minute costs 1 + elapsed/cooldown fetches, one at a time', async () => {
    const { keys } = await warm();
    for (let second = 0; second <= 60; second += 1) {
      at(second);
      await Promise.all(Array.from({ length: 50 }, (_, index) => outcome(keys, { kid: `x${index}`, alg: 'ES256' })));
    }
    expect(fetches()).toBe(1 + 60 / 10);
    expect(await outcome(keys, a)).toBe('a at once');
  });

  test('twenty requests without keys in memory cost one fetch', async () => {
    publish(A);
    const keys = keySet();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(keys, UNKNOWN)));
    expect(new Set(outcomes)).toEqual(new Set([`invalid_token later: ${NOT_KNOWN}`]));
    expect(fetches()).toBe(1);
  });

  test('a cooldown longer than refreshAfter applies to unknown keys too', async () => {
    const { keys } = await warm({ refreshAfter: 2 });
    at(5);
    expect(await outcome(keys, UNKNOWN)).toBe(`invalid_token at once: ${NOT_KNOWN}`);
    expect(fetches()).toBe(1);
    expect(await outcome(keys, a)).toBe('a later');
    expect(fetches()).toBe(2);
  });

  test.each(['', '__proto__', 'constructor'])('kid "%s" is one of them', async (kid) => {
    const { keys } = await warm();
    expect(await outcome(keys, { kid, alg: 'ES256' })).toBe(`invalid_token at once: ${NOT_KNOWN}`);
  });
});

describe('rotation', () => {
  test('a new key is found after the cooldown', async () => {
    const { keys } = await warm();
    publish(A, B);
    at(9.999);
    expect(await outcome(keys, b)).toBe(`invalid_token at once: ${NOT_KNOWN}`);
    at(10);
    expect(await outcome(keys, b)).toBe('b later');
    expect(fetches()).toBe(2);
  });

  test('a withdrawn key is gone, and an unchanged one is the same object', async () => {
    publish(A, B);
    const keys = keySet();
    const before = await keys.keyFor(a);
    publish(A);
    at(600);
    expect(await outcome(keys, b)).toBe(`invalid_token later: ${NOT_KNOWN}`);
    expect(keys.keyFor(a)).toBe(before);
    expect(fetches()).toBe(2);
  });

  test.each([
    ['other material', { ...B, kid: 'a' }],
    ['a named algorithm', { ...A, alg: 'ES256' }],
  ])('%s under the same kid is another object', async (_name, jwk) => {
    const { keys, key } = await warm();
    publish(jwk);
    at(600);
    const after = await keys.keyFor(a);
    expect(after).not.toBe(key);
    expect(publicJwk({ publicKey: after.key })).toMatchObject({ x: jwk.x });
  });

  test('a key whose kid goes to one of another kind once refreshAfter is over is judged by the new document', async () => {
    const { keys } = await warm();
    publish({ ...jwks.rsa2048, kid: 'a' });
    at(600);
    expect(await outcome(keys, { kid: 'a', alg: 'RS256' })).toBe('a later');
    expect(fetches()).toBe(2);
  });

  test('a failure before the first document does not put refreshAfter off', async () => {
    breakDown();
    const keys = keySet({ refreshAfter: 2, random: () => 1 });
    expect(await outcome(keys, a)).toBe('retry after 1 later');
    publish(A);
    at(0.1);
    expect(await outcome(keys, a)).toBe('a later');
    at(2);
    expect(await outcome(keys, a)).toBe('a at once');
    at(2.2);
    expect(await outcome(keys, a)).toBe('a later');
    expect(fetches()).toBe(3);
  });

  test('from half of refreshAfter on, a use refreshes in the background and does not wait', async () => {
    const { keys, key } = await warm();
    publish(A, B);
    at(299);
    expect(keys.keyFor(a)).toBe(key);
    await idle();
    expect(fetches()).toBe(1);

    at(300);
    expect(keys.keyFor(a)).toBe(key);
    expect(keys.keyFor(a)).toBe(key);
    await until(() => fetches() === 2);
    expect(await outcome(keys, b)).toBe('b later');
    at(599);
    expect(keys.keyFor(a)).toBe(key);
    expect(await outcome(keys, b)).toBe('b at once');
    expect(fetches()).toBe(2);
  });

  test('the background refresh respects the cooldown', async () => {
    const { keys } = await warm({ refreshAfter: 12 });
    at(9);
    keys.keyFor(a);
    await idle();
    expect(fetches()).toBe(1);
    at(10);
    keys.keyFor(a);
    await until(() => fetches() === 2);
  });

  test('the age of a document counts from its request', async () => {
    server.answers.set('/jwks', (_request, response) => {
      at(4);
      response.end(JSON.stringify({ keys: [A] }));
    });
    const keys = keySet();
    await keys.keyFor(a);
    publish(B);
    at(600);
    expect(await outcome(keys, a)).toBe(`invalid_token later: ${NOT_KNOWN}`);
  });

  test('the document is fetched again if the clock was set back', async () => {
    const { keys, key } = await warm();
    at(-3600);
    await expect(keys.keyFor(a)).resolves.toBe(key);
    expect(fetches()).toBe(2);
  });
});

describe('outage', () => {
  test('without keys in memory the server is unavailable, and the failure is kept until the next attempt', async () => {
    breakDown();
    const keys = keySet({ random: () => 1 });
    expect(await outcome(keys, a)).toBe('retry after 1 later');
    at(0.099);
    expect(await outcome(keys, a)).toBe('retry after 1 at once');
    expect(fetches()).toBe(1);
    publish(A);
    at(0.1);
    expect(await outcome(keys, a)).toBe('a later');
    expect(await outcome(keys, UNKNOWN)).toBe(`invalid_token at once: ${NOT_KNOWN}`);
    expect(fetches()).toBe(2);
    at(10.1);
    expect(await outcome(keys, UNKNOWN)).toBe(`invalid_token later: ${NOT_KNOWN}`);
  });

  test.each<[name: string, random: () => number, times: number[]]>([
    ['the longest', () => 1, [0, 100, 300, 700, 1500, 2500, 3500, 4500]],
    ['the shortest', () => 0, [0, 50, 150, 350, 750, 1250, 1750, 2250, 2750, 3250, 3750, 4250, 4750]],
  ])(
    'without keys in memory the delay doubles up to a second while the server is down: %s',
    async (_, random, times) => {
      breakDown();
      const keys = keySet({ random });
      const asked: number[] = [];
      for (let milliseconds = 0; milliseconds < 5000; milliseconds += 10) {
        at(milliseconds / 1000);
        const before = fetches();
        await Promise.all(Array.from({ length: 5 }, () => outcome(keys, a)));
        if (fetches() > before) asked.push(milliseconds);
        expect(fetches() - before).toBeLessThanOrEqual(1);
      }
      expect(asked).toEqual(times);
    },
  );

  test.each([0.3, 2, 30])(
    'a server that is back after %d seconds without keys serves within a second, for one fetch',
    async (seconds) => {
      breakDown();
      const keys = keySet();
      for (let half = 0; half <= seconds * 2; half += 1) {
        at(half / 2);
        expect(await outcome(keys, a)).toMatch(/^retry after 1 /);
      }
      at(seconds);
      await outcome(keys, a);
      publish(A);
      const before = fetches();
      at(seconds + 1);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(keys, a)));
      expect(new Set(outcomes)).toEqual(new Set(['a later']));
      expect(fetches()).toBe(before + 1);
    },
  );

  test('the delay starts over after keys came', async () => {
    breakDown();
    const keys = keySet({ random: () => 1, refreshAfter: 60, staleFor: 0 });
    for (const second of [0, 1, 2, 3, 4]) {
      at(second);
      await outcome(keys, a);
    }
    publish(A);
    at(5);
    expect(await outcome(keys, a)).toBe('a later');
    breakDown();
    at(65);
    expect(await outcome(keys, a)).toBe('retry after 1 later');
    publish(A);
    at(65.1);
    expect(await outcome(keys, a)).toBe('a later');
  });

  test('known keys are served from the last document until staleFor is over, without a second wait', async () => {
    const { keys } = await warm({ refreshAfter: 100, staleFor: 50, random: () => 1 });
    breakDown();
    at(120);
    expect(await outcome(keys, a)).toBe('a later');
    expect(await outcome(keys, a)).toBe('a at once');
    expect(await outcome(keys, UNKNOWN)).toBe('retry after 10 at once');
    expect(await outcome(keys, { kid: 'a', alg: 'RS256' })).toBe(`invalid_token at once: ${NOT_FITTING}`);
    at(129.9);
    expect(await outcome(keys, a)).toBe('a at once');
    expect(fetches()).toBe(2);
    at(149.9);
    expect(await outcome(keys, a)).toBe('a at once');
    expect(await outcome(keys, UNKNOWN)).toBe('retry after 10 later');
    expect(fetches()).toBe(3);
    at(150);
    expect(await outcome(keys, a)).toBe('retry after 1 at once');
    at(150.2);
    expect(await outcome(keys, a)).toBe('retry after 1 later');
    expect(fetches()).toBe(4);
    publish(A);
    at(151.2);
    expect(await outcome(keys, a)).toBe('a later');
  });

  test.each(slowAnswers)(
    '$name: once a try has failed, known keys are served while the next one waits, and unknown ones wait with it',
    async ({ answer }) => {
      const { keys, key } = await warm();
      server.answers.set('/jwks', answer);
      const timeouts = manualTimeouts();
      at(600);
      const first = outcome(keys, a);
      await until(() => fetches() === 2);
      timeouts.expire();
      expect(await first).toBe('a later');

      for (const seconds of [610, 669.9]) {
        at(seconds);
        const before = fetches();
        expect(keys.keyFor(a)).toBe(key);
        expect(keys.keyFor(a)).toBe(key);
        const unknown = outcome(keys, UNKNOWN);
        await until(() => fetches() === before + 1);
        expect(keys.keyFor(a)).toBe(key);
        timeouts.expire();
        expect(await unknown).toBe('retry after 10 later');
      }
    },
  );

  test('a failure of more than a minute ago says nothing: a withdrawn key is not served before the next try', async () => {
    const { keys } = await warm();
    breakDown();
    at(600);
    expect(await outcome(keys, a)).toBe('a later');
    publish(B);
    at(660.1);
    expect(await outcome(keys, a)).toBe(`invalid_token later: ${NOT_KNOWN}`);
  });

  test('a key that was withdrawn in an outage is served no longer than until the next try has ended', async () => {
    const { keys, key } = await warm();
    breakDown();
    at(600);
    await outcome(keys, a);
    publish(B);
    at(610);
    expect(keys.keyFor(a)).toBe(key);
    expect(await outcome(keys, b)).toBe('b later');
    expect(await outcome(keys, a)).toBe(`invalid_token at once: ${NOT_KNOWN}`);
  });

  test('within refreshAfter known keys are served synchronously, and one background refresh for each cooldown fails silently', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const { keys } = await warm();
      breakDown();
      at(300);
      expect(await outcome(keys, a)).toBe('a at once');
      expect(await outcome(keys, UNKNOWN)).toBe('retry after 10 later');
      for (let second = 301; second < 310; second += 1) {
        at(second);
        expect(await outcome(keys, a)).toBe('a at once');
      }
      await idle();
      expect(fetches()).toBe(2);
      at(310);
      expect(await outcome(keys, a)).toBe('a at once');
      expect(await outcome(keys, UNKNOWN)).toBe('retry after 10 later');
      expect(fetches()).toBe(3);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });

  test('a document that came late is not too old to use', async () => {
    publish(A);
    const { keys } = await warm({ refreshAfter: 1, staleFor: 0 });
    server.answers.set('/jwks', (_request, response) => {
      at(13);
      response.end(JSON.stringify({ keys: [A] }));
    });
    at(10);
    expect(await outcome(keys, a)).toBe('a later');
  });

  test.each(slowAnswers)(
    '$name: every request waits for one timeout of five seconds, and no longer',
    async ({ answer }) => {
      const timeouts = manualTimeouts();
      server.answers.set('/jwks', answer);
      const keys = keySet();
      const outcomes = Promise.all([outcome(keys, a), outcome(keys, b)]);
      await until(() => fetches() > 0);
      await idle();
      timeouts.expire();
      expect(await outcomes).toEqual(['retry after 1 later', 'retry after 1 later']);
      expect(timeouts.milliseconds).toEqual([5000]);
      expect(fetches()).toBe(1);
      await expect(async () => keys.keyFor(a)).rejects.toMatchObject({
        message: `${server.origin}: its key document was not read in time`,
      });
    },
  );

  test.each(unusableAnswers)('$name is a failure that keeps the good document', async ({ answer, reason }) => {
    const { keys, key } = await warm();
    server.answers.set('/jwks', answer);
    server.json('/elsewhere', { keys: [A, B] });
    at(600);
    await expect(keys.keyFor(a)).resolves.toBe(key);
    await expect(async () => keys.keyFor(b)).rejects.toMatchObject({
      message: `${server.origin}: its key document ${reason}`,
    });
    expect(fetches()).toBe(2);
    expect(server.hits('/elsewhere')).toBe(0);
  });
});

describe('the content of the document', () => {
  const useless = 'has no key that can verify';
  test.each([
    ['no list', {}, 'has no list of keys'],
    ['a list that is none', { keys: { 0: A, length: 1 } }, 'has no list of keys'],
    ['an inherited list', JSON.parse(`{"__proto__":${JSON.stringify({ keys: [A] })}}`), 'has no list of keys'],
    ['an empty list', { keys: [] }, useless],
    ['no objects', { keys: [null, 7, 'a', true, [], [A]] }, useless],
    ['encryption keys only', { keys: [{ ...A, use: 'enc' }] }, useless],
    ['RSA keys too short', { keys: [{ ...jwks.rsa1024, kid: 'a' }] }, useless],
    ['a curve without an algorithm', { keys: [{ ...jwks.secp256k1, kid: 'a' }] }, useless],
    ['an algorithm that is none of the key', { keys: [{ ...A, alg: 'HS256' }] }, useless],
  ])('%s: a failure that keeps the good document', async (_name, document, reason) => {
    const { keys, key } = await warm();
    server.json('/jwks', document);
    at(600);
    await expect(keys.keyFor(a)).resolves.toBe(key);
    await expect(async () => keys.keyFor(b)).rejects.toMatchObject({
      message: `${server.origin}: its key document ${reason}`,
    });
  });

  test.each([
    ['keys_unreadable', { keys: 'none' }],
    ['keys_unusable', { keys: [{ ...A, use: 'enc' }] }],
  ])('%s is the code of the failure with %j', async (code, document) => {
    const failed = jest.fn();
    server.json('/jwks', document);
    await expect(async () => keySet({ failed }).keyFor(a)).rejects.toMatchObject({ code });
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code }));
  });

  const secret = { kty: 'oct', k: 'c2VjcmV0', kid: 'b', alg: 'HS256' };
  const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  test.each([
    ['key_ops without verify', { ...B, key_ops: ['sign', 'encrypt'] }],
    ['key_ops that are no list', { ...B, key_ops: 'verify' }],
    ['key_ops null', { ...B, key_ops: null }],
    ['use enc', { ...B, use: 'enc' }],
    ['use of the wrong type', { ...B, use: ['sig'] }],
    ['kid of the wrong type', { ...B, kid: { toString: 'b' } }],
    ['alg of the wrong type', { ...B, alg: ['ES256'] }],
    ['an unknown kty', { ...B, kty: 'AKP' }],
    ['a kty of the wrong type', { ...B, kty: ['EC'] }],
    ['a symmetric key', secret],
    ['a private key', { ...privateKey, kid: 'b' }],
    ['a coordinate missing', { ...B, y: undefined }],
    ['a coordinate of the wrong type', { ...B, x: 7 }],
    ['a point off the curve', { ...B, x: jwks.p256.x }],
  ])('a key with %s is ignored, and the others are used', async (_name, jwk) => {
    publish(jwk, A);
    const keys = keySet();
    expect(await outcome(keys, a)).toBe('a later');
    expect(await outcome(keys, b)).toBe(`invalid_token at once: ${NOT_KNOWN}`);
  });

  test.each([
    ['key_ops with verify', { ...B, key_ops: ['verify'] }],
    ['a member "__proto__"', JSON.parse(`{"__proto__":{"use":"enc"},${JSON.stringify(B).slice(1)}`)],
  ])('a key with %s is used', async (_name, jwk) => {
    publish(jwk);
    expect(await outcome(keySet(), b)).toBe('b later');
  });

  test('no more than a hundred keys are imported', async () => {
    publish(...Array.from({ length: 101 }, (_, index) => ({ ...jwks.p256, kid: `k${index}` })));
    const keys = keySet();
    expect(await outcome(keys, { kid: 'k99', alg: 'ES256' })).toBe('k99 later');
    expect(await outcome(keys, { kid: 'k100', alg: 'ES256' })).toBe(`invalid_token at once: ${NOT_KNOWN}`);
  });

  test.each([null, 7, 'a', true, { ...A, key_ops: ['sign'] }])(
    'what cannot verify does not count among the hundred: %j',
    async (other) => {
      publish(...Array.from({ length: 100 }, () => other), A);
      expect(await outcome(keySet(), a)).toBe('a later');
    },
  );

  test.each(['EdDSA', 'Ed25519'])(
    'RFC 9864 the algorithm of an Ed25519 key has one name, also with alg %s',
    async (alg) => {
      publish({ ...jwks.ed25519, kid: 'a', alg });
      expect(await keySet().keyFor({ kid: 'a', alg })).toMatchObject({ alg: 'EdDSA' });
    },
  );
});

describe('RS-68 the key must fit the algorithm', () => {
  const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
  const ALL = [...RSA, 'ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'Ed25519', 'HS256', 'none', ''];
  test.each([
    ['rsa2048', undefined, RSA],
    ['rsa2048', 'PS256', ['PS256']],
    ['rsa2048', 'RS256', ['RS256']],
    ['rsa2048', 'ES256', []],
    ['rsa2048', 'RSA-OAEP', []],
    ['rsa1024', undefined, []],
    ['rsa1024', 'RS256', []],
    ['p256', undefined, ['ES256']],
    ['p256', 'ES256', ['ES256']],
    ['p256', 'ES384', []],
    ['p384', undefined, ['ES384']],
    ['p521', undefined, ['ES512']],
    ['secp256k1', 'ES256K', []],
    ['ed25519', undefined, ['EdDSA', 'Ed25519']],
    ['ed25519', 'EdDSA', ['EdDSA', 'Ed25519']],
    ['ed25519', 'Ed25519', ['EdDSA', 'Ed25519']],
    ['ed448', undefined, []],
  ] as const)('%s with alg %s: %j', async (name, alg, fitting) => {
    publish({ ...jwks[name], kid: 'k', ...(alg && { alg }) }, A);
    const keys = keySet();
    await keys.keyFor(a);
    const accepted: string[] = [];
    for (const headerAlg of ALL) {
      const answer = await outcome(keys, { kid: 'k', alg: headerAlg });
      if (answer === 'k at once') accepted.push(headerAlg);
      else expect(answer).toBe(`invalid_token at once: ${NOT_FITTING}`);
    }
    expect(accepted).toEqual(fitting);
    expect(fetches()).toBe(1);
  });
});

describe('the choice between several keys', () => {
  const rsa = { ...jwks.rsa2048, kid: 'a' };
  test.each([
    ['no kid, one fits', [A, { ...jwks.rsa2048, kid: 'r' }], { alg: 'ES256' }, 'a'],
    ['no kid, the one that fits has none either', [jwks.p256], { alg: 'ES256' }, 'undefined'],
    ['no kid, one fits beside one whose kid is no string', [A, { ...B, kid: 7 }], { alg: 'ES256' }, 'a'],
    ['no kid, two fit', [A, B], { alg: 'ES256' }, SEVERAL],
    ['no kid, none fits', [A, B], { alg: 'RS256' }, NOT_KNOWN],
    ['one kid for two kinds of key', [A, rsa], a, 'a'],
    ['one kid for two kinds of key, the other one', [A, rsa], { kid: 'a', alg: 'PS256' }, 'a'],
    ['one kid for two kinds of key, neither fits', [A, rsa], { kid: 'a', alg: 'ES384' }, NOT_FITTING],
    ['one kid for two keys that fit', [A, { ...B, kid: 'a' }], a, SEVERAL],
    [
      'one kid for two keys told apart by alg',
      [
        { ...rsa, alg: 'RS256' },
        { ...jwks.anotherRsa2048, kid: 'a', alg: 'PS256' },
      ],
      { kid: 'a', alg: 'PS256' },
      'a',
    ],
    ['a kid, and a key without one', [jwks.p256, B], a, NOT_KNOWN],
    ['the same key twice', [A, A], a, 'a'],
  ])('%s', async (_name, published, header, expected) => {
    publish(...published);
    expect((await outcome(keySet(), header)).replace('invalid_token later: ', '').replace(' later', '')).toBe(expected);
  });

  test('alg decides between keys of one kid', async () => {
    publish(A, rsa);
    const keys = keySet();
    expect((await keys.keyFor(a)).key.asymmetricKeyType).toBe('ec');
    expect((await keys.keyFor({ kid: 'a', alg: 'RS256' })).key.asymmetricKeyType).toBe('rsa');
  });
});

describe('discovery', () => {
  const discover = (jwksPath = '/jwks') =>
    server.json(OIDC, { issuer: server.origin, jwks_uri: server.origin + jwksPath });
  const discovered = () => new KeySet({ issuer: server.origin });

  test('twenty requests without keys in memory cost one fetch of each document, and metadata is kept as long as the keys', async () => {
    publish(A);
    discover();
    const keys = discovered();
    await Promise.all(Array.from({ length: 20 }, () => keys.keyFor(a)));
    expect(server.requests).toEqual([OIDC, '/jwks']);
    at(599);
    await outcome(keys, UNKNOWN);
    expect(server.requests).toEqual([OIDC, '/jwks', '/jwks']);
    at(1199);
    expect(await outcome(keys, a)).toBe('a later');
    expect(server.requests).toEqual([OIDC, '/jwks', '/jwks', OIDC, '/jwks']);
  });

  test('with metadata of another issuer the server is unavailable, and the failure is kept', async () => {
    publish(A);
    server.json(OIDC, { issuer: 'https://other.example', jwks_uri: `${server.origin}/jwks` });
    const keys = discovered();
    expect(await outcome(keys, a)).toBe('retry after 1 later');
    expect(await outcome(keys, a)).toBe('retry after 1 at once');
    await expect(async () => keys.keyFor(a)).rejects.toMatchObject({
      code: 'metadata_issuer_mismatch',
      message: `${server.origin}: its metadata names the issuer "https://other.example"; configure exactly that one`,
    });
    expect(server.requests).toEqual([OIDC]);
  });

  test('metadata that cannot be read at the start is read again within a second', async () => {
    publish(A);
    const keys = discovered();
    for (const second of [0, 1, 2, 3]) {
      at(second);
      expect(await outcome(keys, a)).toMatch(/^retry after 1 /);
    }
    discover();
    const before = server.hits(OIDC);
    at(4);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(keys, a)));
    expect(new Set(outcomes)).toEqual(new Set(['a later']));
    expect(server.hits(OIDC)).toBe(before + 1);
  });

  test('a failure of discovery keeps the good document', async () => {
    publish(A);
    discover();
    const keys = discovered();
    const key = await keys.keyFor(a);
    server.text(OIDC, 'down', 500);
    at(600);
    await expect(keys.keyFor(a)).resolves.toBe(key);
    expect(fetches()).toBe(1);
  });

  test('a key document that moved is found after the cooldown', async () => {
    publish(A);
    discover();
    const keys = discovered();
    await keys.keyFor(a);
    server.answers.delete('/jwks');
    discover('/moved');
    server.json('/moved', { keys: [A, B] });
    at(10);
    expect(await outcome(keys, b)).toBe('retry after 10 later');
    at(20);
    expect(await outcome(keys, b)).toBe('b later');
  });

  test('metadata and keys are fetched within one timeout', async () => {
    discover();
    server.answers.set('/jwks', () => undefined);
    const timeouts = manualTimeouts();
    const found = outcome(new KeySet({ issuer: server.origin }), a);
    await server.receives('/jwks');
    timeouts.expire();
    expect(await found).toBe('retry after 1 later');
    expect(timeouts.milliseconds).toEqual([5000]);
  });
});

/** Lets everything that was started without being awaited get to the network. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
