import type { AuthorizationServer, Vocabulary } from '../../authorization-servers/index.js';
import { type AuthenticationRequirements, closestMatch, StepUpConfigurationError } from '../../core/index.js';
import { BoundedMap } from '../../token/index.js';
import type { ApplicationWords } from './step-up-requirements.js';
import { TranslatedRequirements } from './translated-requirements.js';
import type { UndeclaredWord } from './undeclared-word.js';

/** Greatest number of different requirements of functions that are kept. A function can make any number of them. */
const MAX_COMPILED = 1000;
/** Words of routes that are remembered until a resolved server knows them. */
const MAX_UNDECLARED = 1000;

/** The words of the application, in the strings of each authorization server. */
export class Vocabularies implements ApplicationWords {
  readonly #ofServers: readonly Vocabulary[];
  readonly #byIssuer: ReadonlyMap<string | undefined, Vocabulary>;
  readonly #compiled = new BoundedMap<string, TranslatedRequirements>(MAX_COMPILED);
  /** Words that no server is known to have yet, each with the first place that requires it. */
  readonly #undeclared = new Map<string, string>();

  /** @param isOpen whether further servers are resolved at run time */
  constructor(
    servers: readonly AuthorizationServer[],
    private readonly isOpen = false,
  ) {
    this.#ofServers = servers.map(({ vocabulary }) => vocabulary);
    this.#byIssuer = new Map(servers.map(({ issuer, vocabulary }) => [issuer, vocabulary]));
  }

  /**
   * Returns requirements that a function has returned, compiled. Keeps them by their value: functions return a new
   * object for each request, and it is nearly always one of a few.
   */
  compiled(requirements: AuthenticationRequirements): TranslatedRequirements {
    const { acrValues, maxAge, scope } = requirements;
    const value = JSON.stringify([acrValues, maxAge, scope]);
    const known = this.#compiled.get(value);
    if (known !== undefined) return known;
    const compiled = new TranslatedRequirements(requirements, this);
    this.#compiled.set(value, compiled);
    return compiled;
  }

  /**
   * Checks that an authorization server knows each word. Without servers every word is accepted. If further servers are
   * resolved at run time, one of them can know it: then {@link undeclared} has it.
   *
   * @throws StepUpConfigurationError for a word that no authorization server knows; the message names the closest known
   * one
   */
  check({ acrValues = [] }: AuthenticationRequirements, where: string): void {
    for (const value of acrValues) {
      if (this.#ofServers.some((vocabulary) => vocabulary.knows(value))) continue;
      if (this.isOpen) {
        if (this.#undeclared.size < MAX_UNDECLARED && !this.#undeclared.has(value)) this.#undeclared.set(value, where);
      } else if (this.#ofServers.length > 0) {
        throw new StepUpConfigurationError(
          `${where}: no authorization server knows "${value}"; the nearest known word is ` +
            `"${closestMatch(value, knownTo(this.#ofServers))}". Words are declared in "authorizationServers[].acr"`,
        );
      }
    }
  }

  satisfying(acrValues: readonly string[]): readonly string[] {
    // A server that is not known yet can tell no further word.
    if (this.isOpen) return [...new Set(acrValues)];
    const vocabularies = this.#ofServers;
    const others = vocabularies.flatMap(({ words }) => [...words.keys()]);
    return [...new Set([...acrValues, ...others])].filter(
      (word) =>
        acrValues.includes(word) ||
        vocabularies.every((vocabulary) => {
          const enough = vocabulary.stringsFor(acrValues);
          // Where strings stand for themselves, so does the word.
          return vocabulary.stringsFor([word]).every((string) => enough.includes(string));
        }),
    );
  }

  /** Returns the words that no configured server knows, if one of them has words at all. */
  get undeclared(): readonly UndeclaredWord[] {
    const known = knownTo(this.#ofServers);
    return known.length === 0 ? [] : this.#undeclaredTo(known);
  }

  /** Notes the words of a resolved server. Returns the words that no server has known so far. */
  declare(vocabulary: Vocabulary): readonly UndeclaredWord[] {
    for (const word of this.#undeclared.keys()) if (vocabulary.knows(word)) this.#undeclared.delete(word);
    return this.#undeclared.size === 0 ? [] : this.#undeclaredTo(knownTo([...this.#ofServers, vocabulary]));
  }

  /** Returns the vocabulary of a configured server. */
  of(issuer: string | undefined): Vocabulary | undefined {
    return this.#byIssuer.get(issuer);
  }

  /** Whether there are no servers, so that each string stands for itself. */
  get isEmpty(): boolean {
    return this.#ofServers.length === 0 && !this.isOpen;
  }

  #undeclaredTo(known: readonly string[]): readonly UndeclaredWord[] {
    return [...this.#undeclared].map(([word, where]) => ({ word, where, closest: closestMatch(word, known) }));
  }
}

function knownTo(vocabularies: readonly Vocabulary[]): readonly string[] {
  return [...new Set(vocabularies.flatMap((vocabulary) => vocabulary.known ?? []))];
}
