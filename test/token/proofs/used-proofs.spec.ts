import { UsedProofs } from '../../../lib/token/proofs/used-proofs.js';

const TTL = 70;
const NOW = 1_800_000_000;

describe('UsedProofs', () => {
  test('a proof is accepted once, and another proof of its key, or of another key, beside it', () => {
    const used = new UsedProofs(TTL);
    expect([
      used.use({ key: 'k', jti: 'a', iat: NOW }, NOW),
      used.use({ key: 'k', jti: 'a', iat: NOW }, NOW),
      used.use({ key: 'k', jti: 'a', iat: NOW + 1 }, NOW + 1),
      used.use({ key: 'k', jti: 'b', iat: NOW }, NOW),
      used.use({ key: 'l', jti: 'a', iat: NOW }, NOW),
    ]).toEqual([true, false, false, true, true]);
  });

  test('key and identifier of a proof are not mixed up', () => {
    const used = new UsedProofs(TTL);
    expect(used.use({ key: 'k', jti: 'a b', iat: NOW }, NOW)).toBe(true);
    expect(used.use({ key: 'k', jti: 'a', iat: NOW }, NOW)).toBe(true);
    expect(used.use({ key: 'k', jti: 'b', iat: NOW }, NOW)).toBe(true);
  });

  test('a proof is remembered as long as it could be accepted, and no longer', () => {
    const used = new UsedProofs(TTL);
    const proof = { key: 'k', jti: 'a', iat: NOW };
    used.use(proof, NOW);
    expect(used.use(proof, NOW + TTL)).toBe(false);
    expect(used.size).toBe(1);
    used.use({ key: 'l', jti: 'b', iat: NOW + TTL + 1 }, NOW + TTL + 1);
    expect(used.size).toBe(1);
  });

  test('what is beyond the bound is forgotten, and no forgotten proof is accepted again', () => {
    const used = new UsedProofs(TTL, 10);
    const proofs = Array.from({ length: 100 }, (_, index) => ({ key: 'k', jti: `${index}`, iat: NOW + index / 10 }));
    expect(proofs.every((proof) => used.use(proof, NOW))).toBe(true);
    expect(proofs.some((proof) => used.use(proof, NOW))).toBe(false);
    expect(used.size).toBe(11);
  });

  test('who fills the memory with one key locks nobody out, and frees nobody’s proof', () => {
    const used = new UsedProofs(TTL, 10);
    // by a clock that is 30 seconds behind
    const slow = NOW - 30;
    const before = { key: 'slow', jti: 'before', iat: slow };
    expect(used.use(before, NOW)).toBe(true);
    for (let index = 0; index < 1000; index += 1)
      used.use({ key: 'flood', jti: `${index}`, iat: NOW + index / 1e3 }, NOW);
    expect(used.use(before, NOW)).toBe(false);
    expect(used.use({ key: 'slow', jti: 'after', iat: slow + 1 }, NOW + 1)).toBe(true);
    expect(used.use({ key: 'new', jti: 'first', iat: slow }, NOW + 1)).toBe(true);
    expect(used.size).toBeLessThanOrEqual(20);
  });

  test('who fills it with as many keys frees no proof either, and the memory stays bounded', () => {
    const used = new UsedProofs(TTL, 10);
    const before = { key: 'k', jti: 'before', iat: NOW };
    used.use(before, NOW);
    for (let index = 1; index <= 1000; index += 1) {
      used.use({ key: `flood ${index}`, jti: 'a', iat: NOW + index / 1e3 }, NOW);
    }
    expect(used.use(before, NOW)).toBe(false);
    expect(used.size).toBeLessThanOrEqual(21);
    expect(used.use({ key: 'k', jti: 'after', iat: NOW + 2 }, NOW + 2)).toBe(true);
  });

  test('who fills it with more keys than are remembered holds up the proofs of others that are not newer', () => {
    const used = new UsedProofs(TTL, 10);
    for (let index = 1; index <= 30; index += 1) used.use({ key: `flood ${index}`, jti: 'a', iat: NOW + 5 }, NOW);
    expect([
      used.use({ key: 'k', jti: 'a', iat: NOW + 5 }, NOW + 5),
      used.use({ key: 'k', jti: 'b', iat: NOW + 6 }, NOW + 6),
    ]).toEqual([false, true]);
  });

  test('a forgotten proof is refused as long as it could be accepted, to the last second', () => {
    const used = new UsedProofs(TTL, 1);
    // from a clock that is ahead
    const early = { key: 'k', jti: 'a', iat: NOW + 5 };
    used.use(early, NOW);
    used.use({ key: 'l', jti: 'b', iat: NOW }, NOW);
    expect(used.use(early, NOW + TTL)).toBe(false);
    expect(used.use(early, NOW + TTL + 1)).toBe(true);
  });

  test('forgotten proofs concern their own key until there are more such keys than the bound', () => {
    const used = new UsedProofs(TTL, 3);
    const flood = (from: number, to: number) => {
      for (let index = from; index < to; index += 1) used.use({ key: `${index}`, jti: 'a', iat: NOW }, NOW);
    };
    flood(0, 6);
    expect(used.size).toBe(6);
    expect(used.use({ key: 'slow', jti: 'a', iat: NOW - 1 }, NOW)).toBe(true);
    flood(6, 7);
    expect(used.use({ key: 'slower', jti: 'a', iat: NOW - 1 }, NOW)).toBe(false);
  });

  test('a flood that is over is forgotten with its proofs', () => {
    const used = new UsedProofs(TTL, 10);
    for (let index = 0; index < 100; index += 1)
      used.use({ key: 'flood', jti: `${index}`, iat: NOW + index }, NOW + index);
    used.use({ key: 'k', jti: 'a', iat: NOW + 500 }, NOW + 500);
    expect(used.size).toBe(1);
  });

  test('a use costs the same however many proofs are remembered', () => {
    const deletes = jest.spyOn(Map.prototype, 'delete');
    const used = new UsedProofs(TTL, 1000);
    const costs = [500, 5000, 50_000].map((count) => {
      deletes.mockClear();
      for (let index = 0; index < count; index += 1) used.use({ key: `${count}`, jti: `${index}`, iat: NOW + 1 }, NOW);
      return deletes.mock.calls.length / count;
    });
    deletes.mockRestore();
    for (const cost of costs) expect(cost).toBeLessThanOrEqual(4);
  });
});
