import { members, type StepUpChallenge } from './challenge.js';
import { checkChallenge, checkKind, checkRequired, type Kind, TEXT, TEXTS } from './check.js';
import { defined } from './defined.js';
import { type DeviationListener, report } from './deviation.js';
import { parseJson } from './member.js';

/** Options of {@link authorizationParameters}. */
export interface AuthorizationParametersOptions {
  /**
   * How to ask for an `acr`: `'acr_values'`, which servers may treat as a hint; `'essential'`, an essential claim, which
   * they have to satisfy or refuse; `'auto'`, essential where `metadata` says that the server knows the `claims`
   * parameter. Default is `'acr_values'`.
   */
  mode?: 'acr_values' | 'essential' | 'auto' | undefined;
  /**
   * Which of the challenge's `acr` values to ask for. `'first'`: the preferred one alone, for servers that choose
   * otherwise among several. Default is `'all'`, in order of preference.
   */
  acrValues?: 'all' | 'first' | undefined;
  /** Scope of the present access token, space-separated; the new one has to do the old one's work as well. */
  scope?: string | undefined;
  /** Scopes that a challenge may add. Default is none beyond those in `scope`: an API does not widen its own access. */
  allowedScopes?: readonly string[] | undefined;
  /** Whether to add the scope `openid`, without which many servers ignore or refuse the rest. Default is `true`. */
  openid?: boolean | undefined;
  /** The application's own `claims` parameter, kept and merged. */
  claims?: string | Readonly<Record<string, unknown>> | undefined;
  /** Metadata of the authorization server. */
  metadata?: { readonly claims_parameter_supported?: boolean | undefined } | undefined;
  /** The resource indicator of the present access token. */
  resource?: string | undefined;
  /** The present ID token, so that the same user signs in. */
  idTokenHint?: string | undefined;
  /** The user's name at the authorization server, for the same purpose. */
  loginHint?: string | undefined;
  /** The application's own `prompt`. `none` is left out: a user cannot authenticate without being asked. */
  prompt?: string | undefined;
  /**
   * What to send in place of `max_age=0` to servers that refuse or overlook it, such as
   * `{ max_age: '1', prompt: 'login' }`. Default is `{ max_age: '0' }`.
   */
  zeroMaxAge?: Readonly<Record<string, string>> | undefined;
  /** Told of what a server may refuse. Default is to report nothing. */
  onDeviation?: DeviationListener | undefined;
}

/**
 * Parameters of an authorization request, by their names on the wire. The members that are never there keep the whole
 * from libraries that read other names, and would leave out what they do not know without a word.
 */
export type AuthorizationParameters = Record<string, string> & {
  readonly [name in
    | 'authorizationParams'
    | 'customParams'
    | 'extraParams'
    | 'extraQueryParams'
    | 'maxAge'
    | 'scopes']?: 'not a parameter: see the functions of the subpath sign-in';
};

// RFC 9470 and OpenID Connect set no limit; a widespread server does
const MAX_ACR_VALUES_LENGTH = 300;

/**
 * Returns the parameters to add to a new authorization request, by redirect or pushed (PAR), so that it answers a
 * challenge. The claims of a claims challenge are merged into `claims`. Either `acr_values` or an `acr` claim with values
 * is among them, never both; leave `acr_values` out of what you merge this into. Fits `buildAuthorizationUrl` of
 * openid-client, `authorizationParams` of Auth0 and Auth.js. For libraries that read other names see
 * `nestjs-step-up/client/sign-in`. Does not choose the authorization server,
 * and makes no `state`, `nonce` or PKCE challenge: make new ones for each request. A refresh token cannot replace it.
 *
 * @example
 * ```ts
 * const url = buildAuthorizationUrl(config, { redirect_uri, state, nonce, ...authorizationParameters(challenge, { scope }) });
 * ```
 * @throws TypeError for a member of another type, `null` included, for an unknown `mode`, for `claims` that are not a
 * JSON object, and for `'essential'` if `metadata` rules it out
 * @see [RFC 9470 §4](https://www.rfc-editor.org/rfc/rfc9470.html#section-4)
 * @see [OpenID Connect Core §5.5.1.1](https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics)
 */
