import { createHash, type KeyObject } from 'node:crypto';
import { serverOfEachTest } from '../json-server.js';
import { accessTokenClaims, keyPair, signToken } from '../signed-token.js';
import { outcome, refusal, verifierOf } from '../verification.js';

const AUDIENCE = 'https://api.example';
const server = serverOfEachTest();

const verifier = () => verifierOf({ issuer: server.origin, audience: AUDIENCE, jwksUri: `${server.origin}/jwks` });
const tokenOf = (privateKey: KeyObject, header: Record<string, unknown>) =>
  signToken(
    header['alg'] === 'ES256' ? 'ES256' : 'EdDSA',
    privateKey,
    { typ: 'at+jwt', ...header },
    accessTokenClaims(server.origin, AUDIENCE),
  );
const jwkOf = ({ publicKey }: { publicKey: KeyObject }, members: object = {}) => ({
  ...publicKey.export({ format: 'jwk' }),
  ...members,
});

describe('field RS-06 EdDSA under both of its names', () => {
  const ed25519 = keyPair('EdDSA');
  const algorithms = [undefined, 'EdDSA', 'Ed25519'];

  test.each(algorithms.flatMap((alg) => ['EdDSA', 'Ed25519'].map((named) => ({ alg, named }))))(
    'a key with alg $alg verifies a token with alg $named',
    async ({ alg, named }) => {
      server.json('/jwks', { keys: [jwkOf(ed25519, { kid: 'k', ...(alg !== undefined && { alg }) })] });
      expect(await outcome(verifier(), tokenOf(ed25519.privateKey, { alg: named, kid: 'k' }))).toBe('accepted');
    },
  );

  test.each<[allowed: string, alg: string, expected: string]>([
    ['Ed25519', 'Ed25519', 'accepted'],
    ['EdDSA', 'EdDSA', 'accepted'],
    ['Ed25519', 'EdDSA', refusal.alg],
    ['EdDSA', 'Ed25519', refusal.alg],
  ])('with the option %s a token of alg %s is: %s', async (allowed, alg, expected) => {
    server.json('/jwks', { keys: [jwkOf(ed25519, { kid: 'k', alg: 'Ed25519' })] });
    const options = { issuer: server.origin, audience: AUDIENCE, jwksUri: `${server.origin}/jwks` };
    const there = verifierOf({ ...options, algorithms: [allowed] });
    expect(await outcome(there, tokenOf(ed25519.privateKey, { alg, kid: 'k' }))).toBe(expected);
  });

  test('a key of another type does not fit either name', async () => {
    server.json('/jwks', { keys: [jwkOf(keyPair('ES256'), { kid: 'k' })] });
    expect(await outcome(verifier(), tokenOf(ed25519.privateKey, { alg: 'Ed25519', kid: 'k' }))).toBe(refusal.keyUnfit);
  });
});

describe('RFC 7517 §4.8 a token without kid names its key by a thumbprint', () => {
  const [one, two] = [keyPair('ES256'), keyPair('ES256')];
  const certificate = Buffer.from('a certificate');
  const digest = (algorithm: string) => createHash(algorithm).update(certificate).digest('base64url');

  test.each<[name: string, members: object, header: object]>([
    ['x5t', { x5t: 'AAAA' }, { x5t: 'AAAA' }],
    ['x5t#S256', { 'x5t#S256': 'BBBB' }, { 'x5t#S256': 'BBBB' }],
    ['both, of which the longer counts', { x5t: 'AAAA', 'x5t#S256': 'BBBB' }, { x5t: 'CCCC', 'x5t#S256': 'BBBB' }],
    ['x5t of its certificate', { x5c: [certificate.toString('base64')] }, { x5t: digest('sha1') }],
    ['x5t#S256 of its certificate', { x5c: [certificate.toString('base64')] }, { 'x5t#S256': digest('sha256') }],
  ])('%s', async (_, members, header) => {
    server.json('/jwks', { keys: [jwkOf(one, { x5t: 'other' }), jwkOf(two, members)] });
    const accepting = verifier();
    expect(await outcome(accepting, tokenOf(two.privateKey, { alg: 'ES256', ...header }))).toBe('accepted');
    expect(await outcome(accepting, tokenOf(one.privateKey, { alg: 'ES256', ...header }))).toBe(refusal.signature);
  });

  test.each<[name: string, members: object, header: object, expected: string]>([
    ['of another key is unknown', { x5t: 'AAAA' }, { x5t: 'BBBB' }, refusal.keyUnknown],
    ['is no name if no key has one', {}, { x5t: 'BBBB' }, 'accepted'],
    ['that is no string is no name', { x5t: 'AAAA' }, { x5t: 7 }, 'accepted'],
    ['does not count beside a kid', { x5t: 'AAAA', kid: 'k' }, { x5t: 'BBBB', kid: 'k' }, 'accepted'],
    ['does not replace a kid', { x5t: 'AAAA', kid: 'k' }, { x5t: 'AAAA', kid: 'l' }, refusal.keyUnknown],
    ['in a document that is no string is none', { x5t: 7, x5c: 'MII' }, {}, 'accepted'],
  ])('a thumbprint %s', async (_, members, header, expected) => {
    server.json('/jwks', { keys: [jwkOf(one, members)] });
    expect(await outcome(verifier(), tokenOf(one.privateKey, { alg: 'ES256', ...header }))).toBe(expected);
  });

  test('a member of the header that only has the name "thumbprint" is none, also if the header is known', async () => {
    server.json('/jwks', { keys: [jwkOf(one, { x5t: 'AAAA' })] });
    const accepting = verifier();
    for (const jti of ['first', 'second']) {
      const claims = { ...accessTokenClaims(server.origin, AUDIENCE), jti };
      const header = { typ: 'at+jwt', alg: 'ES256', thumbprint: 'BBBB' };
      expect(await outcome(accepting, signToken('ES256', one.privateKey, header, claims))).toBe('accepted');
    }
  });
});

describe('a key document', () => {
  const key = keyPair('ES256');
  const document = () => JSON.stringify({ keys: [jwkOf(key, { kid: 'k' })] });
  const token = () => tokenOf(key.privateKey, { alg: 'ES256', kid: 'k' });

  test.each([
    'application/json',
    'application/jwk-set+json',
    'application/octet-stream',
    'text/plain;charset=utf-8',
    undefined,
  ])('is read as JSON under the media type %s', async (type) => {
    server.text('/jwks', document(), 200, type === undefined ? {} : { 'content-type': type });
    expect(await outcome(verifier(), token())).toBe('accepted');
  });

  test.each(['application/json', 'application/jwk-set+json'])(
    'field RS-01 is had of a server that has it as %s alone',
    async (type) => {
      server.answers.set('/jwks', ({ headers: { accept = '' } }, response) => {
        const accepted = accept.split(',').map((one) => one.trim().split(';')[0]);
        if (!accepted.includes(type)) return void response.writeHead(406).end();
        response.end(document());
      });
      expect(await outcome(verifier(), token())).toBe('accepted');
    },
  );

  test('may begin with a byte order mark', async () => {
    server.text('/jwks', `\uFEFF${document()}`);
    expect(await outcome(verifier(), token())).toBe('accepted');
  });
});
