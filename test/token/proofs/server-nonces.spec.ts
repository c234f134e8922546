import { ServerNonces } from '../../../lib/token/proofs/server-nonces.js';

const SECRET = 'a secret of more than thirty-two characters';
/** At the beginning of a rotation. */
const NOW = 1_800_000_000;

describe('ServerNonces', () => {
  test('a nonce stays for 120 seconds, and is accepted until the one after it is replaced', () => {
    const nonces = new ServerNonces(SECRET);
    const nonce = nonces.current(NOW);
    expect(nonces.current(NOW + 119)).toBe(nonce);
    expect(nonces.current(NOW + 120)).not.toBe(nonce);
    expect([0, 119, 120, 239, 240].map((later) => nonces.isValid(nonce, NOW + later))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  test('that of an instance whose clock is ahead is accepted, and none from further ahead', () => {
    const nonces = new ServerNonces(SECRET);
    const [next, afterNext] = [120, 240].map((later) => new ServerNonces(SECRET).current(NOW + later));
    expect([nonces.isValid(next as string, NOW), nonces.isValid(afterNext as string, NOW)]).toEqual([true, false]);
  });

  test('nothing tells a nonce without the secret', () => {
    const nonces = new ServerNonces(SECRET);
    const nonce = nonces.current(NOW);
    const others = [new ServerNonces(`${SECRET}.`).current(NOW), nonce.slice(1), `${nonce}A`, nonce.toLowerCase(), ''];
    expect(others.map((other) => nonces.isValid(other, NOW))).toEqual(others.map(() => false));
  });

  test('RFC 9449 §8.1 a nonce has only characters that a header may have', () => {
    expect(new ServerNonces(SECRET).current(NOW)).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+$/);
  });
});