export function authorizationParameters(
  challenge: StepUpChallenge,
  options: AuthorizationParametersOptions = {},
): AuthorizationParameters {
  checkChallenge(challenge);
  checkKind(options, TEXTS, ['allowedScopes']);
  checkKind(options, TEXT, ['scope', 'resource', 'idTokenHint', 'loginHint', 'prompt']);
  const { openid = true } = options;
  const { maxAge, claims: requested } = challenge;
  // the contexts of a claims challenge are in its claims
  const listed = requested === undefined ? (challenge.acrValues ?? []) : [];
  const acrValues = options.acrValues === 'first' ? listed.slice(0, 1) : listed;
  const essential = isEssential(options) && acrValues.length > 0;
  const joined = acrValues.join(' ');
  if (joined.length > MAX_ACR_VALUES_LENGTH && !essential) {
    report(options, 'acr_values_long', 'acr_values', 'It is over 300 characters');
  }
  const claims = mergedClaims(options.claims, acrValues, essential, requested);
  const added = members(challenge.scope)?.filter((scope) => options.allowedScopes?.includes(scope)) ?? [];
  const scopes = new Set([...(openid ? ['openid'] : []), ...(members(options.scope) ?? []), ...added]);
  const prompt = members(options.prompt)?.filter((member) => member !== 'none');
  return defined({
    acr_values: (!essential && joined) || undefined,
    claims: claims && JSON.stringify(claims),
    scope: [...scopes].join(' ') || undefined,
    prompt: prompt?.join(' ') || undefined,
    ...(maxAge === 0 ? (options.zeroMaxAge ?? { max_age: '0' }) : { max_age: maxAge?.toString() }),
    resource: options.resource,
    id_token_hint: options.idTokenHint,
    login_hint: options.loginHint,
  }) as AuthorizationParameters;
}

const MODES = ['acr_values', 'essential', 'auto'];
const MODE: Kind = ['"acr_values", "essential" or "auto"', (value) => MODES.includes(value as string)];

function isEssential({ mode = 'acr_values', metadata }: AuthorizationParametersOptions): boolean {
  checkRequired({ mode }, MODE, ['mode']);
  // absent means false: OpenID Connect Discovery §3
  const supported = metadata?.claims_parameter_supported === true;
  if (mode === 'essential' && metadata !== undefined && !supported) {
    throw new TypeError('"mode" is "essential", but "metadata" lacks "claims_parameter_supported"; use "auto"');
  }
  return mode === 'essential' || (mode === 'auto' && supported);
}

function mergedClaims(
  given: AuthorizationParametersOptions['claims'],
  acrValues: readonly string[],
  essential: boolean,
  requested: string | undefined,
): Record<string, unknown> | undefined {
  const claims = claimsObject(given);
  if (requested !== undefined) {
    const accessToken = { ...asObject(claims['access_token']), ...asObject(claimsObject(requested)['access_token']) };
    return { ...claims, access_token: accessToken };
  }
  const { acr, ...others } = asObject(claims['id_token']) ?? {};
  if (essential) return { ...claims, id_token: { ...others, acr: { essential, values: acrValues } } };
  const asked = asObject(acr) ?? {};
  // values asked for here and in acr_values have no defined meaning: OpenID Connect Core §5.5.1.1
  if (acrValues.length > 0 && ('value' in asked || 'values' in asked)) return { ...claims, id_token: others };
  return given === undefined ? undefined : claims;
}

function claimsObject(given: AuthorizationParametersOptions['claims'] = {}): Record<string, unknown> {
  const object = asObject(typeof given === 'string' ? parseJson(given) : given);
  if (!object) throw new TypeError('"claims" must be a JSON object, or the text of one');
  return object;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
