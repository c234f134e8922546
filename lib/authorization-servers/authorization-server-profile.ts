import type { AuthenticationMethods } from './authentication-methods.js';
import type { ClaimPath } from './claim.js';
import type { TimeFormat } from './time-format.js';

/**
 * Describes an authorization server: how its access tokens differ from RFC 9068, which form of challenge its clients
 * understand, and what clients and administrators have to know. A plain object: write one for another server, or spread
 * a shipped one and change members.
 *
 * @example
 * ```ts
 * const profile: AuthorizationServerProfile = { ...profiles.auth0, claims: { acr: 'https://api.example/acr' } };
 * ```
 * @see [RFC 9068 §2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2)
 */
export interface AuthorizationServerProfile {
  /** Name of the server, as its makers write it. */
  title?: string | undefined;
  /** URLs of the sources of this profile. */
  source?: readonly string[] | undefined;
  /** Day on which the sources were read, `YYYY-MM-DD`. */
  checkedOn?: string | undefined;

  /**
   * Accepted `typ` of access tokens, compared without regard to case. `null` accepts a missing one. Default is
   * `['at+jwt']`.
   */
  typ?: readonly (string | null)[] | undefined;
  /**
   * Claims that only access tokens carry, each with its value, or with `true` for any value. All of them are required
   * in a JWT. Must be set if `typ` accepts more than `at+jwt`: without them an ID token, a refresh token or a logout
   * token would pass for an access token. Default is none.
   */
  accessTokenClaims?: Readonly<Record<string, string | true>> | undefined;
  /**
   * What replaces `accessTokenClaims` in access tokens that are bound by DPoP. Default is `accessTokenClaims`.
   */
  dpopTokenClaims?: Readonly<Record<string, string | true>> | undefined;
  /** Claims that access tokens never carry, such as `nonce`. A token with one of them is refused. Default is none. */
  otherTokenClaims?: readonly string[] | undefined;
  /** Names or paths of the claims. Defaults are `acr`, `auth_time`, `amr`, `client_id` and `scope`. */
  claims?:
    | {
        acr?: ClaimPath | undefined;
        authTime?: ClaimPath | undefined;
        /** The methods of the sign-in, written as `methods` says. */
        amr?: ClaimPath | undefined;
        clientId?: ClaimPath | undefined;
        /** A string of scopes separated by spaces, or a list of strings. */
        scope?: ClaimPath | undefined;
      }
    | undefined;
  /**
   * Type of `acr`. Any member of a `'list'` satisfies. A value of another type counts as missing. Default is
   * `'string'`.
   */
  acrType?: 'string' | 'list' | 'number' | undefined;
  /** How `auth_time` is written. A time in another format never satisfies. Default is `'seconds'`. */
  authTimeFormat?: TimeFormat | undefined;
  /**
   * How the methods of the sign-in are written, and which `acr` strings they stand for: for a server that tells no `acr`,
   * or that tells the time of each factor. Default is a list of strings that stands for nothing.
   *
   * @example
   * ```ts
   * const profile: AuthorizationServerProfile = { methods: { acr: { mfa: ['otp', 'hwk'] } } }; // "amr": ["pwd", "otp"]
   * ```
   */
  methods?: AuthenticationMethods | undefined;
  /**
   * Where a JWT names the API it is for. `'scope'` is for servers such as Amazon Cognito: a token without `aud` is for
   * this API if one of its scopes is an `audience` of yours, a slash, and a name. Default is `'aud'`.
   */
  audienceIn?: 'aud' | 'scope' | undefined;
  /** Claims of RFC 9068 §2.2 that the server may omit, `aud` only in introspection responses. Default is none. */
  absentClaims?: readonly ('client_id' | 'jti' | 'iat' | 'aud')[] | undefined;
  /**
   * Claims that only client credentials tokens carry, each with its value, or with `true` for any value. Any one of
   * them is enough. Such a token has no user who could step up. Next to these, a token without authentication counts as
   * one if its `sub` is the client. Default is none.
   */
  clientCredentialsClaims?: Readonly<Record<string, string | true>> | undefined;

  /**
   * Claims that only the sign-in of a user brings about, by their names at the top level. Without one of them, in a JWT
   * or in the response about it, an `acr` of introspection counts for nothing: for servers that tell one of machines
   * too. Default is none.
   */
  signInClaims?: readonly string[] | undefined;

  /** Form of the challenge. Default is `'rfc9470'`. */
  challenge?: 'rfc9470' | 'entra' | undefined;

  /** The server's `acr` strings, if they are the same for all its users. */
  acrValues?: readonly string[] | undefined;
  /**
   * Strings that the server offers before an administrator has set up any. Any sign-in satisfies them, so no word of yours
   * should stand for one. Default is none.
   */
  defaultAcrValues?: readonly string[] | undefined;
  /**
   * Whether access tokens carry `acr` and `auth_time` by default, after configuration, or never. With `'never'` a word
   * that neither a claim nor `methods` can tell is an error at boot.
   */
  issues?: { acr?: Issuance | undefined; authTime?: Issuance | undefined } | undefined;
  /**
   * What ID tokens say of the sign-in, which `verifyStepUp` of the client judges: the claims, `acr` and `auth_time` by
   * default, and whether they are there. Decides about no access token. A client gives other names to `verifyStepUp` as
   * `acrClaim` and `authTimeClaim`.
   */
  idToken?:
    | {
        claims?: { acr?: string | undefined; authTime?: string | undefined } | undefined;
        acr?: Issuance | 'if-requested' | undefined;
        authTime?: Issuance | 'if-requested' | undefined;
      }
    | undefined;
  /** Options of `authorizationParameters` for this server. */
  request?:
    | {
        /** Default is `'acr_values'`. */
        mode?: 'acr_values' | 'essential' | 'auto' | undefined;
        /** `'first'` if the server does not prefer the first of several. Default is `'all'`. */
        acrValues?: 'all' | 'first' | undefined;
        /** Parameters in place of `max_age=0`. Default is `{ max_age: '0' }`. */
        zeroMaxAge?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
  /**
   * How the server responds to a request that it cannot satisfy: with an `'error'`, with a token of a `'lower'` `acr`,
   * or with `'no-return'` to the client at all.
   */
  whenUnmet?: 'error' | 'lower' | 'no-return' | undefined;
  /** Whether a refreshed access token `'keeps'` or `'drops'` `acr` and `auth_time`. */
  onRefresh?: 'keeps' | 'drops' | undefined;
  /** Steps for an administrator, in order. One or two sentences each. */
  steps?: readonly string[] | undefined;
  /** Further facts. A sentence each. */
  notes?: readonly string[] | undefined;
  /** Facts that tests against the server have shown and `source` does not say. The first sentence names the version. */
  observed?: readonly string[] | undefined;
}

type Issuance = 'by-default' | 'if-configured' | 'never';
