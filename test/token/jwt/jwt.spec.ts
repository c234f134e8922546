import crypto from 'node:crypto';
import { AccessTokenRefused, type AccessTokenVerifier } from '../../../lib/token/index.js';
import { checkSize, readJwt } from '../../../lib/token/jwt/jwt.js';
import { stringCalls } from '../../support/string-calls.js';
import { JsonServer } from '../json-server.js';
import { accessTokenClaims, encode, keyPair, type Part, signToken } from '../signed-token.js';
import { outcome, refusal, verifierOf } from '../verification.js';

const AUDIENCE = 'https://api.example';
const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'k' };
const { privateKey, publicKey } = keyPair('ES256');

let server: JsonServer;
let verifier: AccessTokenVerifier;
beforeAll(async () => {
  server = await new JsonServer().listen();
  server.json('/jwks', { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });
});
afterAll(() => server?.close());
beforeEach(() => {
  verifier = verifierOf({ issuer: server.origin, audience: AUDIENCE, jwksUri: `${server.origin}/jwks` });
});

const claims = (more: Record<string, unknown> = {}) => ({ ...accessTokenClaims(server.origin, AUDIENCE), ...more });
/** The claims as JSON text with more text in front of its closing brace. */
const claimsWith = (text: string) => `${JSON.stringify(claims()).slice(0, -1)},${text}}`;
const signed = (header: Part, payload: Part) => signToken('ES256', privateKey, header, payload);
const good = () => signed(HEADER, claims());

describe('tokens that are not signed JWTs', () => {
  test.each([
    ['an opaque token', () => 'a2V5LXZhbHVl', refusal.noJwt],
    ['nothing', () => '', refusal.noJwt],
    ['a scheme before the token', () => `Bearer ${good()}`, refusal.withScheme],
    ['a scheme in another case', () => `bearer ${good()}`, refusal.withScheme],
    ['the scheme DPoP', () => `DPoP ${good()}`, refusal.withScheme],
    ['a scheme before an opaque token', () => 'Bearer a2V5LXZhbHVl', refusal.withScheme],
    ['a word like a scheme', () => `Bearers ${good()}`, refusal.unreadable],
    ['a dot', () => '.', refusal.noJwt],
    ['dots alone', () => '..', refusal.unsigned],
    ['two parts', () => good().split('.').slice(0, 2).join('.'), refusal.noJwt],
    ['two parts and a dot', () => `${good().split('.').slice(0, 2).join('.')}.`, refusal.unsigned],
    ['four parts', () => `${good()}.abcd`, refusal.noJwt],
    ['a dot behind', () => `${good()}.`, refusal.noJwt],
    ['RS-71 five parts, as an encrypted token has', () => `${good()}.abcd.abcd`, refusal.noJwt],
    ['a thousand parts', () => 'abcd.'.repeat(1000), refusal.noJwt],
    ['JSON', () => JSON.stringify(claims()), refusal.noJwt],
    ['no header', () => `.${good().split('.').slice(1).join('.')}`, refusal.unreadable],
    ['no claims', () => good().replace(/\..*\./, '..'), refusal.unreadable],
  ])('%s', async (_, token, expected) => expect(await outcome(verifier, token())).toBe(expected));

  test.each([undefined, null, 5, true, [], ['a.b.c'], {}, { length: 5 }, Buffer.from('a.b.c')])(
    'a handshake may hand over anything: %j',
    async (token) => {
      expect(await outcome(verifier, token)).toBe(refusal.noText);
      await verifier.verify(good());
      expect(await outcome(verifier, token)).toBe(refusal.noText);
    },
  );
});

describe('base64url', () => {
  const inPart = (index: number, change: (part: string) => string) =>
    good()
      .split('.')
      .map((part, at) => (at === index ? change(part) : part))
      .join('.');

  test.each([
    ['padding', (part: string) => `${part}==`],
    ['a plus', (part: string) => `+${part.slice(1)}`],
    ['a slash', (part: string) => `/${part.slice(1)}`],
    ['a line break', (part: string) => `${part}\n`],
    ['a line break within', (part: string) => `${part.slice(0, 4)}\r\n${part.slice(4)}`],
    ['a NUL', (part: string) => `${part}\0`],
    ['a letter beyond ASCII', (part: string) => `${part.slice(1)}é`],
    ['half a character', (part: string) => `${part.slice(1)}\ud800`],
    ['a percent sign', (part: string) => part.replace(/.$/, '%41')],
    ['one character that stands for no octet', (part: string) => `${part}${'A'.repeat((5 - (part.length % 4)) % 4)}`],
  ])('%s is refused in header, claims and signature', async (_, change) => {
    expect(await outcome(verifier, inPart(0, change))).toBe(refusal.unreadable);
    expect(await outcome(verifier, inPart(1, change))).toBe(refusal.unreadable);
    expect(await outcome(verifier, inPart(2, change))).toBe(refusal.unsigned);
  });
});

