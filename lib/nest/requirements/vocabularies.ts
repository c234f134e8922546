import type { AuthorizationServer, Vocabulary } from '../../authorization-servers/index.js';
import { type AuthenticationRequirements, closestMatch, StepUpConfigurationError } from '../../core/index.js';

/** The words of the application, as each of its authorization servers understands them. */
export class Vocabularies {
  readonly #byIssuer: ReadonlyMap<string, Vocabulary>;

  constructor(servers: readonly AuthorizationServer[]) {
    this.#byIssuer = new Map(servers.map(({ issuer, vocabulary }) => [issuer, vocabulary]));
  }

  get issuers(): readonly string[] {
    return [...this.#byIssuer.keys()];
  }

  /** @throws StepUpConfigurationError for a word that no authorization server knows, naming the nearest known one. */
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

  /**
   * What requirements mean to an issuer, in its own strings; `undefined` where it knows none of the words, or is itself
   * unknown beside configured ones.
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
