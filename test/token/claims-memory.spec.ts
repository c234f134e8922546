import { ClaimsMemory } from '../../lib/token/claims-memory.js';

const list = <T>(length: number, member: (index: number) => T) => Array.from({ length }, (_, index) => member(index));
const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 1]));
const USUAL = {
  iss: 'https://as.example',
  sub: 'alice',
  aud: 'api',
  exp: 1,
  iat: 1,
  jti: 'c0ffee',
  client_id: 'spa',
  acr: 'mfa',
  auth_time: 1,
};
const own = list(100, (index) => `of_one_${index}`);

/** What claims add to the estimate of usual ones, when those have been seen. */
function added(claims: object): number {
  const memory = new ClaimsMemory();
  memory.estimate(USUAL);
  return memory.estimate({ ...USUAL, ...claims }) - memory.estimate(USUAL);
}

// octets of the heap as bench/token-memory.mjs measures them on Node 20 and 24
test.each<[what: string, measured: number, claims: object]>([
  ['a name that no other token has', 1250, { of_one: 1 }],
  ['100 such names', 20_700, named(own)],
  ['500 such names', 36_700, { claim: named(list(500, (index) => `of_one_${index}`)) }],
  ['100 names that are numbers', 6200, { claim: named(list(100, (index) => `${index * 1000}`)) }],
  ['100 objects with a name of their own', 27_200, { claim: own.map((name) => ({ [name]: 1 })) }],
  ['1,000 empty objects', 64_000, { claim: list(1000, () => ({})) }],
  ['1,000 empty lists', 40_000, { claim: list(1000, () => []) }],
  ['1,000 integers', 8000, { claim: list(1000, () => 1) }],
  ['1,000 large integers', 24_000, { claim: list(1000, () => 3_000_000_000) }],
  ['1,000 fractions', 24_000, { claim: list(1000, () => 1.5) }],
  ['900 short texts', 28_700, { claim: list(900, (index) => `text_${100 + index}`) }],
  ['500 short texts in Cyrillic', 24_000, { claim: list(500, (index) => `text_${100 + index}ж`) }],
  ['4 KiB of text', 4100, { claim: 'x'.repeat(4096) }],
  ['4 KiB of text with one Cyrillic letter', 8200, { claim: `${'x'.repeat(4095)}ж` }],
])('%s: the estimate is not much below the heap, %i octets', (_, measured, claims) => {
  expect(added(claims)).toBeGreaterThan(0.8 * measured);
  expect(added(claims)).toBeLessThan(4 * measured);
});

describe('names that objects share', () => {
  test('take 8 octets each, a number in them, from the second object on', () => {
    const memory = new ClaimsMemory();
    const estimates = list(3, () => memory.estimate(named(own)));
    expect(estimates).toEqual([estimates[0], 56 + 800, 56 + 800]);
    expect(estimates[0]).toBeGreaterThan(20_000);
  });

  test('take as much as those of the first one if their order is another', () => {
    const memory = new ClaimsMemory();
    memory.estimate(named(own));
    expect(memory.estimate(named(own.toReversed()))).toBeGreaterThan(20_000);
  });

  test('take more the later the first other name comes, since those before it are copied', () => {
    const memory = new ClaimsMemory();
    memory.estimate(named(own));
    const [early, late] = [10, 90].map((at) => memory.estimate(named([...own.slice(0, at), 'other'])));
    expect(late! - early!).toBeGreaterThan(80 * 50);
  });

  test('are shared from the second object on behind those that are copied too', () => {
    const memory = new ClaimsMemory();
    memory.estimate(named(own));
    const branched = named([...own.slice(0, 90), 'other', 'another']);
    expect(memory.estimate(branched)).toBeGreaterThan(56 + 8 * 92);
    expect(memory.estimate(branched)).toBe(56 + 8 * 92);
  });

  test.each<[what: string, names: string[]]>([
    ['128 of them', list(128, (index) => `n${index}`)],
    ['one of 128 characters', ['n'.repeat(128)]],
  ])('are shared: %s', (_, names) => {
    const memory = new ClaimsMemory();
    memory.estimate(named(names));
    expect(memory.estimate(named(names))).toBe(56 + 8 * names.length);
  });

  test('take two octets a character if no other object has them', () => {
    const [short, long] = [1, 101].map((length) => new ClaimsMemory().estimate({ ['n'.repeat(length)]: 1 }));
    expect(long! - short!).toBe(200);
  });

  test.each<[what: string, names: string[]]>([
    ['more than 128 of them', list(129, (index) => `n${index}`)],
    ['numbers, which V8 keeps in a table', ['1000000']],
    ['one of more than 128 characters', ['n'.repeat(129)]],
  ])('take no less from the second object on: %s', (_, names) => {
    const memory = new ClaimsMemory();
    const [first, second] = list(2, () => memory.estimate(named(names)));
    expect(second).toBe(first);
    expect(second).toBeGreaterThan(names.length * 192);
  });

  test('are remembered of 2,048 shapes: an attacker makes the estimate no smaller, and the memory of them ends', () => {
    const memory = new ClaimsMemory();
    for (let index = 0; index < 3000; index += 1) memory.estimate({ [`of_one_${index}`]: 1 });
    const again = (name: string) => memory.estimate({ [name]: 1 });
    expect(again('of_one_2047')).toBe(64);
    expect(again('of_one_2048')).toBeGreaterThan(64 + 192);
    expect(again('of_one_2048')).toBeGreaterThan(64 + 192);
  });
});

test.each([
  ['ж'.repeat(16), 16],
  ['ж'.repeat(17), 34],
  ['x'.repeat(17), 17],
])('a text takes an octet a character, or two with one beyond Latin-1 if it is not short: %s', (text, octets) => {
  expect(new ClaimsMemory().estimate([text] as never)).toBe(56 + 8 + 24 + octets);
});

test('claims that are nested as deeply as a response can be are estimated', () => {
  const claim = JSON.parse('['.repeat(30_000) + ']'.repeat(30_000));
  expect(new ClaimsMemory().estimate({ claim })).toBeGreaterThan(30_000 * 56);
});
