import type { AuthenticationRequirements } from '../../core/index.js';
import type { Vocabularies } from './vocabularies.js';

/** The requirements of a route, translated once for each authorization server whose tokens come. */
export class TranslatedRequirements {
  readonly #translated = new Map<string, AuthenticationRequirements | undefined>();

  constructor(
    readonly requirements: AuthenticationRequirements,
    private readonly vocabularies: Vocabularies,
  ) {}

  for(issuer: string | undefined): AuthenticationRequirements | undefined {
    // Not kept: a strategy of the application can name any number of issuers.
    if (issuer === undefined || !this.vocabularies.hasIssuer(issuer)) {
      return this.vocabularies.translate(this.requirements, issuer);
    }
    if (!this.#translated.has(issuer)) {
      this.#translated.set(issuer, this.vocabularies.translate(this.requirements, issuer));
    }
    return this.#translated.get(issuer);
  }
}
