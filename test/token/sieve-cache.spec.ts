import fc from 'fast-check';
import { SieveCache, type SieveEntry } from '../../lib/token/sieve-cache.js';

class Entry implements SieveEntry {
  isUsed = false;
  newer: this | undefined = undefined;
  older: this | undefined = undefined;

  constructor(
    readonly key: string,
    readonly bytes = 1,
  ) {}
}

const keysOf = (cache: SieveCache<Entry>, of: string) => [...of].filter((key) => cache.get(key) !== undefined).join('');
const filled = (room: number, keys: string) => {
  const cache = new SieveCache<Entry>(room);
  for (const key of keys) cache.add(new Entry(key));
  return cache;
};
const use = (cache: SieveCache<Entry>, keys: string) => {
  for (const key of keys) cache.get(key)!.isUsed = true;
};

test('without uses the oldest entry makes room', () => {
  expect(keysOf(filled(3, 'abcd'), 'abcd')).toBe('bcd');
});

test('an entry that was used stays, and one that was not makes room', () => {
  const cache = filled(3, 'abc');
  use(cache, 'ab');
  cache.add(new Entry('d'));
  expect(keysOf(cache, 'abcd')).toBe('abd');
});

test('a use counts until the hand comes by', () => {
  const cache = filled(3, 'abc');
  use(cache, 'a');
  for (const key of 'def') cache.add(new Entry(key));
  expect(keysOf(cache, 'abcdef')).toBe('aef');
  for (const key of 'gh') cache.add(new Entry(key));
  expect(keysOf(cache, 'aefgh')).not.toContain('e');
});

test('a use that the hand has passed counts no longer when it comes by again', () => {
  const cache = filled(3, 'abc');
  use(cache, 'a');
  cache.add(new Entry('d'));
  use(cache, 'cd');
  cache.add(new Entry('e'));
  expect(keysOf(cache, 'abcde')).toBe('cde');
});

test.each([
  ['where the hand stands moves it on', 'c', 'aefg'],
  ['elsewhere leaves it where it is', 'e', 'adfg'],
])('the removal of an entry %s', (_, removed, kept) => {
  const cache = filled(4, 'abcd');
  use(cache, 'a');
  // spares a, removes b, and stands at c
  cache.add(new Entry('e'));
  cache.delete(cache.get(removed)!);
  for (const key of 'fg') cache.add(new Entry(key));
  expect(keysOf(cache, 'abcdefg')).toBe(kept);
  expect([cache.size, cache.bytes]).toEqual([4, 4]);
});

test('an entry as large as the cache is added', () => {
  const cache = filled(4, 'abcd');
  cache.add(new Entry('whole', 4));
  expect([cache.size, cache.bytes, cache.get('whole')?.bytes]).toEqual([1, 4, 4]);
});

test('if all entries are used one of them makes room all the same', () => {
  const keys = Array.from({ length: 1000 }, (_, index) => `k${index}`);
  const cache = new SieveCache<Entry>(1000);
  for (const key of keys) cache.add(new Entry(key));
  for (const key of keys) cache.get(key)!.isUsed = true;
  cache.add(new Entry('new'));
  expect(cache.size).toBe(1000);
  expect(cache.get('new')).toBeDefined();
});

test('one insertion looks at 64 used entries at most', () => {
  const cache = new SieveCache<Entry>(1000);
  let spared = 0;
  class Watched extends Entry {
    constructor(key: string) {
      super(key);
      Object.defineProperty(this, 'isUsed', { get: () => true, set: () => (spared += 1) });
    }
  }
  for (let index = 0; index < 1000; index += 1) cache.add(new Watched(`k${index}`));
  cache.add(new Entry('new'));
  expect(spared).toBe(64);
});

test('a large entry makes room for itself, and one that is larger than the cache is not added', () => {
  const cache = filled(4, 'abcd');
  cache.add(new Entry('large', 3));
  expect([cache.size, cache.bytes, cache.evictions]).toEqual([2, 4, 3]);
  cache.add(new Entry('huge', 5));
  expect(cache.get('huge')).toBeUndefined();
  expect([cache.size, cache.bytes, cache.evictions]).toEqual([2, 4, 3]);
});

test('an entry of the same key is replaced', () => {
  const cache = filled(3, 'abc');
  const other = new Entry('b', 1);
  cache.add(other);
  expect(cache.get('b')).toBe(other);
  expect([cache.size, cache.bytes, cache.evictions]).toEqual([3, 3, 0]);
});

test('it tells of each entry that makes room, is removed or replaced, or is too large', () => {
  const removed: string[] = [];
  const cache = new SieveCache<Entry>(3, ({ key }) => removed.push(key));
  for (const key of 'abcd') cache.add(new Entry(key));
  cache.delete(cache.get('c')!);
  cache.add(new Entry('d'));
  cache.add(new Entry('huge', 4));
  expect(removed).toEqual(['a', 'c', 'd', 'huge']);
  expect(keysOf(cache, 'abcd')).toBe('bd');
});

test('in any order of uses, insertions and removals it keeps its bound, its sum and its order', () => {
  const step = fc.record({
    key: fc.constantFrom(...'abcdefghijkl'),
    bytes: fc.integer({ min: 0, max: 6 }),
    kind: fc.constantFrom('add', 'use', 'delete'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 0, max: 20 }), (steps, room) => {
      let removed = 0;
      let added = 0;
      const cache = new SieveCache<Entry>(room, () => (removed += 1));
      for (const { key, bytes, kind } of steps) {
        const present = cache.get(key);
        if (kind === 'add') {
          cache.add(new Entry(key, bytes));
          added += 1;
        }
        if (present !== undefined && kind === 'use') present.isUsed = true;
        if (present !== undefined && kind === 'delete') cache.delete(present);
        const inOrder: Entry[] = [];
        for (let entry = cache.oldest; entry !== undefined; entry = entry.newer) inOrder.push(entry);
        expect(inOrder).toHaveLength(cache.size);
        expect(added - removed).toBe(cache.size);
        expect(inOrder.every((entry) => cache.get(entry.key) === entry)).toBe(true);
        expect(inOrder.every((entry, index) => entry.older === inOrder[index - 1])).toBe(true);
        expect(inOrder.reduce((sum, entry) => sum + entry.bytes, 0)).toBe(cache.bytes);
        expect(cache.bytes).toBeLessThanOrEqual(room);
      }
    }),
    { seed: 9470 },
  );
});
