import { randomBytes } from 'node:crypto';
import { decodeBase64Url } from '../../../lib/token/jwt/base64url.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function decoded(text: string | Buffer): string | undefined {
  const from = Buffer.from(text as string);
  const to = Buffer.alloc(from.length);
  const length = decodeBase64Url(from, 0, from.length, to);
  return length === undefined ? undefined : to.toString('hex', 0, length);
}

test('decodes what Node encodes, at every length', () => {
  for (let length = 1; length <= 300; length += 1) {
    const octets = randomBytes(length);
    expect(decoded(octets.toString('base64url'))).toBe(octets.toString('hex'));
  }
});

test('decodes every pair of characters as Node does, also with bits that are left over', () => {
  for (const first of ALPHABET) {
    for (const second of ALPHABET) {
      for (const text of [first + second, `${first}A${second}`, `AA${first}${second}`]) {
        expect([text, decoded(text)]).toEqual([text, Buffer.from(text, 'base64url').toString('hex')]);
      }
    }
  }
});

test.each(['', 'A', 'AAAAA', 'AAAAAAAAA'])('%p is not base64url', (text) => {
  expect(decoded(text)).toBeUndefined();
});

test('an octet that is not of the alphabet is refused in every place', () => {
  const others = Array.from({ length: 256 }, (_, octet) => octet).filter(
    (octet) => !ALPHABET.includes(String.fromCharCode(octet)),
  );
  expect(others).toHaveLength(192);
  for (const octet of others) {
    for (const length of [2, 3, 4, 6, 7, 8]) {
      for (let place = 0; place < length; place += 1) {
        const text = Buffer.alloc(length, 'A');
        text[place] = octet;
        expect([octet, length, place, decoded(text)]).toEqual([octet, length, place, undefined]);
      }
    }
  }
});

test('reads no further than the end, and writes no further than what it returns', () => {
  const from = Buffer.from('!!AQIDBAU!!');
  const to = Buffer.alloc(8, 0xff);
  expect(decodeBase64Url(from, 2, 9, to)).toBe(5);
  expect(to.toString('hex')).toBe('0102030405ffffff');
});
