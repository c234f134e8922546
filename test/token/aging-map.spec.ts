import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AgingMap } from '../../lib/token/aging-map.js';
import { BoundedMap } from '../../lib/token/index.js';
import { UsedProofs } from '../../lib/token/proofs/used-proofs.js';

describe('AgingMap', () => {
  const mapOf = (...keys: string[]) => {
    const map = new AgingMap<string, number>();
    for (const [index, key] of keys.entries()) map.set(key, index);
    return map;
  };

  const oldestOf = (map: AgingMap<string, number>) => map.oldest?.key;

  test('tells what was set longest ago, and nothing when it is empty', () => {
    const map = mapOf('a', 'b');
    expect(map.oldest).toMatchObject({ key: 'a', value: 0 });
    expect([map.delete('a'), oldestOf(map), map.delete('b'), map.oldest, map.delete('b')]).toEqual([
      true,
      'b',
      true,
      undefined,
      false,
    ]);
    map.set('c', 1);
    expect([oldestOf(map), map.size, map.get('c'), map.has('a')]).toEqual(['c', 1, 1, false]);
  });

  test('gives away what was set longest ago, and nothing when it is empty', () => {
    const map = mapOf('a', 'b');
    expect([map.shift(), map.has('a'), map.size, map.shift(), map.size, map.shift()]).toEqual([
      0,
      false,
      1,
      1,
      0,
      undefined,
    ]);
  });

  test('a key that is set again is the newest', () => {
    const map = mapOf('a', 'b', 'c');
    expect(oldestOf(map)).toBe('a');
    map.set('a', 4);
    map.set('c', 5);
    expect([map.shift(), map.shift(), map.shift()]).toEqual([1, 4, 5]);
  });

  test('tells what a list tells, whatever is set and deleted', () => {
    const map = new AgingMap<number, number>();
    let list: number[] = [];
    const differences: unknown[] = [];
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    for (let step = 0; step < 20_000; step += 1) {
      const key = random(3) === 0 ? (map.oldest?.key ?? 0) : random(50);
      if (random(2) === 0) {
        map.set(key, step);
        list = [...list.filter((one) => one !== key), key];
      } else {
        if (map.delete(key) !== list.includes(key)) differences.push({ step, key });
        list = list.filter((one) => one !== key);
      }
      if (map.oldest?.key !== list[0] || map.size !== list.length) differences.push({ step, oldest: map.oldest });
    }
    expect(differences).toEqual([]);
  });
});

/** Counts the iterations that begin at the front of a map, where each passes over what was deleted. */
function iterationsOf(work: () => void): number {
  const begun = [
    jest.spyOn(Map.prototype, 'keys'),
    jest.spyOn(Map.prototype, 'values'),
    jest.spyOn(Map.prototype, 'entries'),
    jest.spyOn(Map.prototype, Symbol.iterator as never),
  ];
  work();
  const count = begun.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  for (const spy of begun) spy.mockRestore();
  return count;
}

describe('what forgets its oldest entry begins no iteration for that, however many it has forgotten', () => {
  test('a bounded map', () => {
    const map = new BoundedMap<number, true>(100);
    expect(
      iterationsOf(() => {
        for (let key = 0; key < 1000; key += 1) map.set(key, true);
      }),
    ).toBe(0);
  });

  test('used proofs, which grow too old, or are more than fit', () => {
    const used = new UsedProofs(10, 100);
    expect(
      iterationsOf(() => {
        for (let index = 0; index < 1000; index += 1) {
          used.use({ key: `${index % 300}`, jti: `${index}`, iat: index / 5 }, index / 5);
        }
      }),
    ).toBe(0);
    const crowded = new UsedProofs(10, 10);
    expect(
      iterationsOf(() => {
        for (let index = 0; index < 1000; index += 1) {
          crowded.use({ key: `${index}`, jti: `${index}`, iat: index / 5 }, index / 5);
        }
      }),
    ).toBe(0);
  });
});

describe('what was replaced or deleted is in memory no longer, although nobody asks for the oldest entry', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  test.each([
    ['a map', () => new AgingMap<string, object>()],
    ['a bounded map below its bound', () => new BoundedMap<string, object>(100)],
  ])('%s', async (_, create) => {
    const map = create();
    const values: WeakRef<object>[] = [];
    for (let step = 0; step < 1000; step += 1) {
      const value = {};
      values.push(new WeakRef(value));
      map.set(`key ${step % 10}`, value);
      if (step % 3 === 0) map.delete(`key ${step % 7}`);
    }
    // Until the next turn of the loop what a WeakRef was made of is kept.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(values.filter((value) => value.deref() !== undefined)).toHaveLength(8);
  });
});
