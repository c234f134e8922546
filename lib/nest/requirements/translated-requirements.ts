import type { AuthenticationRequirements } from '../../core/index.js';
import type { Vocabularies } from './vocabularies.js';

/** The requirements of a route, translated once for each authorization server. */
export class TranslatedRequirements {
  readonly #translated = new Map<string | undefined, AuthenticationRequirements | undefined>();

  constructor(
    readonly requirements: AuthenticationRequirements,
    private readonly vocabularies: Vocabularies,
  ) {
    for (const issuer of vocabularies.issuers)
      this.#translated.set(issuer, vocabularies.translate(requirements, issuer));
  }

  for(issuer: string | undefined): AuthenticationRequirements | undefined {
    return this.#translated.get(issuer) ?? this.vocabularies.translate(this.requirements, issuer);
  }
}
