import { Vocabulary, type VocabularyOptions } from '../../lib/authorization-servers/index.js';
import { refusals } from '../support/refusals.js';

const from = (options: unknown) => Vocabulary.from(options as VocabularyOptions, 'server');

describe('without words', () => {
  test.each([{}, { acr: undefined }, { acr: 'literal' }])(
    'without words, as in %j, each string stands for itself',
    (options) => {
      const vocabulary = from(options);
      expect(vocabulary.known).toBeUndefined();
      expect(vocabulary.knows('anything')).toBe(true);
      expect(vocabulary.stringsFor(['b', 'a'])).toEqual(['b', 'a']);
    },
  );
});

describe('words', () => {
  const vocabulary = from({ acr: { mfa: ['urn:as:otp', 'urn:as:push'], phr: 'urn:as:key', pwd: 'pwd' } });

  test.each<[name: string, required: string[], strings: string[]]>([
    ['a word stands for its strings, in order of preference', ['mfa'], ['urn:as:otp', 'urn:as:push']],
    ['RS-09 several words keep their required order', ['phr', 'mfa'], ['urn:as:key', 'urn:as:otp', 'urn:as:push']],
    ['RS-09 the order of the map does not matter', ['mfa', 'phr'], ['urn:as:otp', 'urn:as:push', 'urn:as:key']],
    ['a string of the map stands for itself alone', ['urn:as:push'], ['urn:as:push']],
    ['a string that is required twice is listed once', ['urn:as:push', 'mfa'], ['urn:as:push', 'urn:as:otp']],
    ['a word may be its own string', ['pwd'], ['pwd']],
    ['a word that this server does not know is left out', ['other', 'phr'], ['urn:as:key']],
    ['RS-41 a stronger word does not satisfy without an order', ['pwd'], ['pwd']],
    ['nothing satisfies a word that this server does not know', ['other'], []],
    ['RS-40 another case is another word', ['MFA', 'Phr'], []],
    ['RS-40 a part of a word or of a string is neither', ['mf', 'urn:as', 'mfa-lite'], []],
    ['inherited members are not words', ['constructor', 'toString', '__proto__', 'hasOwnProperty'], []],
  ])('%s', (_, required, expected) => expect(vocabulary.stringsFor(required)).toEqual(expected));

  test('the words and strings of the map are known, nothing else is', () => {
    expect(new Set(vocabulary.known)).toEqual(
      new Set(['mfa', 'phr', 'pwd', 'urn:as:otp', 'urn:as:push', 'urn:as:key']),
    );
    for (const known of vocabulary.known ?? []) expect(vocabulary.knows(known)).toBe(true);
    for (const unknown of ['other', 'MFA', '', 'constructor', '__proto__'])
      expect(vocabulary.knows(unknown)).toBe(false);
  });

  test('two words may share a string if no order decides between them', () => {
    const shared = from({ acr: { mfa: ['a', 'b'], otp: ['b'] } });
    expect(shared.stringsFor(['otp'])).toEqual(['b']);
    expect(shared.stringsFor(['mfa', 'otp'])).toEqual(['a', 'b']);
  });

  test.each(['__proto__', 'constructor', 'toString'])('a word may be called %s', (word) => {
    const named = from({ acr: JSON.parse(`{"${word}":"urn:as:x"}`) });
    expect(named.stringsFor([word])).toEqual(['urn:as:x']);
  });

  test('a change to what is returned does not change what a word means', () => {
    (vocabulary.stringsFor(['phr']) as string[]).push('urn:as:evil');
    (vocabulary.known as string[]).length = 0;
    expect(vocabulary.stringsFor(['phr'])).toEqual(['urn:as:key']);
  });
});

test('a word without strings is not a word', () => {
  expect(from({ acr: { mfa: 'a', phr: undefined } }).known).toEqual(['a', 'mfa']);
});

describe('order', () => {
  const acr = { pwd: 'urn:1', mfa: ['urn:2a', 'urn:2b'], phr: 'urn:3', badge: 'urn:badge' };
  const vocabulary = from({ acr, order: ['phr', 'mfa', 'pwd'] });

  test.each<[name: string, required: string[], strings: string[]]>([
    ['nothing but its own strings satisfies the strongest word of an order', ['phr'], ['urn:3']],
    ['a stronger word of the order satisfies, and is listed behind', ['mfa'], ['urn:2a', 'urn:2b', 'urn:3']],
    ['stronger words of the order are listed from the nearest on', ['pwd'], ['urn:1', 'urn:2a', 'urn:2b', 'urn:3']],
    ['required words are listed before stronger ones', ['pwd', 'mfa'], ['urn:1', 'urn:2a', 'urn:2b', 'urn:3']],
    ['a weaker word of the order does not satisfy', ['phr', 'badge'], ['urn:3', 'urn:badge']],
    ['a word outside the order has no substitute and is not one', ['badge'], ['urn:badge']],
    ['nothing but itself satisfies a string, even with an order', ['urn:1'], ['urn:1']],
  ])('%s', (_, required, expected) => expect(vocabulary.stringsFor(required)).toEqual(expected));

  test('the order of the words in the map does not matter', () => {
    expect(from({ acr, order: ['pwd', 'phr'] }).stringsFor(['phr'])).toEqual(['urn:3', 'urn:1']);
  });
});

describe('a wrong option', () => {
  const WORDS = `"server.acr" must map at least one of your words to the server's strings, or be 'literal'`;
  const strings = (word: string) =>
    `"server.acr.${word}" must be a string or a list of strings of printable ASCII without space, quote and backslash`;
  const ORDER = '"server.order" must list words of "server.acr", each once, strongest first';

  test.each(
    refusals({
      [WORDS]: [
        ...[null, {}, { mfa: undefined }, [], ['mfa'], 'Literal', '', 5, true, new Map([['mfa', 'a']])].map((acr) => ({
          acr,
        })),
      ],
      [strings('mfa')]: [
        ...['', 'a b', 'a"b', 'a\\b', 'é', 'a\n', 'a\0', 5, null, true, {}, [], [''], ['a', 5], [['a']]].map((mfa) => ({
          acr: { mfa },
        })),
      ],
      ...Object.fromEntries(['', 'm fa', 'm"fa', 'mfä'].map((word) => [strings(word), [{ acr: { [word]: 'a' } }]])),
      '"server.acr.mfa" uses "phr", which is a word too; rename one of the two': [
        { acr: { mfa: ['a', 'phr'], phr: 'b' } },
      ],
      '"server.order" needs words in "server.acr"': [{ order: ['mfa'] }, { acr: 'literal', order: [] }],
      [ORDER]: ['mfa', null, { 0: 'mfa' }, ['mfa', 'mfa']].map((order) => ({ acr: { mfa: 'a' }, order })),
      ...Object.fromEntries(
        ['other', 'a', 'MFA', 'constructor', 5].map((word) => [
          `"server.order" names a value ${JSON.stringify(word)}, which is not in "server.acr"`,
          [{ acr: { mfa: 'a' }, order: ['mfa', word] }],
        ]),
      ),
      '"server.acr" has "b" under "mfa" and "phr"; with "order" a string can have only one word': [
        { acr: { mfa: ['a', 'b'], phr: 'b' }, order: ['phr', 'mfa'] },
      ],
      '"server.acr" has "a" under "mfa" and "mfa"; with "order" a string can have only one word': [
        { acr: { mfa: ['a', 'a'] }, order: ['mfa'] },
      ],
    }),
  )('the options %j are refused by name', (options, message) => {
    expect(() => from(options)).toThrow(new TypeError(message));
  });
});
