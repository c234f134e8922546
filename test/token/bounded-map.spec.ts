import { BoundedMap } from '../../lib/token/index.js';

test('beyond its limit a new entry replaces the one that was set longest ago', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('c', 3);
  expect({ size: map.size, a: map.get('a'), b: map.get('b'), c: map.get('c') }).toEqual({ size: 2, b: 2, c: 3 });
});

test('an entry that is set again is the newest, and removes no other', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.set('c', 4);
  expect({ a: map.get('a'), b: map.has('b'), c: map.get('c') }).toEqual({ a: 3, b: false, c: 4 });
});

test('reading an entry does not renew it', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.get('a');
  map.set('c', 3);
  expect(map.has('a')).toBe(false);
});

test('an entry that was deleted makes room', () => {
  const map = new BoundedMap<string, number>(1);
  map.set('a', 1);
  expect({ first: map.delete('a'), again: map.delete('a'), size: map.size }).toEqual({
    first: true,
    again: false,
    size: 0,
  });
});