describe('the parts of a token', () => {
  const GRAMMAR = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
  const isRead = (token: string) => {
    try {
      readJwt(token);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(AccessTokenRefused);
      return false;
    }
  };

  test('RFC 7515 §2 have no other character than the 64 of base64url, nor one that is such a one in its lower eight bits', () => {
    const [header, payload] = [encode({ alg: 'ES256' }), encode({ sub: 'alice' })];
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const taken: string[] = [];
    const upper = [0, 0x100, 0x200, 0x2000, 0x2100, 0xd800, 0xff00];
    const codes = upper.flatMap((begin) => Array.from({ length: 256 }, (_, code) => begin + code));
    for (const character of codes.map((code) => String.fromCharCode(code))) {
      const isOther = !alphabet.includes(character);
      if (isRead(`${header}.${payload}.AAAA${character}AAA`)) taken.push(character);
      // in the other parts a letter can spoil the JSON
      if (isOther && isRead(`${header.slice(0, -1)}${character}.${payload}.AAAA`)) taken.push(character);
      if (isOther && isRead(`${header}.${payload.slice(0, 4)}${character}${payload.slice(5)}.AAAA`))
        taken.push(character);
    }
    expect(taken.sort().join('')).toBe([...alphabet].sort().join(''));
  });

  test('are read if, and only if, they follow the grammar: each text of up to four characters as a signature', () => {
    const characters = ['A', 'z', '9', '-', '_', '+', '/', '=', '.', ' ', '\n', '\0', '\u00e9', '\u0141'];
    const differing: string[] = [];
    let texts = [''];
    for (let length = 1; length <= 4; length += 1) {
      texts = texts.flatMap((text) => characters.map((character) => text + character));
      for (const text of texts) {
        const token = `e30.e30.${text}`;
        if (isRead(token) !== (GRAMMAR.test(token) && length % 4 !== 1)) differing.push(text);
      }
    }
    expect(differing).toEqual([]);
  });
});

describe('JSON', () => {
  test.each([
    'null',
    'true',
    '5',
    '"text"',
    '[]',
    '[{"alg":"ES256","typ":"at+jwt","kid":"k"}]',
    '',
    ' ',
    '{',
    '{}}',
    '{"a":1,}',
    "{'a':1}",
    '{"a":NaN}',
    '{"a":undefined}',
    '\ufeff{}',
    '<xml/>',
  ])('header and claims that are %j are refused', async (text) => {
    expect(await outcome(verifier, signed(text === '' ? Buffer.from('') : text, claims()))).toBe(refusal.unreadable);
    expect(await outcome(verifier, signed(HEADER, text))).toBe(refusal.unreadable);
  });

  test.each([
    ['octets that are no UTF-8', Buffer.from([0xff, 0xfe])],
    ['an overlong form', Buffer.from([0xc0, 0xaf])],
    ['a lone surrogate', Buffer.from([0xed, 0xa0, 0x80])],
    ['a character cut off', Buffer.from([0xe2, 0x82])],
  ])('RFC 7519 §7.2 %s in a claim is refused', async (_, octets) => {
    const [front, back] = JSON.stringify(claims({ name: '|' })).split('|') as [string, string];
    const payload = Buffer.concat([Buffer.from(front), octets, Buffer.from(back)]);
    expect(await outcome(verifier, signed(HEADER, payload))).toBe(refusal.unreadable);
  });

  test('claims in any script are accepted', async () => {
    const verified = await verifier.verify(signed({ ...HEADER, note: 'é→😀' }, claims({ name: 'Zoë 李 😀' })));
    expect(verified.claims['name']).toBe('Zoë 李 😀');
  });

  test('RFC 7519 §7.2 claims with U+FFFD, which also stands for octets that are no UTF-8, are accepted', async () => {
    const verified = await verifier.verify(signed({ ...HEADER, note: '\ufffd' }, claims({ name: '\ufffd' })));
    expect(verified.claims['name']).toBe('\ufffd');
  });

  test('RFC 7519 §4 of members of the same name the last one counts, for every rule', async () => {
    expect(await outcome(verifier, signed(HEADER, claimsWith('"aud":"other"')))).toBe(refusal.aud);
    expect(await outcome(verifier, signed(HEADER, claimsWith('"exp":1')))).toBe(refusal.exp);
    expect(await outcome(verifier, signed(HEADER, claimsWith('"iss":"https://other.example"')))).toBe(refusal.iss);
    const header = (text: string) => `${JSON.stringify(HEADER).slice(0, -1)},${text}}`;
    expect(await outcome(verifier, signed(header('"typ":"JWT"'), claims()))).toBe(refusal.typ);
    expect(await outcome(verifier, signed(header('"alg":"none"'), claims()))).toBe(refusal.alg);

    const verified = await verifier.verify(signed(HEADER, claimsWith('"acr":"pwd","acr":"last"')));
    expect(verified.claims['acr']).toBe('last');
    expect(verified.event.acr).toBe('last');
  });

  test('numbers beyond any clock are refused', async () => {
    for (const number of ['1e400', '-1e400']) {
      expect(await outcome(verifier, signed(HEADER, claimsWith(`"exp":${number}`)))).toBe(refusal.exp);
      expect(await outcome(verifier, signed(HEADER, claimsWith(`"nbf":${number}`)))).toBe(refusal.nbf);
      expect(await outcome(verifier, signed(HEADER, claimsWith(`"iat":${number}`)))).toBe(refusal.iat);
    }
  });
});

