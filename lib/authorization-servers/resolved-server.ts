import { StepUpConfigurationError, show } from '../core/index.js';
import { type AuthorizationServer, checkServer, checkWordsAcross, type ServerOptions } from './authorization-server.js';
import { isRecord } from './record.js';
import type { Vocabulary } from './vocabulary.js';

/** The place of a server in errors that the option "resolveAuthorizationServer" returns. */
const WHERE = 'resolveAuthorizationServer()';

/** Vocabularies that are shared by equal servers, by their options. */
interface Vocabularies {
  get(key: string): Vocabulary | undefined;
  set(key: string, vocabulary: Vocabulary): void;
}

interface Surroundings {
  /** The servers of the option `authorizationServers`. */
  readonly configured: readonly AuthorizationServer[];
  readonly passport: 'register' | 'existing';
  /** Keeps one vocabulary for servers with equal words, so that requirements are translated once. */
  readonly vocabularies: Vocabularies;
  /** The other servers that the application has resolved. Default is none. */
  readonly resolved?: Iterable<AuthorizationServer>;
}

/**
 * Checks what an application returns for an issuer, as it checks `authorizationServers` at boot.
 *
 * @throws StepUpConfigurationError that names the option: no server, a server of another issuer, and what a server next
 * to the configured and the resolved ones must not have
 */
export function checkResolvedServer(
  answer: unknown,
  issuer: string,
  { configured, passport, vocabularies, resolved = [] }: Surroundings,
): AuthorizationServer {
  if (!isRecord(answer)) {
    throw new StepUpConfigurationError(
      `"resolveAuthorizationServer" must return the options of an authorization server, or undefined, not ${show(answer)}`,
    );
  }
  const options = answer as ServerOptions;
  const server = checkServer(options, WHERE);
  if (server.issuer !== issuer) {
    throw new StepUpConfigurationError(
      '"resolveAuthorizationServer" has returned a server of another issuer than it was asked for; compare the issuer ' +
        'exactly, and return undefined for one that you do not know',
    );
  }
  if (options.acr === undefined && configured.some(({ vocabulary }) => vocabulary.words.size > 0)) {
    throw new StepUpConfigurationError(
      `"${WHERE}.acr" is missing next to servers that have one; map your words to its strings, or set it to 'literal'`,
    );
  }
  checkWordsAcross([
    { where: WHERE, vocabulary: server.vocabulary },
    ...configured.map(({ vocabulary }, index) => ({ where: `authorizationServers[${index}]`, vocabulary })),
  ]);
  if (passport === 'existing' && server.introspection !== undefined) {
    throw new StepUpConfigurationError(
      `"${WHERE}.introspection" has no effect with "passport": 'existing'; your strategy verifies the tokens`,
    );
  }
  if (server.introspection?.when === 'opaque') {
    throw new StepUpConfigurationError(
      `"${WHERE}.introspection.when" cannot be 'opaque', its default: an opaque token names no issuer to resolve; set it to ` +
        "'event-missing', 'auth-time-missing' or 'always'",
    );
  }
  for (const method of ['dpop', 'mtls'] as const) {
    if (!server.boundTokens[method] || configured.some(({ boundTokens }) => boundTokens[method])) continue;
    throw new StepUpConfigurationError(
      `"${WHERE}.boundTokens" accepts '${method}', which no server of "authorizationServers" does, so that nobody would ` +
        'verify the proof; leave it out, or accept it there too',
    );
  }
  const vocabulary = sharedVocabulary(options, server, vocabularies);
  checkWordsBeside(vocabulary, issuer, resolved);
  return Object.freeze({ ...server, vocabulary });
}

/** Compares words with those of the other resolved servers, unless one of them has the same and was compared then. */
function checkWordsBeside(vocabulary: Vocabulary, issuer: string, resolved: Iterable<AuthorizationServer>): void {
  const others = new Map<Vocabulary, string>();
  for (const other of resolved) {
    if (other.vocabulary === vocabulary) return;
    if (other.issuer !== issuer) others.set(other.vocabulary, other.issuer);
  }
  for (const [other, name] of others) {
    checkWordsAcross([
      { where: WHERE, vocabulary },
      { where: `resolveAuthorizationServer(${JSON.stringify(name)})`, vocabulary: other },
    ]);
  }
}

function sharedVocabulary(
  { acr, order }: ServerOptions,
  { vocabulary }: AuthorizationServer,
  vocabularies: Vocabularies,
): Vocabulary {
  const key = JSON.stringify([acr, order]);
  const shared = vocabularies.get(key) ?? vocabulary;
  vocabularies.set(key, shared);
  return shared;
}
