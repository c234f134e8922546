// node bench/token-memory.mjs [tokens]: the memory of remembered tokens, beside the estimate that bounds it, and under a
// flood of distinct tokens, good and bad. Needs a build.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const require = createRequire(import.meta.url);
const { checkAuthorizationServers } = require('../dist/authorization-servers/index.js');
const { AccessTokenVerifier } = require('../dist/token/index.js');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const TOKENS = Number(process.argv[2] ?? 200_000);

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
// No connection stays open: signing in a loop would let it time out unnoticed.
const server = createServer((_, response) =>
  response
    .setHeader('connection', 'close')
    .end(JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] })),
);
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const servers = checkAuthorizationServers([{ issuer, audience: 'https://api.example', jwksUri: `${issuer}/jwks` }]);

const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
const header = encode({ alg: 'EdDSA', typ: 'at+jwt', kid: 'k' });
const now = Math.floor(Date.now() / 1000);
function token(index, more = {}) {
  const claims = { iss: issuer, aud: 'https://api.example', sub: `user-${index}`, client_id: 'client', iat: now };
  const rest = { exp: now + 3600, jti: crypto.randomUUID(), acr: 'urn:example:mfa', auth_time: now, ...more };
  const input = `${header}.${encode({ ...claims, ...rest })}`;
  return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
}

const list = (length, member) => Array.from({ length }, member);
const anyName = () => `n${Math.random().toString(36).slice(2, 9)}`;
const named = (names, value) => Object.fromEntries(names.map((name) => [name, value]));
const NAMES = list(60, (_, index) => `name_${index}`);
const shuffled = () => NAMES.map((name) => [Math.random(), name]).sort(([a], [b]) => a - b);

const usual = {
  'RFC 9068 with acr and auth_time': () => ({}),
  'with amr and scope': () => ({ amr: ['pwd', 'otp'], scope: 'openid profile transfers:write' }),
  'like Keycloak': () => ({
    scope: 'openid profile email',
    sid: crypto.randomUUID(),
    preferred_username: 'someone@example.com',
    name: 'Some One',
    realm_access: { roles: ['offline_access', 'uma_authorization', 'default-roles-bank'] },
    resource_access: { account: { roles: ['manage-account', 'manage-account-links', 'view-profile'] } },
  }),
  'with 4 KiB of groups': () => ({ groups: list(128, (_, index) => `group-with-a-long-name-${index}`) }),
};
/** What a client chooses that wants its tokens to take more than they are charged. */
const odd = {
  'a name that no other token has': () => ({ [anyName()]: 1 }),
  '100 such names': () => named(list(100, anyName), 1),
  '60 names in another order': () =>
    named(
      shuffled().map(([, name]) => name),
      1,
    ),
  '60 names in the same order': () => named(NAMES, 1),
  '500 names': () => ({ claim: named(list(500, anyName), 1) }),
  '100 names that are numbers': () => ({
    claim: named(
      list(100, () => Math.floor(Math.random() * 1e6)),
      1,
    ),
  }),
  '100 objects with a name of their own': () => ({ claim: list(100, () => ({ [anyName()]: 1 })) }),
  '100 objects with the same name': () => ({ claim: list(100, () => ({ name: 1 })) }),
  '1,000 empty objects': () => ({ claim: list(1000, () => ({})) }),
  '1,000 empty lists': () => ({ claim: list(1000, () => []) }),
  '1,000 integers': () => ({ claim: list(1000, () => 1) }),
  '1,000 fractions': () => ({ claim: list(1000, () => 1.5) }),
  '900 short texts': () => ({ claim: list(900, anyName) }),
  '500 short texts in Cyrillic': () => ({ claim: list(500, () => `${anyName()}\u0436`) }),
  '4 KiB of text': () => ({ claim: 'x'.repeat(4096) }),
  '4 KiB of text with one Cyrillic letter': () => ({ claim: `${'x'.repeat(4095)}\u0436` }),
};

const heap = () => {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
};

console.log(`Node ${process.version}\n`);
for (const [name, more] of Object.entries({ ...usual, ...odd })) {
  const verifier = new AccessTokenVerifier(servers, 5, { tokenCacheBytes: 2 ** 30 });
  const tokens = list(name in usual ? 5_000 : 500, (_, index) => token(index, more()));
  await verifier.verify(tokens[0]);
  const { bytes: first } = verifier.tokenCache;
  const before = heap();
  for (const one of tokens) verifier.verify(one);
  const measured = (heap() - before) / (tokens.length - 1);
  const estimate = (verifier.tokenCache.bytes - first) / (tokens.length - 1);
  console.log(
    `${name.padEnd(40)} heap ${measured.toFixed(0).padStart(6)}  estimate ${estimate.toFixed(0).padStart(6)} bytes a token` +
      `  ${(measured / estimate).toFixed(2)}`,
  );
  // keeps both alive until here
  if (tokens.length !== verifier.tokenCache.tokens) throw new Error('not all are known');
}

const verifier = new AccessTokenVerifier(servers, 5);
await verifier.verify(token('first'));
console.log('');
for (let step = 0; step <= 4; step += 1) {
  const { tokens, bytes, evictions } = verifier.tokenCache;
  const mebibytes = (number) => `${(number / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `after ${String((TOKENS / 4) * step).padStart(8)} good and as many bad tokens: heap ${mebibytes(heap())}, ` +
      `${tokens} tokens of ${mebibytes(bytes)}, ${evictions} evictions`,
  );
  for (let index = 0; step < 4 && index < TOKENS / 4; index += 1) {
    const one = token(`${step}-${index}`);
    await verifier.verify(one);
    try {
      await verifier.verify(`${one.slice(0, -8)}AAAAAAAA`);
    } catch {}
    // lets the keys be fetched again
    if (index % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
server.close();