describe('names that reach for a prototype', () => {
  test.each([
    '"__proto__":{"admin":true}',
    '"__proto__":null',
    '"__proto__":"text"',
    '"\\u005f_proto__":{"admin":true}',
    '"realm_access":{"__proto__":{"admin":true}}',
    '"list":[{"__proto__":{"admin":true}}]',
    '"constructor":{"prototype":{"admin":true}}',
    '"a":{"constructor":{"prototype":{"admin":true}}}',
  ])('%s is refused', async (text) => {
    expect(await outcome(verifier, signed(HEADER, claimsWith(text)))).toBe(refusal.claimName);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  test('header members and claims do not stand in for each other', async () => {
    const { aud, ...withoutAudience } = claims();
    const inherited = JSON.stringify(withoutAudience).replace('{', `{"__proto__":{"aud":${JSON.stringify(aud)}},`);
    expect(await outcome(verifier, signed(HEADER, inherited))).toBe(refusal.aud);
    const header = `{"alg":"ES256","kid":"k","__proto__":{"typ":"at+jwt"}}`;
    expect(await outcome(verifier, signed(header, claims()))).toBe(refusal.typ);
  });
});

describe('size and depth', () => {
  const ofLength = (length: number) => {
    const rest = signed(HEADER, claims({ pad: '' })).length;
    return signed(HEADER, claims({ pad: 'x'.repeat(Math.floor(((length - rest) * 3) / 4)) }));
  };

  test('a token of 16 KiB is accepted, a longer one refused', async () => {
    const longest = ofLength(16_384);
    expect(longest.length).toBeGreaterThan(16_380);
    expect(longest.length).toBeLessThanOrEqual(16_384);
    expect(await outcome(verifier, longest)).toBe('accepted');
    expect(await outcome(verifier, ofLength(16_400))).toBe(refusal.long);
  });

  test('the limit is 16,384 characters, to the character', () => {
    expect(() => checkSize('x'.repeat(16_384))).not.toThrow();
    expect(() => checkSize('x'.repeat(16_385))).toThrow(expect.objectContaining({ code: 'token_too_long' }));
  });

  test('a longer one is refused before it is read, hashed or copied, also with a known token next to it', async () => {
    const long = ofLength(16_400);
    await verifier.verify(good());
    const hash = jest.spyOn(crypto, 'hash');
    const copy = jest.spyOn(Buffer, 'from');
    const parse = jest.spyOn(JSON, 'parse');
    const refused = jest.fn();
    const calls = stringCalls(() => {
      try {
        verifier.verify(long);
      } catch (error) {
        refused(error);
      }
    });
    const work = {
      calls,
      hashes: hash.mock.calls.length,
      copies: copy.mock.calls.length,
      parses: parse.mock.calls.length,
    };
    for (const spy of [hash, copy, parse]) spy.mockRestore();
    expect(refused).toHaveBeenCalledWith(expect.objectContaining({ code: 'token_too_long' }));
    expect(work).toEqual({ calls: 0, hashes: 0, copies: 0, parses: 0 });
  });

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('%s nested more than 32 deep are refused, however deep', async (_, open, close) => {
    const nested = (depth: number) => claimsWith(`"a":${open.repeat(depth)}1${close.repeat(depth)}`);
    expect(await outcome(verifier, signed(HEADER, nested(31)))).toBe('accepted');
    expect(await outcome(verifier, signed(HEADER, nested(32)))).toBe(refusal.deep);
    expect(await outcome(verifier, signed(HEADER, nested(1900)))).toBe(refusal.deep);
  });

  test('a deeply nested token with a wrong signature is refused for its signature', async () => {
    const deep = (text: string) => `${text.slice(0, -1)},"a":${'['.repeat(4000)}${']'.repeat(4000)}}`;
    const header = encode(deep(JSON.stringify(HEADER)));
    const payload = encode(JSON.stringify(claims()));
    expect(await outcome(verifier, `${header}.${payload}.c2ln`)).toBe(refusal.signature);
  });
});
