import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import type { AccessTokenVerifier } from '../../lib/token/index.js';
import { KeySet } from '../../lib/token/keys/key-set.js';
import { VerificationKey } from '../../lib/token/keys/verification-key.js';
import { JsonServer } from './json-server.js';
import { accessTokenClaims, keyPair, signToken } from './signed-token.js';
import { outcome, refusal, verifierOf } from './verification.js';

const AUDIENCE = 'https://api.example';
const signing = keyPair('ES256');
const other = keyPair('ES256');

let server: JsonServer;
beforeAll(async () => {
  server = await new JsonServer().listen();
});
afterAll(() => server?.close());
afterEach(() => jest.restoreAllMocks());

const issuerOf = (index: number) => `${server.origin}/issuer-${index}`;
const tokenOf = (index: number, kid: string | undefined) =>
  signToken(
    'ES256',
    kid?.startsWith('other') ? other.privateKey : signing.privateKey,
    { alg: 'ES256', typ: 'at+jwt', kid },
    { ...accessTokenClaims(issuerOf(index), AUDIENCE), jti: `${index}-${kid}-${Math.random()}` },
  );

/** A verifier of servers with keys, all of which it has fetched. */
async function verifierFor(issuers: number, keys: number): Promise<AccessTokenVerifier> {
  const jwk = { ...signing.publicKey.export({ format: 'jwk' }), kid: 'signing' };
  // keys of one kind differ in their kid
  const others = Array.from({ length: keys - 1 }, (_, index) => ({
    ...other.publicKey.export({ format: 'jwk' }),
    kid: `other-${index}`,
  }));
  server.json('/jwks', { keys: [...others, jwk] });
  const verifier = verifierOf(
    ...Array.from({ length: issuers }, (_, index) => ({
      issuer: issuerOf(index),
      audience: AUDIENCE,
      jwksUri: `${server.origin}/jwks`,
    })),
  );
  for (let index = 0; index < issuers; index += 1) await verifier.verify(tokenOf(index, 'signing'));
  return verifier;
}

/** Counts what the last server's tokens cost: new, known, of an unknown key, and without a kid. */
async function costs(issuers: number, keys: number): Promise<Record<string, number>> {
  const verifier = await verifierFor(issuers, keys);
  const token = tokenOf(issuers - 1, 'signing');
  const asked = server.requests.length;
  const looks = jest.spyOn(KeySet.prototype, 'keyFor');
  const keysTried = jest.spyOn(VerificationKey.prototype, 'isFor');
  const signatures = jest.spyOn(VerificationKey.prototype, 'verifies');
  const counted = () => [looks, keysTried, signatures].map((spy) => spy.mock.calls.length);
  const judge = async (one: string) => {
    const before = counted();
    await outcome(verifier, one);
    return counted().map((count, index) => count - before[index]!);
  };
  const [newLooks, newKeys, newSignatures] = await judge(token);
  const [knownLooks, knownKeys, knownSignatures] = await judge(token);
  const [, unknownKeys, unknownSignatures] = await judge(tokenOf(issuers - 1, 'nobody'));
  const [, ambiguousKeys] = await judge(tokenOf(issuers - 1, undefined));
  const [strangerLooks] = await judge(tokenOf(issuers + 1, 'signing'));
  jest.restoreAllMocks();
  return {
    newLooks: newLooks!,
    newKeys: newKeys!,
    newSignatures: newSignatures!,
    knownLooks: knownLooks!,
    knownKeys: knownKeys!,
    knownSignatures: knownSignatures!,
    unknownKeys: unknownKeys!,
    unknownSignatures: unknownSignatures!,
    ambiguousKeys: ambiguousKeys!,
    strangerLooks: strangerLooks!,
    requests: server.requests.length - asked,
  };
}

test('a token costs the same with 1 server and with 50, with 1 key and with 100 each', async () => {
  const small = await costs(1, 2);
  expect(small).toEqual({
    newLooks: 1,
    newKeys: 1,
    newSignatures: 1,
    knownLooks: 1,
    knownKeys: 1,
    knownSignatures: 0,
    unknownKeys: 0,
    unknownSignatures: 0,
    ambiguousKeys: 2,
    strangerLooks: 0,
    requests: 0,
  });
  expect(await costs(50, 2)).toEqual(small);
  expect(await costs(1, 100)).toEqual(small);
  expect(await costs(4, 50)).toEqual(small);
});

test('without kid a key is found among a hundred of another algorithm at once', async () => {
  const rsa = keyPair('RS256').publicKey.export({ format: 'jwk' });
  server.json('/jwks', {
    keys: [
      ...Array.from({ length: 99 }, (_, index) => ({ ...rsa, kid: `rsa-${index}` })),
      { ...signing.publicKey.export({ format: 'jwk' }), kid: 'signing' },
    ],
  });
  const verifier = verifierOf({ issuer: issuerOf(0), audience: AUDIENCE, jwksUri: `${server.origin}/jwks` });
  await verifier.verify(tokenOf(0, 'signing'));
  const keysTried = jest.spyOn(VerificationKey.prototype, 'isFor');
  expect(await outcome(verifier, tokenOf(0, undefined))).toBe('accepted');
  expect(keysTried).toHaveBeenCalledTimes(1);
});

test('the list of issuers in a refusal is made once, not for each token of a stranger', async () => {
  const one = await createTestAuthorizationServer();
  try {
    const verifier = verifierOf(one, { issuer: 'https://as.example', audience: AUDIENCE });
    const refusals = [];
    for (const issuer of ['https://a.example', 'https://b.example']) {
      const token = await one.accessToken({ claims: { iss: issuer } });
      refusals.push(
        await Promise.resolve()
          .then(() => verifier.verify(token))
          .catch((error: unknown) => error),
      );
    }
    const [first, second] = refusals as { message: string; expected: readonly string[] }[];
    expect(`invalid_token: ${first!.message}`).toBe(refusal.iss);
    expect(first!.expected).toEqual([one.issuer, 'https://as.example']);
    expect(second!.expected).toBe(first!.expected);
  } finally {
    await one.close();
  }
});
