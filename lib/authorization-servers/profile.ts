/** Where a claim stands: its name, or the names on the way to it when it is nested. */
export type ClaimPath = string | readonly string[];

/**
 * How the access tokens of an authorization server differ from RFC 9068. What is left out is as the RFC has it.
 *
 * @see [RFC 9068 §2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2)
 */
export interface AuthorizationServerProfile {
  /** Accepted `typ` of access tokens, compared without regard to case; `null` accepts a missing one. Default is `['at+jwt']`. */
  typ?: readonly (string | null)[];
  /**
   * Claims, with their values, that only access tokens carry. Needed as soon as `typ` accepts more than `at+jwt`: without
   * them an ID token, a refresh token or a logout token would pass for an access token.
   */
  accessTokenClaims?: Readonly<Record<string, string>>;
  /** Where the claims stand. Defaults are `acr`, `auth_time`, `amr`, `client_id` and `scope`. */
  claims?: {
    acr?: ClaimPath;
    authTime?: ClaimPath;
    amr?: ClaimPath;
    clientId?: ClaimPath;
    /** A space-separated string or a list of strings. */
    scope?: ClaimPath;
  };
  /** Claims of RFC 9068 §2.2 that this server leaves out. Default is none. */
  absentClaims?: readonly ('client_id' | 'jti' | 'iat')[];
}

/** A checked profile with every default filled in. */
export interface AccessTokenProfile {
  readonly typ: ReadonlySet<string | null>;
  readonly accessTokenClaims: readonly (readonly [claim: string, value: string])[];
  readonly claims: Readonly<Record<'acr' | 'authTime' | 'amr' | 'clientId' | 'scope', readonly string[]>>;
  readonly absentClaims: ReadonlySet<string>;
}

const RFC_9068_CLAIMS = { acr: 'acr', authTime: 'auth_time', amr: 'amr', clientId: 'client_id', scope: 'scope' };
const MEMBERS = new Set(['typ', 'accessTokenClaims', 'claims', 'absentClaims']);
const OMISSIBLE: ReadonlySet<unknown> = new Set(['client_id', 'jti', 'iat']);

/**
 * Checks a profile written by hand.
 *
 * @param where named in errors, such as `authorizationServers[0].profile`
 * @throws TypeError naming the member: an unknown one, one of the wrong type, and a `typ` beyond `at+jwt` without
 * `accessTokenClaims`.
 */
export function checkProfile(profile: AuthorizationServerProfile | undefined, where: string): AccessTokenProfile {
  if (profile !== undefined && (typeof profile !== 'object' || profile === null)) {
    throw new TypeError(`"${where}" must be an object; profiles by name are not there yet`);
  }
  for (const member of Object.keys(profile ?? {})) {
    if (!MEMBERS.has(member)) throw new TypeError(`"${where}" has the unknown member "${member}"`);
  }
  const given = profile ?? {};
  const { claims = {}, absentClaims = [] } = given;
  const typ = checkTypes(given.typ, `${where}.typ`);
  const accessTokenClaims = checkClaimValues(given.accessTokenClaims, `${where}.accessTokenClaims`);
  if (typ.some((value) => value !== 'at+jwt') && accessTokenClaims.length === 0) {
    throw new TypeError(
      `"${where}.typ" accepts more than at+jwt; give "accessTokenClaims" that only access tokens carry, ` +
        'or ID tokens would pass for access tokens',
    );
  }
  if (!Array.isArray(absentClaims) || !absentClaims.every((claim) => OMISSIBLE.has(claim))) {
    throw new TypeError(`"${where}.absentClaims" must list some of ${[...OMISSIBLE].join(', ')}`);
  }
  return Object.freeze({
    typ: new Set(typ),
    accessTokenClaims,
    claims: checkClaimPaths(claims, `${where}.claims`),
    absentClaims: new Set(absentClaims),
  });
}

function checkTypes(typ: unknown = ['at+jwt'], where: string): (string | null)[] {
  if (!Array.isArray(typ) || typ.length === 0 || !typ.every((value) => value === null || isText(value))) {
    throw new TypeError(`"${where}" must list the accepted types, null for a missing one`);
  }
  return typ.map((value) => (value === null ? null : mediaType(value)));
}

/** A value that is left out would be met by tokens without the claim, ID tokens among them. */
function checkClaimValues(claims: unknown = {}, where: string): AccessTokenProfile['accessTokenClaims'] {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new TypeError(`"${where}" must be an object of claims and their values`);
  }
  return Object.entries(claims).map(([claim, value]) => {
    if (!isText(value)) throw new TypeError(`"${where}.${claim}" must be the text that access tokens have there`);
    return Object.freeze([claim, value] as const);
  });
}

function checkClaimPaths(claims: unknown, where: string): AccessTokenProfile['claims'] {
  if (typeof claims !== 'object' || claims === null) throw new TypeError(`"${where}" must be an object`);
  const paths: Record<string, unknown> = { ...RFC_9068_CLAIMS };
  for (const [name, path] of Object.entries(claims)) {
    if (!Object.hasOwn(RFC_9068_CLAIMS, name)) throw new TypeError(`"${where}" has the unknown member "${name}"`);
    paths[name] = path ?? paths[name];
  }
  const checked = Object.entries(paths).map(([name, path]) => {
    const names: readonly unknown[] = Array.isArray(path) ? path : [path];
    if (names.length === 0 || !names.every(isText)) {
      throw new TypeError(`"${where}.${name}" must be the name of a claim, or the list of names on the way to it`);
    }
    return [name, Object.freeze([...names])] as const;
  });
  return Object.freeze(Object.fromEntries(checked)) as AccessTokenProfile['claims'];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** `typ` is a media type whose `application/` may be left out, compared without regard to case: RFC 7515 §4.1.9. */
export function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '');
}

/** Reads the claim at a path; `undefined` where the way leads through something that is no object. */
export function readClaim(claims: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
