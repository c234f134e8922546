import { checkMembers, StepUpConfigurationError } from '../core/index.js';
import type { AuthorizationServerProfile } from './authorization-server-profile.js';
import {
  checkIntrospection,
  INTROSPECTION_OCCASIONS,
  type Introspection,
  type IntrospectionOptions,
} from './introspection.js';
import { type AccessTokenProfile, checkProfile } from './profile.js';
import type { ProfileName } from './profiles/index.js';
import { isRecord } from './record.js';
import { checkUrl } from './url.js';
import { Vocabulary, type VocabularyOptions } from './vocabulary.js';

/** An authorization server whose access tokens are accepted, and what the application's words mean to it. */
export interface ServerOptions<Word extends string = string> extends VocabularyOptions<Word> {
  /** Issuer identifier, compared exactly. https, loopback excepted. */
  issuer: string;
  /** Identifiers of this API, one of which a token's `aud` must name. Never a client id. */
  audience: string | readonly string[];
  /** Where the keys are. Default is `jwks_uri` of the issuer's metadata, which is read when the first token comes. */
  jwksUri?: string | undefined;
  /** Accepted signature algorithms, asymmetric only. Default is `RS256`, `PS256`, `ES256`, `ES384`, `ES512` and `EdDSA`. */
  algorithms?: readonly string[] | undefined;
  /**
   * The server's profile, by name or as an object: how its access tokens differ from RFC 9068, and how it is to be
   * asked. Default is RFC 9068.
   */
  profile?: ProfileName | AuthorizationServerProfile | undefined;
  /** Whether tokens with `act`, issued for somebody acting for the user, may pass a requirement. Default is `'refuse'`. */
  delegation?: 'refuse' | 'accept' | undefined;
  /** Lets the server be asked about tokens. At most one server is asked about opaque ones. Default is not to ask. */
  introspection?: IntrospectionOptions | undefined;
  keys?:
    | {
        /** Seconds after which the keys are read again. A withdrawn key is accepted no longer than this. Default is `600`. */
        refreshAfter?: number | undefined;
        /** Seconds beyond that for which known keys still serve while the server cannot be reached. Default is `3600`. */
        staleFor?: number | undefined;
      }
    | undefined;
}

/** An authorization server as configured and checked. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly audience: ReadonlySet<string>;
  readonly jwksUri: string | undefined;
  readonly algorithms: ReadonlySet<string>;
  readonly profile: AccessTokenProfile;
  readonly vocabulary: Vocabulary;
  readonly delegation: 'refuse' | 'accept';
  readonly introspection: Introspection | undefined;
  readonly keys: { readonly refreshAfter: number; readonly staleFor: number };
}

const SUPPORTED = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const DEFAULT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const MEMBERS = new Set([
  'issuer',
  'audience',
  'jwksUri',
  'algorithms',
  'profile',
  'delegation',
  'introspection',
  'keys',
  'acr',
  'order',
]);

const KEY_MEMBERS = new Set(['refreshAfter', 'staleFor']);

/**
 * Checks the authorization servers of an application.
 *
 * @throws TypeError naming the option: an empty list, an issuer twice or not https, a missing audience, an algorithm that
 * is not asymmetric, a server without `acr` beside one with, a string of one server that is a word of another, two servers
 * that are asked about opaque tokens, an unknown member.
 */
export function checkAuthorizationServers(options: readonly ServerOptions[]): readonly AuthorizationServer[] {
  if (!Array.isArray(options) || options.length === 0) {
    throw new StepUpConfigurationError('"authorizationServers" must list at least one authorization server');
  }
  const servers = options.map((server, index) => checkServer(server, `authorizationServers[${index}]`));
  const issuers = new Set<string>();
  for (const { issuer } of servers) {
    if (issuers.has(issuer))
      throw new StepUpConfigurationError(`"authorizationServers" names the issuer "${issuer}" twice`);
    issuers.add(issuer);
  }
  const withoutWords = options.findIndex(({ acr }) => acr === undefined);
  if (withoutWords >= 0 && options.some(({ acr }) => typeof acr === 'object')) {
    throw new StepUpConfigurationError(
      `"authorizationServers[${withoutWords}].acr" is missing beside servers that have one; ` +
        "map your words to its strings, or say 'literal'",
    );
  }
  checkWordsAcross(servers);
  const asked = servers.filter(
    ({ introspection }) => introspection && INTROSPECTION_OCCASIONS[introspection.when].opaque,
  );
  if (asked.length > 1) {
    throw new StepUpConfigurationError(
      '"authorizationServers" has several servers that are asked about opaque tokens; nothing in such a token tells ' +
        "whose it is, so let \"introspection.when\" be 'event-missing' or 'auth-time-missing' on all but one",
    );
  }
  return Object.freeze(servers);
}

