import { checkMembers, checkSeconds, StepUpConfigurationError, show } from '../core/index.js';
import type { AccessTokenProfile } from './profile.js';
import { isRecord } from './record.js';
import { checkUrl, type UrlRules } from './url.js';

/**
 * A cache of introspection responses for several instances of an application. A `Keyv` fits. Code that can write to it
 * can invent users: protect it like the authorization server.
 */
export interface IntrospectionCache {
  get(key: string): Promise<unknown>;
  /** @param ttl milliseconds */
  set(key: string, value: unknown, ttl: number): Promise<unknown>;
}

/**
 * Options of the introspection of tokens at an authorization server.
 *
 * @see [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662.html)
 */
export interface IntrospectionOptions {
  /**
   * URL of the endpoint. Default is `introspection_endpoint` of the issuer's metadata, which is fetched when first
   * needed.
   */
  endpoint?: string | undefined;
  /** Client id of this API at the authorization server. */
  clientId: string;
  clientSecret?: string | undefined;
  /** Private key for `private_key_jwt`, as PEM or JWK. */
  privateKey?: string | Readonly<Record<string, unknown>> | undefined;
  /** Default is `'private_key_jwt'` with a `privateKey`, else `'client_secret_basic'`. */
  clientAuthentication?: ClientAuthenticationMethod | undefined;
  /**
   * Which tokens are introspected. `'opaque'`: tokens that are not JWTs. `'auth-time-missing'`: JWTs without
   * `auth_time` if `maxAge` is required. `'event-missing'`: these, and JWTs without `acr` if `acrValues` are required.
   * Use it for servers that omit both, such as Keycloak in lightweight access tokens. `'always'`: all tokens, so that a
   * revoked JWT is refused. Default is `'opaque'`.
   */
  when?: IntrospectionOccasion | undefined;
  /**
   * Accepts JWTs that lack `sub`, `aud` or both, such as lightweight access tokens of Keycloak, if introspection gives
   * them. Such a token has to be valid in everything else and to name its client, and the server is asked about it
   * whatever `when` says. The response has to name the issuer, this API, a subject and the same client, and to contradict no claim
   * of the token. Default is `false`: such a token is refused.
   */
  lightweightTokens?: boolean | undefined;
  /** Seconds for which a response is kept, never beyond `exp`. A revocation goes unnoticed as long. Default is `60`. */
  cacheFor?: number | undefined;
  /**
   * Cache that several instances share, behind 1,000 responses, or 16 MiB of them, in the memory of each. Default is the
   * memory alone.
   */
  cache?: IntrospectionCache | undefined;
}

/** Which tokens are introspected. */
type IntrospectionOccasion = 'opaque' | 'auth-time-missing' | 'event-missing' | 'always';

/** Maps each occasion to the tokens it includes: opaque ones, and JWTs that lack a required claim. */
export const INTROSPECTION_OCCASIONS: Readonly<
  Record<
    IntrospectionOccasion,
    { readonly opaque: boolean; readonly acrMissing: boolean; readonly authTimeMissing: boolean }
  >
> = Object.freeze({
  opaque: { opaque: true, acrMissing: false, authTimeMissing: false },
  'auth-time-missing': { opaque: false, acrMissing: false, authTimeMissing: true },
  'event-missing': { opaque: false, acrMissing: true, authTimeMissing: true },
  // JWTs are introspected before their requirements are known.
  always: { opaque: true, acrMissing: false, authTimeMissing: false },
});

export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';

/** The checked introspection options, with every default filled in. */
export interface Introspection {
  readonly endpoint: string | undefined;
  readonly clientId: string;
  readonly client:
    | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
    | { readonly method: 'private_key_jwt'; readonly key: string | Readonly<Record<string, unknown>> };
  readonly when: IntrospectionOccasion;
  readonly lightweightTokens: boolean;
  readonly cacheFor: number;
  readonly cache: IntrospectionCache | undefined;
}

const MEMBERS: ReadonlySet<string> = new Set([
  'endpoint',
  'clientId',
  'clientSecret',
  'privateKey',
  'clientAuthentication',
  'when',
  'lightweightTokens',
  'cacheFor',
  'cache',
]);
const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const OCCASIONS = Object.keys(INTROSPECTION_OCCASIONS);

