import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { TokenEndings } from '../../../lib/token/jwt/token-endings.js';
import { ENDINGS, TokenIdentity } from '../../../lib/token/jwt/token-identity.js';

const sameEnding = (count: number) => Array.from({ length: count }, (_, index) => `header.claims-${index}.signature`);

test('a token is identified by the digest of the whole of it', () => {
  const token = 'header.claims.signature';
  expect(new TokenIdentity(token).digest).toBe(createHash('sha256').update(token).digest('binary'));
  const digests = [token, 'Header.claims.signature', 'header.claimz.signature', `${token}A`, token.slice(0, -1)].map(
    (one) => new TokenIdentity(one).digest,
  );
  expect(new Set(digests).size).toBe(digests.length);
});

test('of any text there is an ending, and of a signature there are many', () => {
  for (const text of ['', '.', 'a.b.c', 'é\ud800a', 'a'.repeat(16_384)]) {
    const { ending } = new TokenIdentity(text);
    expect(Number.isInteger(ending) && ending >= 0 && ending < ENDINGS).toBe(true);
  }
  const signatures = Array.from({ length: 1000 }, (_, index) =>
    createHash('sha512').update(`${index}`).digest('base64url'),
  );
  expect(new Set(signatures.map((one) => new TokenIdentity(one).ending)).size).toBeGreaterThan(950);
});

test('in any order of additions and removals, no token that is included is denied', () => {
  const step = fc.record({ token: fc.integer({ min: 0, max: 12 }), isAdded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      // half of the tokens share an ending
      const tokens = [...sameEnding(6), ...Array.from({ length: 7 }, (_, index) => `header.claims.${index}-signature`)];
      const identities = tokens.map((token) => new TokenIdentity(token));
      const endings = new TokenEndings();
      const included: number[] = [];
      for (const { token, isAdded } of steps) {
        const identity = identities[token]!;
        if (isAdded) {
          endings.add(identity.ending);
          included.push(token);
        } else if (included.includes(token)) {
          endings.remove(identity.ending);
          included.splice(included.indexOf(token), 1);
        }
        for (const one of included) expect(endings.mayInclude(identities[one]!)).toBe(true);
      }
    }),
    { seed: 9470 },
  );
});

test('what was added and removed is not included', () => {
  const endings = new TokenEndings();
  const identity = new TokenIdentity('header.claims.signature');
  expect(endings.mayInclude(identity)).toBe(false);
  endings.add(identity.ending);
  endings.add(identity.ending);
  endings.remove(identity.ending);
  expect(endings.mayInclude(identity)).toBe(true);
  endings.remove(identity.ending);
  expect(endings.mayInclude(identity)).toBe(false);
});

test.each([254, 255, 256, 257, 300, 1000])('%d tokens of one ending stay included while one of them is', (count) => {
  const endings = new TokenEndings();
  const [last, ...others] = sameEnding(count).map((token) => new TokenIdentity(token)) as [TokenIdentity];
  expect(new Set([last, ...others].map(({ ending }) => ending)).size).toBe(1);
  for (const { ending } of [last, ...others]) {
    endings.add(ending);
    expect(endings.mayInclude(last)).toBe(true);
  }
  for (const { ending } of others) {
    endings.remove(ending);
    expect(endings.mayInclude(last)).toBe(true);
  }
});
