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
const SAMPLE = 5_000;

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

const shapes = {
  'RFC 9068 with acr and auth_time': {},
  'with amr and scope': { amr: ['pwd', 'otp'], scope: 'openid profile transfers:write' },
  'like Keycloak': {
    scope: 'openid profile email',
    sid: '0f8fad5b-d9cb-469f-a165-70867728950e',
    preferred_username: 'someone@example.com',
    name: 'Some One',
    realm_access: { roles: ['offline_access', 'uma_authorization', 'default-roles-bank'] },
    resource_access: { account: { roles: ['manage-account', 'manage-account-links', 'view-profile'] } },
  },
  'with 4 KiB of groups': { groups: Array.from({ length: 128 }, (_, index) => `group-with-a-long-name-${index}`) },
};

const heap = () => {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
};

console.log(`Node ${process.version}\n`);
for (const [name, more] of Object.entries(shapes)) {
  const verifier = new AccessTokenVerifier(servers, 5, { tokenCacheBytes: 2 ** 30 });
  const tokens = Array.from({ length: SAMPLE }, (_, index) => token(index, more));
  await verifier.verify(tokens[0]);
  const before = heap();
  for (const one of tokens) verifier.verify(one);
  const measured = (heap() - before) / (SAMPLE - 1);
  const { bytes, tokens: known } = verifier.tokenCache;
  const estimate = bytes / known;
  console.log(
    `${name.padEnd(36)} heap ${measured.toFixed(0).padStart(6)}  estimate ${estimate.toFixed(0).padStart(6)} bytes a token`,
  );
  // keeps both alive until here
  if (tokens.length !== known) throw new Error('not all are known');
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