/**
 * A word of any server is a word at all of them. So that a requirement does not mean a string of one server by the word of
 * another, a string that is such a word has to stand under that very word.
 */
function checkWordsAcross(servers: readonly AuthorizationServer[]): void {
  for (const [index, { vocabulary }] of servers.entries()) {
    for (const [word, strings] of vocabulary.words) {
      for (const value of strings) {
        const other = servers.findIndex((server) => server.vocabulary.words.has(value));
        if (other < 0 || vocabulary.words.get(value)?.includes(value) === true) continue;
        throw new StepUpConfigurationError(
          `"authorizationServers[${index}].acr.${word}" uses "${value}", which is a word in ` +
            `"authorizationServers[${other}].acr"; give the word another name, or list the string under "${value}"`,
        );
      }
    }
  }
}

function checkServer(options: ServerOptions, where: string): AuthorizationServer {
  if (!isRecord(options)) throw new StepUpConfigurationError(`"${where}" must be an object`);
  checkMembers(options, MEMBERS, (member) => `"${where}" has the unknown option "${member}"`);
  const { issuer, audience, jwksUri, algorithms = DEFAULT_ALGORITHMS, delegation = 'refuse' } = options;
  checkUrl(issuer, `${where}.issuer`);
  if (/[?#]/.test(issuer)) throw new StepUpConfigurationError(`"${where}.issuer" must have neither query nor fragment`);
  if (jwksUri !== undefined) checkUrl(jwksUri, `${where}.jwksUri`);
  const audiences: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  if (audiences.length === 0 || !audiences.every((value) => typeof value === 'string' && value !== '')) {
    throw new StepUpConfigurationError(
      `"${where}.audience" is required: the identifier of this API that tokens name in "aud"`,
    );
  }
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw new StepUpConfigurationError(`"${where}.algorithms" must list at least one of ${SUPPORTED.join(', ')}`);
  }
  for (const algorithm of algorithms) {
    if (!SUPPORTED.includes(algorithm)) {
      throw new StepUpConfigurationError(
        `"${where}.algorithms" has "${algorithm}"; asymmetric ones only: ${SUPPORTED.join(', ')}`,
      );
    }
  }
  if (delegation !== 'refuse' && delegation !== 'accept') {
    throw new StepUpConfigurationError(`"${where}.delegation" must be 'refuse' or 'accept'`);
  }
  const { keys = {} } = options;
  if (!isRecord(keys)) throw new StepUpConfigurationError(`"${where}.keys" must be an object`);
  checkMembers(keys, KEY_MEMBERS, (member) => `"${where}.keys" has the unknown option "${member}"`);
  const { refreshAfter = 600, staleFor = 3600 } = keys;
  checkSeconds(refreshAfter, 1, `${where}.keys.refreshAfter`);
  checkSeconds(staleFor, 0, `${where}.keys.staleFor`);
  return Object.freeze({
    issuer,
    audience: new Set(audiences as string[]),
    jwksUri,
    algorithms: new Set(algorithms),
    profile: checkProfile(options.profile, `${where}.profile`),
    vocabulary: Vocabulary.from(options, where),
    delegation,
    introspection:
      options.introspection === undefined
        ? undefined
        : checkIntrospection(options.introspection, `${where}.introspection`),
    keys: Object.freeze({ refreshAfter, staleFor }),
  });
}

function checkSeconds(value: unknown, least: number, where: string): void {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw new StepUpConfigurationError(`"${where}" must be an integer number of seconds, at least ${least}`);
  }
}
