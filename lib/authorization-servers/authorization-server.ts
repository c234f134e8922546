import { checkMembers, checkSeconds, StepUpConfigurationError, show } from '../core/index.js';
import type { AuthorizationServerProfile } from './authorization-server-profile.js';
import { type BoundTokens, type BoundTokensOption, checkBoundTokens } from './bound-tokens.js';
import {
  checkIntrospection,
  INTROSPECTION_OCCASIONS,
  type Introspection,
  type IntrospectionOptions,
} from './introspection.js';
import { type AccessTokenProfile, checkProfile, isTellable } from './profile.js';
import type { ProfileName } from './profiles/index.js';
import { isRecord } from './record.js';
import { checkUrl } from './url.js';
import { Vocabulary, type VocabularyOptions } from './vocabulary.js';

/** An authorization server whose access tokens are accepted, and its strings for the words of the application. */
export interface ServerOptions<Word extends string = string> extends VocabularyOptions<Word> {
  /**
   * Issuer identifier, compared exactly with `iss` of tokens and `issuer` of the metadata. Must be https, except on
   * loopback and with `allowInsecureRequests`.
   */
  issuer: string;
  /**
   * Identifiers of this API. `aud` of a token must name one of them. Never a client id. Required, unless the module
   * knows the `resource` of this API.
   */
  audience?: string | readonly string[] | undefined;
  /**
   * URL of the metadata document, if this API reaches the server at another address than its issuer. The `issuer` in
   * the document still has to be exactly `issuer`. Default is what OpenID Connect Discovery and RFC 8414 make of the
   * issuer.
   */
  metadataUri?: string | undefined;
  /** URL of the key document. Default is `jwks_uri` of the issuer's metadata, which is fetched with the first token. */
  jwksUri?: string | undefined;
  /**
   * Accepts http beyond loopback for every address of this server: its issuer, these options, and what its metadata
   * names. A machine that controls the network in between can then replace the keys, and forge every token. The
   * boot logs a warning. Default is `false`.
   */
  allowInsecureRequests?: boolean | undefined;
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
  readonly metadataUri: string | undefined;
  readonly jwksUri: string | undefined;
  readonly allowInsecureRequests: boolean;
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
  'metadataUri',
  'jwksUri',
  'allowInsecureRequests',
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

const OWN_TOKENS = '; for tokens that your application signs with a secret, see docs/own-tokens.md';

const KEY_MEMBERS = new Set(['refreshAfter', 'staleFor']);

/**
 * Checks the authorization servers of an application, and fills in defaults. Sends no request.
 *
 * @throws StepUpConfigurationError that names the option: an empty list, an issuer that occurs twice or is not https, a
 * missing audience, an algorithm that is not asymmetric, a server without `acr` next to one with it, a string of one
 * server that is a word of another, a string that its tokens never tell, two servers for opaque tokens, an unknown
 * member
 */
export function checkAuthorizationServers(options: readonly ServerOptions[]): readonly AuthorizationServer[] {
  if (isRecord(options)) {
    throw new StepUpConfigurationError(
      '"authorizationServers" must be a list: write [ … ] around the authorization server',
    );
  }
  if (!Array.isArray(options) || options.length === 0) {
    throw new StepUpConfigurationError(
      '"authorizationServers" must list at least one authorization server; if issuers are known at run time only, leave it ' +
        'out and give "resolveAuthorizationServer"',
    );
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
  checkWordsAcross(servers.map(({ vocabulary }, index) => ({ where: `authorizationServers[${index}]`, vocabulary })));
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

/** The vocabulary of a server, and the place of that server in errors. */
interface NamedVocabulary {
  readonly where: string;
  readonly vocabulary: Vocabulary;
}

/**
 * Checks that a string that is a word of any server is listed under that word. Otherwise a requirement with the word
 * would mean the string at one server and something else at another.
 */
export function checkWordsAcross(servers: readonly NamedVocabulary[]): void {
  for (const { where, vocabulary } of servers) {
    for (const [word, strings] of vocabulary.words) {
      for (const value of strings) {
        const other = servers.find((server) => server.vocabulary.words.has(value));
        if (other === undefined || vocabulary.words.get(value)?.includes(value) === true) continue;
        throw new StepUpConfigurationError(
          `"${where}.acr.${word}" uses "${value}", which is a word in ` +
            `"${other.where}.acr"; give the word another name, or list the string under "${value}"`,
        );
      }
    }
  }
}

/** Checks that the tokens of a server can tell the strings of its words: a word that none tells is never satisfied. */
function checkTellable({ words }: Vocabulary, profile: AccessTokenProfile, where: string): void {
  for (const [word, strings] of words) {
    const untold = strings.find((value) => !isTellable(value, profile));
    if (untold === undefined) continue;
    const told = profile.methods?.acr.map(([value]) => `"${value}"`) ?? [];
    const server = profile.title ?? 'this server';
    throw new StepUpConfigurationError(
      `"${where}.acr.${word}" uses "${untold}", which no token of ${server} tells: by its profile they never carry acr` +
        (told.length === 0 ? '' : `, and its methods tell ${told.join(', ')}`) +
        '; let "methods.acr" of the profile say which methods tell it, or correct "issues.acr" if your server issues it',
    );
  }
}

/** Checks one authorization server by itself, and fills in defaults. */
export function checkServer(options: ServerOptions, where: string): AuthorizationServer {
  if (!isRecord(options)) throw new StepUpConfigurationError(`"${where}" must be an object`);
  checkMembers(options, MEMBERS, (member) => `"${where}" has the unknown option "${member}"`);
  const { issuer, audience, algorithms = DEFAULT_ALGORITHMS, delegation = 'refuse' } = options;
  const { metadataUri, jwksUri, allowInsecureRequests = false } = options;
  if (typeof allowInsecureRequests !== 'boolean') {
    throw new StepUpConfigurationError(
      `"${where}.allowInsecureRequests" must be true or false, not ${show(allowInsecureRequests)}`,
    );
  }
  const rules = { server: where, allowInsecureRequests };
  checkUrl(issuer, `${where}.issuer`, rules);
  const document = METADATA.exec(issuer)?.index;
  if (document !== undefined) {
    throw new StepUpConfigurationError(
      `"${where}.issuer" must be the issuer, not the address of its metadata: write "${issuer.slice(0, document)}", or what that ` +
        'document has as "issuer"',
    );
  }
  if (/[?#]/.test(issuer)) throw new StepUpConfigurationError(`"${where}.issuer" must have neither query nor fragment`);
  if (metadataUri !== undefined) checkUrl(metadataUri, `${where}.metadataUri`, rules);
  if (jwksUri !== undefined) checkUrl(jwksUri, `${where}.jwksUri`, rules);
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
        `"${where}.algorithms" has a value ${show(algorithm)}; allowed are only asymmetric ones: ${SUPPORTED.join(', ')}` +
          (/^"HS\d/.test(show(algorithm)) ? OWN_TOKENS : ''),
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
  const profile = checkProfile(options.profile, `${where}.profile`);
  const vocabulary = Vocabulary.from(options, where);
  checkTellable(vocabulary, profile, where);
  return Object.freeze({
    issuer,
    audience: new Set(audiences as string[]),
    metadataUri,
    jwksUri,
    allowInsecureRequests,
    algorithms: new Set(algorithms),
    profile,
    vocabulary,
    delegation,
    boundTokens: checkBoundTokens(options.boundTokens, `${where}.boundTokens`),
    introspection:
      options.introspection === undefined
        ? undefined
        : checkIntrospection(options.introspection, `${where}.introspection`, rules, profile),
    keys: Object.freeze({ refreshAfter, staleFor }),
  });
}
