import {
  type Challenge,
  type ChallengeDeviationCode,
  type Diagnostic,
  formatChallenges,
  parseChallenges,
} from '../../lib/core/index.js';
import { stepGrowth } from '../support/regexp-steps.js';
import challengeVectors from './challenge-vectors.json';

interface Vector {
  name: string;
  /** One string for each field line. */
  raw: string[];
  expected: Challenge[];
  deviations?: ChallengeDeviationCode[];
  /** What formatChallenges makes of the expected challenges. */
  canonical?: string;
}

const vectors: Vector[] = challengeVectors as Vector[];

function parse(field: string | readonly string[]) {
  const deviations: ChallengeDeviationCode[] = [];
  const challenges = parseChallenges(field, { onDeviation: ({ code }) => deviations.push(code) });
  return { challenges, deviations };
}

describe('parseChallenges', () => {
  test.each(vectors)('a field is read as its vector says: $name', ({ raw, expected, deviations = [] }) => {
    expect(parse(raw)).toStrictEqual({ challenges: expected, deviations });
  });

  test.each(vectors.filter(({ raw }) => raw.length === 1))(
    'C-16 one string is read like a list of one: $name',
    ({ raw }) => {
      expect(parse(raw[0]!)).toStrictEqual(parse(raw));
    },
  );

  const readable = vectors.filter(({ raw, deviations }) => raw.length > 1 && deviations === undefined);
  test.each(readable)('C-16 lines joined by a comma are read like separate lines: $name', ({ raw, expected }) => {
    expect(parse(raw.join(', '))).toStrictEqual({ challenges: expected, deviations: [] });
  });

  test.each(['__proto__', 'constructor', 'toString'])('a parameter named %s changes no prototype', (name) => {
    const parameters = parseChallenges(`Bearer error="x", ${name}="polluted"`)[0]!.parameters;
    expect(Object.entries(parameters)).toEqual([
      ['error', 'x'],
      [name.toLowerCase(), 'polluted'],
    ]);
    expect(Object.getPrototypeOf(parameters)).toBe(Object.prototype);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('C-04 a backslash stands for the octet after it, for each octet that may follow one', () => {
    const octets = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
    const read = octets.filter((octet) => parse(`A a="\\${octet}"`).challenges[0]?.parameters['a'] === octet);
    expect(read).toEqual(octets.filter((octet) => /[\t\x20-\x7E\x80-\xFF]/.test(octet)));
  });

  test('RS-22 a quoted-string holds each octet but quote, backslash and controls', () => {
    const octets = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
    const read = octets.filter((octet) => parse(`A a="${octet}"`).challenges[0]?.parameters['a'] === octet);
    expect(read).toEqual(octets.filter((octet) => /[\t\x20\x21\x23-\x5B\x5D-\x7E\x80-\xFF]/.test(octet)));
  });

  test.each<[field: string, code: string, message: string]>([
    ['Bearer a=1, a=2', 'duplicate_parameter', 'A challenge repeats a parameter'],
    ['"', 'unreadable', 'A challenge cannot be read'],
  ])('%s is reported as a diagnostic', (field, code, message) => {
    const diagnostics: Diagnostic[] = [];
    parseChallenges(field, { onDeviation: (diagnostic) => diagnostics.push(diagnostic) });
    expect(diagnostics).toEqual([{ code, subject: 'WWW-Authenticate', message }]);
  });

  test('a challenge is discarded silently without a listener', () => {
    expect(parseChallenges('Bearer a=1, a=2, Basic realm="x", "')).toEqual([
      { scheme: 'Basic', parameters: { realm: 'x' } },
    ]);
  });

  test('each call of parseChallenges returns new objects', () => {
    parseChallenges('Bearer')[0]!.parameters['error'] = 'changed';
    expect(parseChallenges('Bearer')).toEqual([{ scheme: 'Bearer', parameters: {} }]);
  });
});

describe('parseChallenges takes linear time', () => {
  // each would cost the square of its length in a parser that tries again from every place
  const hard: [what: string, text: (size: number) => string][] = [
    ['spaces', (size) => ' '.repeat(size)],
    ['commas', (size) => ','.repeat(size)],
    ['commas and spaces', (size) => ', '.repeat(size / 2)],
    ['a long scheme', (size) => `${'a'.repeat(size)}"`],
    ['spaces after a scheme', (size) => `Bearer${' '.repeat(size)}"`],
    ['spaces before the equals sign', (size) => `Bearer a${' '.repeat(size)}"`],
    ['spaces after the equals sign', (size) => `Bearer a=${' '.repeat(size)}"`],
    ['a token that is almost token68', (size) => `Bearer ${'a'.repeat(size)}"`],
    ['equals signs after token68', (size) => `Bearer a${'='.repeat(size)}"`],
    [
      'token68, equals signs and spaces',
      (size) => `Bearer ${'a'.repeat(size / 3)}${'='.repeat(size / 3)}${' '.repeat(size / 3)}"`,
    ],
    ['an unterminated quote', (size) => `Bearer a="${'x'.repeat(size)}`],
    ['an unterminated quote of pairs', (size) => `Bearer a="${'\\"'.repeat(size / 2)}`],
    ['an unterminated quote of backslashes', (size) => `Bearer a="${'\\'.repeat(size)}`],
    ['text and pairs mixed', (size) => `Bearer a="${'x\\x'.repeat(size / 3)}\0`],
    ['many schemes', (size) => 'a,'.repeat(size / 2)],
    ['many schemes with space', (size) => 'a ,'.repeat(size / 3)],
    ['many token68', (size) => 'a b,'.repeat(size / 4)],
    ['many parameters', (size) => `A ${Array.from({ length: size / 10 }, (_, at) => `p${at}=1`).join()}`],
    ['many repeated parameters', (size) => `A ${'a=1,'.repeat(size / 4)}`],
    ['many challenges', (size) => 'A a="",'.repeat(size / 7)],
  ];

  test.each(hard)('parseChallenges takes linear time for %s', (_, text) => {
    const grows = stepGrowth((size) => {
      const field = text(size);
      return () => parseChallenges(field);
    }, 420);
    expect(grows).toBeLessThan(2.2);
  });

  test('a quoted-string of several megabytes does not exhaust the stack', () => {
    const text = 'x\\"'.repeat(2_000_000);
    expect(parse(`Bearer a="${text}"`).challenges[0]?.parameters['a']).toHaveLength(4_000_000);
    expect(parse(`Bearer a="${text}`)).toEqual({ challenges: [], deviations: ['unreadable'] });
  });
});

describe('formatChallenges', () => {
  const canonical = vectors.filter((vector) => vector.canonical !== undefined);
  test.each(canonical)('the canonical form is written and read back: $name', ({ expected, canonical }) => {
    expect(formatChallenges(expected)).toBe(canonical);
    expect(parse(canonical!)).toStrictEqual({ challenges: expected, deviations: [] });
  });

  test.each<[what: string, challenges: Challenge[], field: string]>([
    ['an empty list of challenges', [], ''],
    ['RS-04 a scheme alone', [{ scheme: 'Negotiate', parameters: {} }], 'Negotiate'],
    ['RS-18 a realm, quoted,', [{ scheme: 'Basic', parameters: { realm: 'api' } }], 'Basic realm="api"'],
    ['RS-18 an empty realm', [{ scheme: 'Basic', parameters: { realm: '' } }], 'Basic realm=""'],
    ['RS-11 a max_age, quoted,', [{ scheme: 'Bearer', parameters: { max_age: '0' } }], 'Bearer max_age="0"'],
    [
      'RS-19 a value of which only quote and backslash are escaped',
      [{ scheme: 'A', parameters: { a: 'q"uo\\te,=;/\'\t!' } }],
      'A a="q\\"uo\\\\te,=;/\'\t!"',
    ],
    ['RS-21 a URN, quoted,', [{ scheme: 'A', parameters: { a: 'urn:x;y=1?z' } }], 'A a="urn:x;y=1?z"'],
    [
      'several challenges in their order',
      [
        { scheme: 'Bearer', parameters: { realm: 'a', error: 'x' } },
        { scheme: 'Negotiate', parameters: {}, token68: 'YII=' },
        { scheme: 'DPoP', parameters: { algs: 'ES256' } },
      ],
      'Bearer realm="a", error="x", Negotiate YII=, DPoP algs="ES256"',
    ],
  ])('%s can be written', (_, challenges, field) => {
    expect(formatChallenges(challenges)).toBe(field);
  });

  const A = (parameters: object): Challenge => ({ scheme: 'A', parameters: parameters as Record<string, string> });
  const unprintable = (name: string) => `The parameter "${name}" must be a string of printable ASCII`;
  test.each<[what: string, challenge: Challenge, message: string]>([
    ['an empty scheme', { scheme: '', parameters: {} }, '"scheme" must be a token: ""'],
    ['a scheme with a space', { scheme: 'A b', parameters: {} }, '"scheme" must be a token: "A b"'],
    ['RS-22 a scheme with a line break', { scheme: 'A\n', parameters: {} }, '"scheme" must be a token: "A\\n"'],
    ['an empty parameter name', A({ '': 'x' }), 'A parameter name must be a token: ""'],
    ['a parameter name with an equals sign', A({ 'a=b': 'x' }), 'A parameter name must be a token: "a=b"'],
    ['RS-22 a parameter name with a line break', A({ 'a\r\nb': 'x' }), 'A parameter name must be a token: "a\\r\\nb"'],
    ['RS-13 a name twice, in different case,', A({ error: 'x', Error: 'y' }), 'The parameter "error" occurs twice'],
    ['RS-14 a realm twice, in different case,', A({ REALM: 'x', realm: 'y' }), 'The parameter "realm" occurs twice'],
    ['RS-22 a value with a line break', A({ a: 'x\r\nSet-Cookie: b=c' }), unprintable('a')],
    ['RS-22 a value with a line feed at its end', A({ a: 'x\n' }), unprintable('a')],
    ['RS-22 a value with NUL', A({ a: '\0' }), unprintable('a')],
    ['RS-22 a value with DEL', A({ a: '\x7f' }), unprintable('a')],
    ['RS-22 a value of Latin-1, which Node would let pass,', A({ a: '\u00e9' }), unprintable('a')],
    ['RS-22 a value beyond Latin-1', A({ a: '\u2192' }), unprintable('a')],
    ['a value that is a number', A({ max_age: 300 }), unprintable('max_age')],
    ['a value that is undefined', A({ realm: undefined }), unprintable('realm')],
    [
      'an empty token68',
      { scheme: 'A', parameters: {}, token68: '' },
      '"token68" has a character that token68 does not allow',
    ],
    [
      'a token68 with a comma',
      { scheme: 'A', parameters: {}, token68: 'a, B' },
      '"token68" has a character that token68 does not allow',
    ],
    [
      'a token68 next to parameters',
      { scheme: 'A', parameters: { a: 'x' }, token68: 'abc' },
      'A challenge carries either "token68" or "parameters", not both',
    ],
  ])('%s is refused', (_, challenge, message) => {
    expect(() => formatChallenges([challenge])).toThrow(TypeError);
    expect(() => formatChallenges([challenge])).toThrow(new TypeError(message));
  });
});

describe('random challenges', () => {
  /** Numbers from 0 up to, not including, `below`; the same ones for the same seed. */
  function random(seed: number) {
    let state = seed;
    return (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  }
  type Random = ReturnType<typeof random>;
  const text = (next: Random, alphabet: readonly string[], least: number, most: number) =>
    Array.from({ length: least + next(most - least + 1) }, () => alphabet[next(alphabet.length)]).join('');

  const PRINTABLE = Array.from({ length: 0x5f }, (_, offset) => String.fromCharCode(0x20 + offset));
  const TCHAR = PRINTABLE.filter((character) => /[!#$%&'*+\-.^_`|~0-9a-z]/.test(character));
  const PIECES = [
    ...' \t,="\\',
    'Bearer',
    'realm',
    'a',
    '/',
    ':',
    '\r',
    '\n',
    '\0',
    '\x7f',
    '\u00e9',
    '\u20ac',
    '\ud800',
    'a=1',
    '"b"',
  ];

  function challenge(next: Random): Challenge {
    const scheme = text(next, TCHAR, 1, 8);
    if (next(4) === 0)
      return { scheme, parameters: {}, token68: `${text(next, [...'azAZ09-._~+/'], 1, 12)}${'='.repeat(next(3))}` };
    const names = Array.from({ length: next(5) }, () => text(next, TCHAR, 1, 6));
    return {
      scheme,
      parameters: Object.fromEntries(
        names.map((name) => [name, text(next, ['\t', ...PRINTABLE, '"', '\\', ','], 0, 20)]),
      ),
    };
  }

  test.each([1, 2, 3, 4, 5])('random challenges are read back as they were written, seed %i', (seed) => {
    const next = random(seed);
    for (let round = 0; round < 400; round += 1) {
      const challenges = Array.from({ length: next(4) }, () => challenge(next));
      expect(parse(formatChallenges(challenges))).toStrictEqual({ challenges, deviations: [] });
      expect(parse(challenges.map((one) => formatChallenges([one])))).toStrictEqual({ challenges, deviations: [] });
    }
  });

  test.each([11, 12, 13, 14, 15])(
    'a spoilt field never throws and yields nothing outside the grammar, seed %i',
    (seed) => {
      const next = random(seed);
      let read = 0;
      for (let round = 0; round < 2000; round += 1) {
        const sound = formatChallenges(Array.from({ length: next(4) }, () => challenge(next)));
        const at = next(sound.length + 1);
        const spoilt = sound.slice(0, at) + text(next, PIECES, 1, 3) + sound.slice(at + next(3));
        const lines = [spoilt, text(next, PIECES, 0, 14)];
        const { challenges, deviations } = parse(lines);
        read += challenges.length;
        expect(deviations.every((deviation) => deviation === 'unreadable' || deviation === 'duplicate_parameter')).toBe(
          true,
        );
        for (const { scheme, parameters, token68 } of challenges) {
          expect([scheme, ...Object.keys(parameters)].join('')).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
          expect(Object.values(parameters).join('')).toMatch(/^[\t\x20-\x7E\x80-\xFF]*$/);
          expect(token68 ?? 'a').toMatch(/^[A-Za-z0-9\-._~+/]+=*$/);
        }
      }
      expect(read).toBeGreaterThan(1000);
    },
  );
});
