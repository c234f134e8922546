import type { ClaimPath } from './claim.js';

/**
 * What is particular about an authorization server: how its access tokens differ from RFC 9068, in which form it is told
 * of a challenge, and what a client and an administrator have to know. A plain object, so that a server without a profile
 * here can be given one, or one from here be changed: `{ ...profiles.auth0, claims: { acr: 'https://api.example/acr' } }`.
 *
 * @see [RFC 9068 §2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2)
 */
export interface AuthorizationServerProfile {
  /** The server's own name, for people. */
  title?: string | undefined;
  /** Where the facts of this profile are to be read: URLs. */
  source?: readonly string[] | undefined;
  /** The day on which they were read, `YYYY-MM-DD`. */
  checkedOn?: string | undefined;

  /** Accepted `typ` of access tokens, compared without regard to case; `null` accepts a missing one. Default is `['at+jwt']`. */
  typ?: readonly (string | null)[] | undefined;
  /**
   * Claims that only access tokens carry: with this value, or with `true` whatever it is. Needed as soon as `typ` accepts
   * more than `at+jwt`: without them an ID token, a refresh token or a logout token would pass for an access token.
   */
  accessTokenClaims?: Readonly<Record<string, string | true>> | undefined;
  /** Claims that access tokens never carry, such as `nonce`; a token that has one is refused. Default is none. */
  otherTokenClaims?: readonly string[] | undefined;
  /** Where the claims stand. Defaults are `acr`, `auth_time`, `amr`, `client_id` and `scope`. */
  claims?:
    | {
        acr?: ClaimPath | undefined;
        /** Seconds since the epoch. */
        authTime?: ClaimPath | undefined;
        amr?: ClaimPath | undefined;
        clientId?: ClaimPath | undefined;
        /** A space-separated string or a list of strings. */
        scope?: ClaimPath | undefined;
      }
    | undefined;
  /** Whether `acr` is a string, a list of which any member counts, or a number. Default is `'string'`. */
  acrType?: 'string' | 'list' | 'number' | undefined;
  /** Claims of RFC 9068 §2.2 that this server leaves out; `aud` in introspection responses alone. Default is none. */
  absentClaims?: readonly ('client_id' | 'jti' | 'iat' | 'aud')[] | undefined;
  /**
   * Claims of tokens that a client got for itself, one of which is enough: with this value, or with `true` whatever it is.
   * No user can step up in them. Default is none beyond the rule that `sub` is the client.
   */
  clientCredentialsClaims?: Readonly<Record<string, string | true>> | undefined;

  /** In which form the client is told what to ask for. Default is `'rfc9470'`. */
  challenge?: 'rfc9470' | 'entra' | undefined;

  /** The server's `acr` strings, if they are the same for all its users. */
  acrValues?: readonly string[] | undefined;
  /** Whether access tokens tell of the authentication by default, once it is configured, or never. */
  issues?: { acr?: Issuance | undefined; authTime?: Issuance | undefined } | undefined;
  /** How a client asks this server: options of `authorizationParameters`. */
  request?:
    | {
        /** Default is `'acr_values'`. */
        mode?: 'acr_values' | 'essential' | 'auto' | undefined;
        /** `'first'` if the server does not prefer the first of several. Default is `'all'`. */
        acrValues?: 'all' | 'first' | undefined;
        /** Sent in place of `max_age=0`. Default is `{ max_age: '0' }`. */
        zeroMaxAge?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
  /**
   * What comes of a request in this form that the server cannot satisfy: it returns an `'error'`, a token of a `'lower'`
   * `acr`, or there is `'no-return'` to the client at all.
   */
  whenUnmet?: 'error' | 'lower' | 'no-return' | undefined;
  /** Whether a refreshed access token `'keeps'` or `'drops'` what is known of the authentication. */
  onRefresh?: 'keeps' | 'drops' | undefined;
  /** What an administrator has to do, in order; a sentence or two each. */
  steps?: readonly string[] | undefined;
  /** What else is good to know; a sentence each. */
  notes?: readonly string[] | undefined;
  /** What tests against the server itself have shown, beyond what `source` says; a sentence each, the version in the first. */
  observed?: readonly string[] | undefined;
}

type Issuance = 'by-default' | 'if-configured' | 'never';
