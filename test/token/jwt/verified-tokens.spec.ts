import { randomUUID } from 'node:crypto';
import { Session } from 'node:inspector/promises';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import type { AccessTokenVerifier } from '../../../lib/token/index.js';
import { verifySignature } from '../../../lib/token/jwt/signature.js';
import { VerifiedTokens } from '../../../lib/token/jwt/verified-tokens.js';
import { JsonServer } from '../json-server.js';
import { accessTokenClaims, keyPair, signToken } from '../signed-token.js';
import { outcome, refusal, verifierOf } from '../verification.js';

jest.mock('../../../lib/token/jwt/signature.js', () => {
  const actual = jest.requireActual<typeof import('../../../lib/token/jwt/signature.js')>(
    '../../../lib/token/jwt/signature.js',
  );
  return { verifySignature: jest.fn(actual.verifySignature) };
});

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
  test('at most a thousand tokens are known, and the oldest are forgotten first', async () => {
    const tokens = await Promise.all(Array.from({ length: 1001 }, () => server.accessToken()));
    await verifier.verify(tokens[0]!);
    for (const token of tokens.slice(1)) await verifier.verify(token);
    expect(verifications()).toBe(1001);

    for (const token of tokens.slice(1)) await verifier.verify(token);
    expect(verifications()).toBe(1001);
    await verifier.verify(tokens[0]!);
    expect(verifications()).toBe(1002);
    await verifier.verify(tokens[1]!);
    expect(verifications()).toBe(1003);
  });
});

describe('the memory of known tokens', () => {
  test('a verified token is frozen at every depth', async () => {
    const claims = { amr: ['pwd'], realm_access: { roles: [{ name: 'admin' }] }, empty: {} };
    const verified = await verifier.verify(await server.accessToken({ acr: 'mfa', claims }));
    expect(Object.isFrozen(verified)).toBe(true);
    expect(unfrozen(verified.claims)).toEqual([]);
    expect(unfrozen(verified.event)).toEqual([]);
  });

  test('the memory of known tokens holds no token and no part of it', async () => {
    const token = await server.accessToken();
    const add = jest.spyOn(VerifiedTokens.prototype, 'add');
    await verifier.verify(token);
    expect(add).toHaveBeenCalledTimes(1);
    const remembered = JSON.stringify(add.mock.calls);
    const [[, , isKeyCurrent] = []] = add.mock.calls;
    add.mockRestore();
    const captured = await capturedTexts(isKeyCurrent!);
    for (const part of [token, ...token.split('.')]) {
      expect(remembered).not.toContain(part);
      expect(captured).not.toContain(part);
    }
  });
});

/** The texts that a function keeps alive by the scopes it was made in, as a debugger shows them. */
async function capturedTexts(of: () => unknown): Promise<string[]> {
  const session = new Session();
  session.connect();
  const name = `captured-${randomUUID()}`;
  // shared with the main context, where the inspector evaluates; Jest's own globals are not
  Object.assign(Buffer, { [name]: of });
  try {
    const { result } = await session.post('Runtime.evaluate', { expression: `Buffer['${name}']` });
    const { internalProperties = [] } = await session.post('Runtime.getProperties', { objectId: result.objectId! });
    const scopes = internalProperties.find((property) => property.name === '[[Scopes]]')?.value?.objectId;
    const texts: string[] = [];
    for (const { value: scope } of (await session.post('Runtime.getProperties', { objectId: scopes! })).result) {
      if (scope?.description?.startsWith('Closure') !== true) continue;
      const variables = await session.post('Runtime.getProperties', { objectId: scope.objectId!, ownProperties: true });
      for (const { value } of variables.result) if (value?.type === 'string') texts.push(value.value as string);
    }
    return texts;
  } finally {
    delete (Buffer as unknown as Record<string, unknown>)[name];
    session.disconnect();
  }
}

/** The paths of objects that could be changed. */
function unfrozen(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const within = Object.entries(value).flatMap(([name, member]) => unfrozen(member, `${path}/${name}`));
  return Object.isFrozen(value) ? within : [path, ...within];
}
