import type { AuthorizationServer, Vocabulary } from '../../authorization-servers/index.js';
import { type AuthenticationRequirements, closestMatch, StepUpConfigurationError } from '../../core/index.js';
import type { ApplicationWords } from './step-up-requirements.js';

/** The words of the application, in the strings of each authorization server. */
export class Vocabularies implements ApplicationWords {
  readonly #byIssuer: ReadonlyMap<string, Vocabulary>;

  constructor(servers: readonly AuthorizationServer[]) {
    this.#byIssuer = new Map(servers.map(({ issuer, vocabulary }) => [issuer, vocabulary]));
  }

  get issuers(): readonly string[] {
    return [...this.#byIssuer.keys()];
  }

  /**
   * Checks that an authorization server knows each word. Without servers every word is accepted.
   *
   * @throws StepUpConfigurationError for a word that no authorization server knows; the message names the closest known
   * one
   */
  check({ acrValues = [] }: AuthenticationRequirements, where: string): void {
    const vocabularies = [...this.#byIssuer.values()];
    for (const value of acrValues) {
      if (vocabularies.length === 0 || vocabularies.some((vocabulary) => vocabulary.knows(value))) continue;
      const known = [...new Set(vocabularies.flatMap((vocabulary) => vocabulary.known ?? []))];
      throw new StepUpConfigurationError(
        `${where}: no authorization server knows "${value}"; the nearest known word is "${closestMatch(value, known)}". ` +
          'Words are declared in "authorizationServers[].acr"',
      );
    }
  }

  satisfying(acrValues: readonly string[]): readonly string[] {
    const vocabularies = [...this.#byIssuer.values()];
    const others = vocabularies.flatMap(({ words }) => [...words.keys()]);
    return [...new Set([...acrValues, ...others])].filter(
      (word) =>
        acrValues.includes(word) ||
        vocabularies.every((vocabulary) => {
          const enough = vocabulary.stringsFor(acrValues);
          return (vocabulary.words.get(word) ?? []).every((string) => enough.includes(string));
        }),
    );
  }

  /**
   * Returns requirements in the strings of an issuer. `undefined` if the issuer knows none of the words, or if the
   * issuer is unknown although servers are configured.
   */
  translate(
    requirements: AuthenticationRequirements,
    issuer: string | undefined,
  ): AuthenticationRequirements | undefined {
    if (requirements.acrValues === undefined || this.#byIssuer.size === 0) return requirements;
    const acrValues =
      issuer === undefined ? [] : (this.#byIssuer.get(issuer)?.stringsFor(requirements.acrValues) ?? []);
    return acrValues.length === 0
      ? undefined
      : Object.freeze({ ...requirements, acrValues: Object.freeze([...acrValues]) });
  }
}
