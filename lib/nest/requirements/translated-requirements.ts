import type { Vocabulary } from '../../authorization-servers/index.js';
import type { AuthenticationRequirements } from '../../core/index.js';
import { BoundedMap } from '../../token/index.js';
import type { Vocabularies } from './vocabularies.js';

/** Servers with equal words share one vocabulary, so that few are needed. */
const MAX_VOCABULARIES = 100;

type Translation = AuthenticationRequirements | 'unknown';

/** The requirements of a route, translated once for each vocabulary of an authorization server. */
export class TranslatedRequirements {
  readonly #translations = new BoundedMap<Vocabulary, Translation>(MAX_VOCABULARIES);

  constructor(
    readonly requirements: AuthenticationRequirements,
    private readonly vocabularies: Vocabularies,
  ) {}

  /**
   * Returns the requirements in the strings of a server. `undefined` if it knows none of the words, or if the server is
   * unknown although there are some.
   *
   * @param server if it is known already, as one that was resolved at run time. Default is the configured one.
   */
  for(
    issuer: string | undefined,
    server?: { readonly vocabulary: Vocabulary },
  ): AuthenticationRequirements | undefined {
    if (this.requirements.acrValues === undefined || this.vocabularies.isEmpty) return this.requirements;
    const vocabulary = server?.vocabulary ?? this.vocabularies.of(issuer);
    if (vocabulary === undefined) return undefined;
    const known = this.#translations.get(vocabulary) ?? this.#translate(vocabulary, this.requirements.acrValues);
    return known === 'unknown' ? undefined : known;
  }

  #translate(vocabulary: Vocabulary, words: readonly string[]): Translation {
    const acrValues = Object.freeze([...vocabulary.stringsFor(words)]);
    const translation = acrValues.length === 0 ? 'unknown' : Object.freeze({ ...this.requirements, acrValues });
    this.#translations.set(vocabulary, translation);
    return translation;
  }
}
