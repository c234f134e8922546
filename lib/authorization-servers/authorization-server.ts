import { checkMembers, checkSeconds, StepUpConfigurationError } from '../core/index.js';
import type { AuthorizationServerProfile } from './authorization-server-profile.js';
import { type BoundTokens, type BoundTokensOption, checkBoundTokens } from './bound-tokens.js';
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

/** An authorization server whose access tokens are accepted, and its strings for the words of the application. */
export interface ServerOptions<Word extends string = string> extends VocabularyOptions<Word> {
  /** Issuer identifier, compared exactly. Must be https, except on loopback. */
  issuer: string;
  /**
   * Identifiers of this API. `aud` of a token must name one of them. Never a client id. Required, unless the module
   * knows the `resource` of this API.
   */
  audience?: string | readonly string[] | undefined;
  /** URL of the key document. Default is `jwks_uri` of the issuer's metadata, which is fetched with the first token. */
  jwksUri?: string | undefined;
  /**
   * Accepted signature algorithms, only asymmetric ones. Default is `RS256`, `PS256`, `ES256`, `ES384`, `ES512`,
   * `EdDSA` and `Ed25519`, the second name of `EdDSA` with an Ed25519 key.
   */
  algorithms?: readonly string[] | undefined;
  /**
   * Name of a profile, or a profile: how the access tokens of the server differ from RFC 9068. Default is no
   * difference.
   */
  profile?: ProfileName | AuthorizationServerProfile | undefined;
  /** Whether a token of a delegate, who acts for the user (`act`), can meet requirements. Default is `'refuse'`. */
  delegation?: 'refuse' | 'accept' | undefined;
  /**
   * Whether tokens that are bound to a key by DPoP (RFC 9449) or mutual TLS (RFC 8705) are accepted. `'off'` refuses
   * them. `'accepted'` accepts them with a proof of the key, next to bearer tokens. `'required'` refuses bearer tokens.
   * `{ policy, methods }` limits the methods. Default is `'off'`.
   */
  boundTokens?: BoundTokensOption | undefined;
  /** Introspection of tokens. Only one server can introspect opaque ones. Default is no introspection. */
  introspection?: IntrospectionOptions | undefined;
  keys?:
    | {
        /** Seconds after which the keys are fetched again. A withdrawn key is accepted no longer. Default is `600`. */
        refreshAfter?: number | undefined;
        /** Seconds beyond `refreshAfter` during which known keys are used in an outage. Default is `3600`. */
        staleFor?: number | undefined;
      }
    | undefined;
}

/** The checked options of an authorization server, with every default filled in. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly audience: ReadonlySet<string>;
  readonly jwksUri: string | undefined;
  readonly algorithms: ReadonlySet<string>;
  readonly profile: AccessTokenProfile;
  readonly vocabulary: Vocabulary;
  readonly delegation: 'refuse' | 'accept';
  readonly boundTokens: BoundTokens;
  readonly introspection: Introspection | undefined;
  readonly keys: { readonly refreshAfter: number; readonly staleFor: number };
}

const DEFAULT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const SUPPORTED = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', ...DEFAULT_ALGORITHMS.slice(2)];
const MEMBERS = new Set([
  'issuer',
  'audience',
  'jwksUri',
  'algorithms',
  'profile',
  'delegation',
  'boundTokens',
  'introspection',
  'keys',
  'acr',
  'order',
]);

/** Where the metadata of an issuer is (OpenID Connect Discovery, RFC 8414). */
const METADATA = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(?:\/|$)/;

const DAY = 86_400;
const WEEK = 7 * DAY;

const KEY_MEMBERS = new Set(['refreshAfter', 'staleFor']);

/**
 * Checks the authorization servers of an application, and fills in defaults. Sends no request.
 *
 * @throws StepUpConfigurationError that names the option: an empty list, an issuer that occurs twice or is not https, a
 * missing audience, an algorithm that is not asymmetric, a server without `acr` next to one with it, a string of one
 * server that is a word of another, two servers for opaque tokens, an unknown member
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
      `"authorizationServers[${withoutWords}].acr" is missing next to servers that have one; ` +
        "map your words to its strings, or set it to 'literal'",
    );
  }
  checkWordsAcross(servers);
  const introspecting = servers.filter(
    ({ introspection }) => introspection && INTROSPECTION_OCCASIONS[introspection.when].opaque,
  );
  if (introspecting.length > 1) {
    throw new StepUpConfigurationError(
      '"authorizationServers" has several servers that introspect opaque tokens, which do not name their server; ' +
        "set \"introspection.when\" to 'event-missing' or 'auth-time-missing' on all but one",
    );
  }
  return Object.freeze(servers);
}

/**
 * Checks that a string that is a word of any server is listed under that word. Otherwise a requirement with the word
 * would mean the string at one server and something else at another.
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
  const document = METADATA.exec(issuer)?.index;
  if (document !== undefined) {
    throw new StepUpConfigurationError(
      `"${where}.issuer" must be the issuer, not the address of its metadata: write "${issuer.slice(0, document)}", or what that ` +
        'document has as "issuer"',
    );
  }
  if (/[?#]/.test(issuer)) throw new StepUpConfigurationError(`"${where}.issuer" must have neither query nor fragment`);
  if (jwksUri !== undefined) checkUrl(jwksUri, `${where}.jwksUri`);
  const audiences: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  if (audiences.length === 0 || !audiences.every((value) => typeof value === 'string' && value !== '')) {
    throw new StepUpConfigurationError(
      `"${where}.audience" is required: the identifier of this API in "aud" of its tokens`,
    );
  }
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw new StepUpConfigurationError(`"${where}.algorithms" must list at least one of ${SUPPORTED.join(', ')}`);
  }
  for (const algorithm of algorithms) {
    if (!SUPPORTED.includes(algorithm)) {
      throw new StepUpConfigurationError(
        `"${where}.algorithms" has "${algorithm}"; allowed are only asymmetric ones: ${SUPPORTED.join(', ')}`,
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
  checkSeconds(refreshAfter, `${where}.keys.refreshAfter`, [1, DAY]);
  checkSeconds(staleFor, `${where}.keys.staleFor`, [0, WEEK]);
  return Object.freeze({
    issuer,
    audience: new Set(audiences as string[]),
    jwksUri,
    algorithms: new Set(algorithms),
    profile: checkProfile(options.profile, `${where}.profile`),
    vocabulary: Vocabulary.from(options, where),
    delegation,
    boundTokens: checkBoundTokens(options.boundTokens, `${where}.boundTokens`),
    introspection:
      options.introspection === undefined
        ? undefined
        : checkIntrospection(options.introspection, `${where}.introspection`),
    keys: Object.freeze({ refreshAfter, staleFor }),
  });
}
