import { isAcrValue, StepUpConfigurationError, show } from '../core/index.js';

/** The strings of an authorization server for the words of an application. */
export interface VocabularyOptions<Word extends string = string> {
  /** Maps your words to the server's strings, in order of preference. With `'literal'` strings stand for themselves. */
  acr?: { readonly [word in Word]?: string | readonly string[] | undefined } | 'literal' | undefined;
  /** Your words, strongest first: then a stronger one satisfies a weaker one. Default is no order. */
  order?: readonly Word[] | undefined;
}

/**
 * Translates the words of an application to the `acr` strings of one authorization server. These are private to the
 * server: RFC 9470 neither registers nor orders any.
 *
 * @see [RFC 9470 §2](https://www.rfc-editor.org/rfc/rfc9470.html#section-2)
 */
export class Vocabulary {
  readonly #meanings: ReadonlyMap<string, Meaning> | undefined;

  private constructor(
    meanings: ReadonlyMap<string, Meaning> | undefined,
    /** The words of the map with their strings. Empty if every string stands for itself. */
    readonly words: ReadonlyMap<string, readonly string[]>,
  ) {
    this.#meanings = meanings;
  }

  /** A vocabulary in which every string stands for itself. */
  static readonly literal = new Vocabulary(undefined, new Map());

  /**
   * Checks the options and creates their vocabulary.
   *
   * @param where the place that errors name, such as `authorizationServers[0]`
   * @throws StepUpConfigurationError for ill-formed strings, an empty map, an order without a map or with unknown
   * words, and with an order for a string that two words share
   */
  static from({ acr, order }: VocabularyOptions, where: string): Vocabulary {
    if (acr === undefined || acr === 'literal') {
      if (order !== undefined) throw new StepUpConfigurationError(`"${where}.order" needs words in "${where}.acr"`);
      return Vocabulary.literal;
    }
    const words = checkWords(acr, `${where}.acr`);
    if (order !== undefined) checkOrder(order, words, where);
    const meanings = new Map<string, Meaning>();
    for (const strings of words.values()) {
      for (const value of strings) meanings.set(value, { own: [value], stronger: [] });
    }
    for (const [word, own] of words) {
      // Closest first, so that a user is asked for the next stronger word, not for the strongest.
      const stronger = order?.slice(0, Math.max(order.indexOf(word), 0)).reverse() ?? [];
      meanings.set(word, { own, stronger: stronger.flatMap((name) => words.get(name) ?? []) });
    }
    return new Vocabulary(meanings, words);
  }

  /** The legal words and strings. `undefined` if every string is legal. */
  get known(): readonly string[] | undefined {
    return this.#meanings && [...this.#meanings.keys()];
  }

  knows(acrValue: string): boolean {
    return this.#meanings?.has(acrValue) ?? true;
  }

  /**
   * Returns the strings that satisfy a list of words, in order of preference: those of the words, then those of
   * stronger words. Empty if the server knows none of the words.
   */
  stringsFor(acrValues: readonly string[]): readonly string[] {
    if (this.#meanings === undefined) return acrValues;
    const meanings = acrValues.flatMap((value) => this.#meanings?.get(value) ?? []);
    return [...new Set([...meanings.flatMap(({ own }) => own), ...meanings.flatMap(({ stronger }) => stronger)])];
  }
}

interface Meaning {
  readonly own: readonly string[];
  readonly stronger: readonly string[];
}

function checkWords(acr: unknown, where: string): Map<string, readonly string[]> {
  const isMap = typeof acr === 'object' && acr !== null && !Array.isArray(acr);
  const entries = isMap ? Object.entries(acr).filter(([, strings]) => strings !== undefined) : [];
  if (entries.length === 0) {
    throw new StepUpConfigurationError(
      `"${where}" must map at least one of your words to the server's strings, or be 'literal'`,
    );
  }
  const words = new Map<string, readonly string[]>();
  for (const [word, given] of entries) {
    const strings: unknown[] = Array.isArray(given) ? [...given] : [given];
    if (!isAcrValue(word) || strings.length === 0 || !strings.every(isAcrValue)) {
      throw new StepUpConfigurationError(
        `"${where}.${word}" must be a string or a list of strings of printable ASCII without space, quote and backslash`,
      );
    }
    words.set(word, strings as string[]);
  }
  for (const [word, strings] of words) {
    const other = strings.find((value) => value !== word && words.has(value));
    if (other !== undefined) {
      throw new StepUpConfigurationError(
        `"${where}.${word}" uses "${other}", which is a word too; rename one of the two`,
      );
    }
  }
  return words;
}

function checkOrder(order: unknown, words: ReadonlyMap<string, readonly string[]>, where: string): void {
  if (!Array.isArray(order) || new Set(order).size !== order.length) {
    throw new StepUpConfigurationError(
      `"${where}.order" must list words of "${where}.acr", each once, strongest first`,
    );
  }
  for (const word of order) {
    if (!words.has(word))
      throw new StepUpConfigurationError(
        `"${where}.order" names a value ${show(word)}, which is not in "${where}.acr"`,
      );
  }
  const owners = new Map<string, string>();
  for (const [word, strings] of words) {
    for (const value of strings) {
      const other = owners.get(value);
      if (other !== undefined) {
        throw new StepUpConfigurationError(
          `"${where}.acr" has "${value}" under "${other}" and "${word}"; with "order" a string can have only one word`,
        );
      }
      owners.set(value, word);
    }
  }
}
