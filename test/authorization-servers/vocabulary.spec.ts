import { Vocabulary, type VocabularyOptions } from '../../lib/authorization-servers/index.js';

const from = (options: unknown) => Vocabulary.from(options as VocabularyOptions, 'server');

describe('without words', () => {
  test.each([{}, { acr: undefined }, { acr: 'literal' }])('%j: every string stands for itself', (options) => {
    const vocabulary = from(options);
    expect(vocabulary.known).toBeUndefined();
    expect(vocabulary.knows('anything')).toBe(true);
    expect(vocabulary.stringsFor(['b', 'a'])).toEqual(['b', 'a']);
  });
});

describe('words', () => {
  const vocabulary = from({ acr: { mfa: ['urn:as:otp', 'urn:as:push'], phr: 'urn:as:key', pwd: 'pwd' } });

  test.each([
    ['a word stands for its strings, in order of preference', ['mfa'], ['urn:as:otp', 'urn:as:push']],
    ['RS-09 several words keep their order', ['phr', 'mfa'], ['urn:as:key', 'urn:as:otp', 'urn:as:push']],
    ['RS-09 the other way round too', ['mfa', 'phr'], ['urn:as:otp', 'urn:as:push', 'urn:as:key']],
    ['a string of the map stands for itself alone', ['urn:as:push'], ['urn:as:push']],
    ['a string twice is listed once, where it stands first', ['urn:as:push', 'mfa'], ['urn:as:push', 'urn:as:otp']],
    ['a word that is its own string', ['pwd'], ['pwd']],
    ['what is unknown here is left out', ['other', 'phr'], ['urn:as:key']],
    ['RS-41 a stronger word does not satisfy without an order', ['pwd'], ['pwd']],
    ['nothing known, nothing satisfies', ['other'], []],
    ['RS-40 another case is another word', ['MFA', 'Phr'], []],
    ['RS-40 part of a word or a string is neither', ['mf', 'urn:as', 'mfa-lite'], []],
    ['inherited members are no words', ['constructor', 'toString', '__proto__', 'hasOwnProperty'], []],
  ])('%s', (_, required, expected) => expect(vocabulary.stringsFor(required)).toEqual(expected));

  test('words and strings of the map are legal, nothing else is', () => {
    expect(new Set(vocabulary.known)).toEqual(
      new Set(['mfa', 'phr', 'pwd', 'urn:as:otp', 'urn:as:push', 'urn:as:key']),
    );
    for (const known of vocabulary.known ?? []) expect(vocabulary.knows(known)).toBe(true);
    for (const unknown of ['other', 'MFA', '', 'constructor', '__proto__'])
      expect(vocabulary.knows(unknown)).toBe(false);
  });

  test('two words may share a string where no order decides between them', () => {
    const shared = from({ acr: { mfa: ['a', 'b'], otp: ['b'] } });
    expect(shared.stringsFor(['otp'])).toEqual(['b']);
    expect(shared.stringsFor(['mfa', 'otp'])).toEqual(['a', 'b']);
  });

  test.each(['__proto__', 'constructor', 'toString'])('a word may be called %s', (word) => {
    const named = from({ acr: JSON.parse(`{"${word}":"urn:as:x"}`) });
    expect(named.stringsFor([word])).toEqual(['urn:as:x']);
  });

  test('what is returned cannot change what a word means', () => {
    (vocabulary.stringsFor(['phr']) as string[]).push('urn:as:evil');
    (vocabulary.known as string[]).length = 0;
    expect(vocabulary.stringsFor(['phr'])).toEqual(['urn:as:key']);
  });
});

describe('order', () => {
  const acr = { pwd: 'urn:1', mfa: ['urn:2a', 'urn:2b'], phr: 'urn:3', badge: 'urn:badge' };
  const vocabulary = from({ acr, order: ['phr', 'mfa', 'pwd'] });

  test.each([
    ['the strongest has no substitute', ['phr'], ['urn:3']],
    ['a stronger word satisfies, listed behind', ['mfa'], ['urn:2a', 'urn:2b', 'urn:3']],
    ['the nearest one first', ['pwd'], ['urn:1', 'urn:2a', 'urn:2b', 'urn:3']],
    ['the required words before any stronger one', ['pwd', 'mfa'], ['urn:1', 'urn:2a', 'urn:2b', 'urn:3']],
    ['a weaker word does not satisfy', ['phr', 'badge'], ['urn:3', 'urn:badge']],
    ['a word outside the order has no substitute and is none', ['badge'], ['urn:badge']],
    ['a string is met by itself alone', ['urn:1'], ['urn:1']],
  ])('%s', (_, required, expected) => expect(vocabulary.stringsFor(required)).toEqual(expected));

  test('does not follow from the order in the map', () => {
    expect(from({ acr, order: ['pwd', 'phr'] }).stringsFor(['phr'])).toEqual(['urn:3', 'urn:1']);
  });
});

describe('TypeError names the option', () => {
  const WORDS = `"server.acr" must map at least one word of yours to the server's strings, or be 'literal'`;
  const strings = (word: string) =>
    `"server.acr.${word}" must be a string or a list of strings of printable ASCII without space, quote and backslash`;
  const ORDER = '"server.order" must list words of "server.acr", each once, strongest first';

  test.each<[unknown, string]>([
    ...[null, {}, [], ['mfa'], 'Literal', '', 5, true, new Map([['mfa', 'a']])].map((acr): [unknown, string] => [
      { acr },
      WORDS,
    ]),
    ...['', 'a b', 'a"b', 'a\\b', 'é', 'a\n', 'a\0', 5, null, undefined, true, {}, [], [''], ['a', 5], [['a']]].map(
      (mfa): [unknown, string] => [{ acr: { mfa } }, strings('mfa')],
    ),
    ...['', 'm fa', 'm"fa', 'mfä'].map((word): [unknown, string] => [{ acr: { [word]: 'a' } }, strings(word)]),
    [
      { acr: { mfa: ['a', 'phr'], phr: 'b' } },
      '"server.acr.mfa" uses "phr", which is a word of its own; give one of the two another name',
    ],
    [{ order: ['mfa'] }, '"server.order" needs the words of "server.acr"'],
    [{ acr: 'literal', order: [] }, '"server.order" needs the words of "server.acr"'],
    ...['mfa', null, { 0: 'mfa' }, ['mfa', 'mfa']].map((order): [unknown, string] => [
      { acr: { mfa: 'a' }, order },
      ORDER,
    ]),
    ...['other', 'a', 'MFA', 'constructor', 5].map((word): [unknown, string] => [
      { acr: { mfa: 'a' }, order: ['mfa', word] },
      `"server.order" names "${word}", which "server.acr" does not`,
    ]),
    [
      { acr: { mfa: ['a', 'b'], phr: 'b' }, order: ['phr', 'mfa'] },
      '"server.acr" has "b" under "mfa" and "phr"; with "order" it can be only one',
    ],
    [
      { acr: { mfa: ['a', 'a'] }, order: ['mfa'] },
      '"server.acr" has "a" under "mfa" and "mfa"; with "order" it can be only one',
    ],
  ])('%j', (options, message) => expect(() => from(options)).toThrow(new TypeError(message)));
});
