import { readJwt } from '../../../lib/token/jwt/jwt.js';
import { JwtHeaders } from '../../../lib/token/jwt/jwt-headers.js';
import { encode } from '../signed-token.js';

const tokenOf = (header: Record<string, unknown>, claims: Record<string, unknown> = {}) =>
  `${encode(header)}.${encode(claims)}.AAAA`;
const read = (headers: JwtHeaders, token: string) => readJwt(token, headers);

/** Reads a token as one whose signature is then found valid. */
function accept(headers: JwtHeaders, header: Record<string, unknown>): void {
  headers.remember(read(headers, tokenOf(header)));
}

describe('headers of verified tokens', () => {
  it('are one frozen object for all tokens of a key', () => {
    const headers = new JwtHeaders();
    accept(headers, { alg: 'ES256', kid: 'one' });
    const { header } = read(headers, tokenOf({ alg: 'ES256', kid: 'one' }, { sub: 'bob' }));
    expect(header).toEqual({ alg: 'ES256', kid: 'one' });
    expect(header).toBe(read(headers, tokenOf({ alg: 'ES256', kid: 'one' }, { sub: 'carol' })).header);
    expect(Object.isFrozen(header)).toBe(true);
  });

  it('are not taken for each other, whichever came last', () => {
    const headers = new JwtHeaders();
    const known = ['one', 'two', 'one2', 'on'].map((kid) => ({ alg: 'ES256', kid }));
    for (const header of known) accept(headers, header);
    for (const header of [...known, ...known.toReversed(), ...known]) {
      expect(read(headers, tokenOf(header)).header).toEqual(header);
    }
  });

  it('do not stand for a header that only begins as they do', () => {
    const headers = new JwtHeaders();
    const token = tokenOf({ alg: 'ES256' });
    headers.remember(read(headers, token));
    expect(read(headers, token).header).toEqual({ alg: 'ES256' });
    const longer = token.replace('.', 'AAAA.');
    expect(() => read(headers, longer)).toThrow('The access token is not a readable JWT');
    expect(() => read(headers, token.slice(4))).toThrow('The access token is not a readable JWT');
  });

  it('are not remembered before a signature is valid, nor if they are long', () => {
    const headers = new JwtHeaders();
    const short = { alg: 'ES256', kid: 'one' };
    const long = { alg: 'ES256', kid: 'x'.repeat(2000) };
    expect(Object.isFrozen(read(headers, tokenOf(short)).header)).toBe(false);
    expect(Object.isFrozen(read(headers, tokenOf(short)).header)).toBe(false);
    accept(headers, long);
    expect(Object.isFrozen(read(headers, tokenOf(long)).header)).toBe(false);
  });

  it('are remembered up to 1,024 characters', () => {
    const headers = new JwtHeaders();
    const ofOctets = (octets: number) => ({ kid: 'x'.repeat(octets - '{"kid":""}'.length) });
    const [longest, longer] = [ofOctets(768), ofOctets(769)];
    for (const header of [longest, longer]) accept(headers, header);
    expect(encode(longest)).toHaveLength(1024);
    expect(Object.isFrozen(read(headers, tokenOf(longest)).header)).toBe(true);
    expect(Object.isFrozen(read(headers, tokenOf(longer)).header)).toBe(false);
  });

  it('are at most a hundred, of which the oldest go first', () => {
    const headers = new JwtHeaders();
    for (let kid = 0; kid < 101; kid += 1) accept(headers, { kid });
    expect(Object.isFrozen(read(headers, tokenOf({ kid: 0 })).header)).toBe(false);
    expect(Object.isFrozen(read(headers, tokenOf({ kid: 1 })).header)).toBe(true);
  });
});
