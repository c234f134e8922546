import { createSecretKey, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { compactVerify } from 'jose';
import { AccessTokenRefused, type AccessTokenRefusedCode, type AccessTokenVerifier } from '../../../lib/token/index.js';
import { JsonServer } from '../json-server.js';
import { accessTokenClaims, keyPair, signToken } from '../signed-token.js';
import { verifierOf } from '../verification.js';

/*
 * Random good and bad tokens, judged by this package and by jose. This package must accept no token that jose refuses,
 * and may be stricter only where a row of the table says so. A failing token is printed with a seed and a path;
 * STEP_UP_SEED and STEP_UP_PATH replay it, STEP_UP_RUNS tries more.
 */
const { STEP_UP_RUNS = '250', STEP_UP_SEED = '9470', STEP_UP_PATH } = process.env;
const parameters = {
  numRuns: Number(STEP_UP_RUNS),
  seed: Number(STEP_UP_SEED),
  ...(STEP_UP_PATH !== undefined && { path: STEP_UP_PATH }),
};

const AUDIENCE = 'https://api.example';
// jose 4 does not know the name Ed25519
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const keys = new Map(ALGORITHMS.map((algorithm) => [algorithm, keyPair(algorithm)]));
const strangers = new Map(ALGORITHMS.map((algorithm) => [algorithm, keyPair(algorithm)]));
const keyOf = (algorithm: string) => keys.get(algorithm)!;

let server: JsonServer;
let verifier: AccessTokenVerifier;
let claims: Record<string, unknown>;
beforeAll(async () => {
  server = await new JsonServer().listen();
  const jwks = ALGORITHMS.map((kid) => ({ ...keyOf(kid).publicKey.export({ format: 'jwk' }), kid }));
  server.json('/jwks', { keys: jwks });
  claims = { ...accessTokenClaims(server.origin, AUDIENCE), exp: Math.floor(Date.now() / 1000) + 3600 };
  verifier = newVerifier();
  await verifier.verify(signToken('ES256', keyOf('ES256').privateKey, headerOf('ES256'), claims));
});
afterAll(() => server?.close());

const newVerifier = () =>
  verifierOf({
    issuer: server.origin,
    audience: AUDIENCE,
    jwksUri: `${server.origin}/jwks`,
    algorithms: ALGORITHMS,
  });
const headerOf = (alg: string) => ({ alg, typ: 'at+jwt', kid: alg });

/** One way to make a token, and the rules by which this package may refuse what jose accepts. */
interface Kind {
  readonly name: string;
  readonly token: (algorithm: string) => fc.Arbitrary<string>;
  readonly stricter?: readonly AccessTokenRefusedCode[];
}

const good = (algorithm: string, header: object | string = {}, more: object = {}) =>
  signToken(
    algorithm,
    keyOf(algorithm).privateKey,
    typeof header === 'string' ? header : { ...headerOf(algorithm), ...header },
    { ...claims, ...more },
  );
/** A good token with another signature. */
const withSignature = (algorithm: string, change: (signature: Buffer) => Buffer) => {
  const [header, payload, signature] = good(algorithm).split('.') as [string, string, string];
  return `${header}.${payload}.${change(Buffer.from(signature, 'base64url')).toString('base64url')}`;
};
/** A good token with another spelling of one of its parts. */
const withPart = (algorithm: string, part: number, change: (text: string) => string) =>
  good(algorithm)
    .split('.')
    .map((text, index) => (index === part ? change(text) : text))
    .join('.');
const part = fc.integer({ min: 0, max: 2 });
const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const insertAt = (text: string, where: number, what: string) => {
  const at = Math.floor(where * (text.length + 1));
  return text.slice(0, at) + what + text.slice(at);
};

const kinds: readonly Kind[] = [
  { name: 'nothing changed', token: (algorithm) => fc.constant(0).map(() => good(algorithm)) },
  {
    name: 'other claims and members of the header',
    token: (algorithm) =>
      fc
        .tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))
        .map(([note, name]) => good(algorithm, { note }, { name })),
  },
  {
    name: 'a bit of the signature flipped',
    token: (algorithm) =>
      fc.tuple(position, fc.integer({ min: 0, max: 7 })).map(([where, bit]) =>
        withSignature(algorithm, (signature) => {
          const at = Math.floor(where * signature.length);
          signature[at] = signature[at]! ^ (1 << bit);
          return signature;
        }),
      ),
  },
  {
    name: 'a bit of header or claims flipped',
    token: (algorithm) =>
      fc.tuple(fc.integer({ min: 0, max: 1 }), position, fc.integer({ min: 0, max: 7 })).map(([index, where, bit]) =>
        withPart(algorithm, index, (text) => {
          const octets = Buffer.from(text, 'base64url');
          const at = Math.floor(where * octets.length);
          octets[at] = octets[at]! ^ (1 << bit);
          return octets.toString('base64url');
        }),
      ),
  },
  {
    name: 'a signature cut at the front or at the end',
    token: (algorithm) =>
      fc
        .tuple(fc.integer({ min: 1, max: 300 }), fc.boolean())
        .map(([octets, atEnd]) =>
          withSignature(algorithm, (signature) =>
            atEnd ? signature.subarray(0, -octets) : signature.subarray(octets),
          ),
        ),
  },
  {
    name: 'a signature with octets before or behind',
    token: (algorithm) =>
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 140 }), fc.boolean())
        .map(([more, atEnd]) =>
          withSignature(algorithm, (signature) => Buffer.concat(atEnd ? [signature, more] : [more, signature])),
        ),
  },
  {
    name: 'zeros, ones or a random signature',
    token: (algorithm) =>
      fc
        .oneof(fc.constant(0), fc.constant(1), fc.constant(255), fc.uint8Array({ minLength: 600, maxLength: 600 }))
        .map((fill) =>
          withSignature(algorithm, (signature) =>
            typeof fill === 'number'
              ? Buffer.alloc(signature.length, fill)
              : Buffer.from(fill).subarray(0, signature.length),
          ),
        ),
  },
  {
    name: 'a signature in the default form of Node, DER for ECDSA',
    token: (algorithm) =>
      fc.constant(0).map(() => {
        const [header, payload] = good(algorithm).split('.') as [string, string];
        const hash = algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`;
        const signature = sign(hash, Buffer.from(`${header}.${payload}`), keyOf(algorithm).privateKey);
        return `${header}.${payload}.${signature.toString('base64url')}`;
      }),
  },
  {
    name: 'signed with another key of the algorithm',
    token: (algorithm) =>
      fc.constant(0).map(() => signToken(algorithm, strangers.get(algorithm)!.privateKey, headerOf(algorithm), claims)),
  },
  {
    name: 'signed by another algorithm than the header says, with the kid of either',
    token: (algorithm) =>
      fc
        .tuple(fc.constantFrom(...ALGORITHMS), fc.boolean())
        .map(([other, ofOther]) => good(algorithm, { alg: other, kid: ofOther ? other : algorithm })),
  },
  {
    name: 'an algorithm that is none of ours, or HMAC with the public key',
    token: (algorithm) =>
      fc
        .tuple(fc.constantFrom('none', 'None', 'HS256', 'HS384', 'HS512', 'ES256K', 'RS1', ''), fc.boolean())
        .map(([alg, isSigned]) => {
          const secret = createSecretKey(Buffer.from(pemOf(keyOf(algorithm).publicKey)));
          const header = { ...headerOf(algorithm), alg };
          const hmac = alg.startsWith('HS') ? alg : 'HS256';
          const token = signToken(hmac, secret, header, claims);
          return isSigned ? token : token.slice(0, token.lastIndexOf('.') + 1);
        }),
  },
  {
    name: 'members of the header twice',
    token: (algorithm) =>
      fc
        .tuple(fc.constantFrom('alg', 'kid', 'typ'), fc.constantFrom(...ALGORITHMS, 'none', 'at+jwt'), fc.boolean())
        .map(([member, value, first]) => {
          const own = JSON.stringify(headerOf(algorithm)).slice(1, -1);
          const twice = `"${member}":"${value}"`;
          return good(algorithm, first ? `{${twice},${own}}` : `{${own},${twice}}`);
        }),
    // jose checks typ only if it is told one
    stricter: ['typ_mismatch'],
  },
  {
    name: 'crit and b64',
    token: (algorithm) =>
      fc
        .tuple(
          fc.constantFrom<unknown>(undefined, ['b64'], ['exp'], [], ['b64', 'b64'], ['unknown'], 'b64', null),
          fc.constantFrom<unknown>(undefined, true, false, 0),
        )
        .map(([crit, b64]) => good(algorithm, { crit, b64 })),
    // this package understands no extension at all
    stricter: ['crit_unsupported'],
  },
  {
    name: 'padding, white space and characters of other alphabets in a part',
    token: (algorithm) =>
      fc
        .tuple(
          part,
          position,
          fc.constantFrom('=', '==', ' ', '\n', '\t', '+', '/', '.', '\0', '%41', 'é', '\u0141', '-'),
        )
        .map(([index, where, what]) => withPart(algorithm, index, (text) => insertAt(text, where, what))),
    // RFC 7515 §2 allows none of these; the decoder of jose skips some of them in a signature
    stricter: ['jwt_unsigned', 'jwt_unreadable', 'jwt_malformed'],
  },
  {
    name: 'the characters of base64 for those of base64url',
    token: (algorithm) =>
      part.map((index) =>
        withPart(algorithm, index, (text) =>
          text
            .replaceAll('-', '+')
            .replaceAll('_', '/')
            .padEnd(text.length + 1, '='),
        ),
      ),
    stricter: ['jwt_unsigned', 'jwt_unreadable'],
  },
  {
    name: 'other unused bits behind the last octet of a part',
    token: (algorithm) =>
      fc
        .tuple(part, fc.integer({ min: 1, max: 63 }))
        .map(([index, step]) => withPart(algorithm, index, (text) => text.slice(0, -1) + shifted(text.at(-1)!, step))),
  },
  {
    name: 'parts exchanged, left out or added',
    token: (algorithm) =>
      fc
        .array(fc.constantFrom('0', '1', '2', ''), { minLength: 1, maxLength: 6 })
        .map((order) =>
          order.map((index) => (index === '' ? '' : good(algorithm).split('.')[Number(index)])).join('.'),
        ),
  },
  {
    name: 'a token as long as a header may be, and longer',
    token: (algorithm) =>
      fc.integer({ min: 8_000, max: 14_000 }).map((length) => good(algorithm, {}, { name: 'a'.repeat(length) })),
    stricter: ['token_too_long'],
  },
];

/** Another character of the alphabet. */
function shifted(character: string, step: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[(alphabet.indexOf(character) + step) % 64]!;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }) as string;
}

/** Returns the rule by which this package refuses a token. A cache that knows it must not change the outcome. */
async function refusedBy(token: string): Promise<AccessTokenRefusedCode | undefined> {
  const codes: (AccessTokenRefusedCode | undefined)[] = [];
  for (const one of [verifier, verifier]) {
    try {
      await one.verify(token);
      codes.push(undefined);
    } catch (error) {
      if (!(error instanceof AccessTokenRefused)) throw error;
      codes.push(error.code);
    }
  }
  expect(codes[1]).toBe(codes[0]);
  return codes[0];
}

async function joseAccepts(token: string): Promise<boolean> {
  const keyFor = ({ kid, alg }: { kid?: string; alg?: string }) => {
    const key = keys.get(kid ?? '');
    if (key === undefined || alg === undefined) throw new Error('no key');
    return key.publicKey;
  };
  return compactVerify(token, keyFor, { algorithms: ALGORITHMS }).then(
    () => true,
    () => false,
  );
}

describe.each(ALGORITHMS)('RS-65 %s, judged by this package and by jose', (algorithm) => {
  test.each(kinds)('$name', async ({ token, stricter = [] }) => {
    const numRuns = Math.max(8, Math.round(parameters.numRuns / kinds.length));
    await fc.assert(
      fc.asyncProperty(token(algorithm), async (one) => {
        const code = await refusedBy(one);
        const isAccepted = await joseAccepts(one);
        if (code === undefined) expect(isAccepted).toBe(true);
        else if (isAccepted) expect(stricter).toContain(code);
      }),
      { ...parameters, numRuns },
    );
  });

  test('both accept a token with which nothing is wrong, and refuse one that is not signed', async () => {
    expect([await refusedBy(good(algorithm)), await joseAccepts(good(algorithm))]).toEqual([undefined, true]);
    const unsigned = `${good(algorithm).split('.').slice(0, 2).join('.')}.`;
    expect([await refusedBy(unsigned), await joseAccepts(unsigned)]).toEqual(['jwt_unsigned', false]);
  });
});