/**
 * Checks introspection options, and fills in defaults. Does not read the private key.
 *
 * @param where the place that errors name, such as `authorizationServers[0].introspection`
 * @param rules which URL of an endpoint is accepted
 * @throws StepUpConfigurationError that names the option: an unknown one, one of the wrong type, both a secret and a
 * key, or neither, lightweight tokens of a server whose profile has another place for the audience
 */
export function checkIntrospection(
  options: IntrospectionOptions,
  where: string,
  rules: UrlRules,
  profile: AccessTokenProfile,
): Introspection {
  if (!isRecord(options)) throw new StepUpConfigurationError(`"${where}" must be an object`);
  checkMembers(options, MEMBERS, (member) => `"${where}" has the unknown option "${member}"`);
  const { endpoint, clientId, when = 'opaque', lightweightTokens = false, cacheFor = 60, cache } = options;
  if (endpoint !== undefined) checkUrl(endpoint, `${where}.endpoint`, rules);
  if (!isText(clientId))
    throw new StepUpConfigurationError(`"${where}.clientId" is required: the client id of this API at this server`);
  if (!OCCASIONS.includes(when))
    throw new StepUpConfigurationError(`"${where}.when" must be one of '${OCCASIONS.join("', '")}'`);
  checkLightweightTokens(lightweightTokens, `${where}.lightweightTokens`, profile);
  checkSeconds(cacheFor, `${where}.cacheFor`, [0, 3600]);
  if (cache !== undefined && (typeof cache?.get !== 'function' || typeof cache.set !== 'function')) {
    throw new StepUpConfigurationError(`"${where}.cache" must have get(key) and set(key, value, ttl), like a Keyv`);
  }
  const client = Object.freeze(checkClient(options, where));
  return Object.freeze({ endpoint, clientId, client, when, lightweightTokens, cacheFor, cache });
}

/** A lightweight token needs the audience in the response, so that no profile may say otherwise. */
function checkLightweightTokens(
  value: unknown,
  where: string,
  { absentClaims, audienceIn }: Pick<AccessTokenProfile, 'absentClaims' | 'audienceIn'>,
): void {
  if (typeof value !== 'boolean') {
    throw new StepUpConfigurationError(`"${where}" must be true or false, not ${show(value)}`);
  }
  if (!value) return;
  if (absentClaims.has('aud')) {
    throw new StepUpConfigurationError(
      `"${where}" needs "aud" in introspection responses; remove "aud" from "absentClaims" of the profile`,
    );
  }
  if (audienceIn === 'scope') {
    throw new StepUpConfigurationError(
      `"${where}" has no use with a profile whose "audienceIn" is 'scope': the scope of its tokens names this API; remove one of both`,
    );
  }
}

function checkClient(options: IntrospectionOptions, where: string): Introspection['client'] {
  const { clientSecret, privateKey } = options;
  if (privateKey !== undefined && !isText(privateKey) && !isRecord(privateKey)) {
    throw new StepUpConfigurationError(`"${where}.privateKey" must be the private key of the client, as PEM or JWK`);
  }
  const { clientAuthentication: method = privateKey === undefined ? METHODS[0] : 'private_key_jwt' } = options;
  if (!METHODS.includes(method as string)) {
    throw new StepUpConfigurationError(`"${where}.clientAuthentication" must be one of '${METHODS.join("', '")}'`);
  }
  if (method === 'private_key_jwt') {
    if (clientSecret !== undefined)
      throw new StepUpConfigurationError(`"${where}.clientSecret" is not used with private_key_jwt; remove it`);
    if (privateKey === undefined) {
      throw new StepUpConfigurationError(`"${where}.privateKey" must be the private key of the client, as PEM or JWK`);
    }
    return { method, key: privateKey };
  }
  if (privateKey !== undefined)
    throw new StepUpConfigurationError(`"${where}.privateKey" is not used with ${method}; remove it`);
  if (!isText(clientSecret)) {
    throw new StepUpConfigurationError(`"${where}.clientSecret" is required, or "privateKey" for private_key_jwt`);
  }
  return { method: method as 'client_secret_basic' | 'client_secret_post', secret: clientSecret };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
