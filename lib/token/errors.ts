/**
 * The rules by which an access token, or the way it was sent, is refused: each with its error code of RFC 6750 §3.1 and
 * the fixed ASCII text of `error_description`.
 */
const REFUSALS = {
  authorization_header_repeated: ['invalid_request', 'Only one Authorization header is allowed'],
  authorization_header_malformed: ['invalid_request', 'The Authorization header must carry exactly one token'],
  access_token_repeated: ['invalid_request', 'The access token must be sent in the Authorization header alone'],

  token_unreadable: ['invalid_token', 'The access token is not a string'],
  token_too_long: ['invalid_token', 'The access token is too long'],
  jwt_malformed: ['invalid_token', 'The access token is not a signed JWT'],
  jwt_unsigned: ['invalid_token', 'The access token is not signed'],
  jwt_unreadable: ['invalid_token', 'The access token is not a readable JWT'],
  claims_too_deep: ['invalid_token', 'The claims of the access token are nested too deeply'],
  claim_name_forbidden: ['invalid_token', 'The access token has a claim name that is not accepted'],

  issuer_unknown: ['invalid_token', 'The issuer of the access token is not known'],
  crit_unsupported: ['invalid_token', 'The access token has critical header parameters that are not understood'],
  algorithm_not_allowed: ['invalid_token', 'The access token is signed with an algorithm that is not allowed'],
  typ_unreadable: ['invalid_token', 'The type of the access token is not readable'],
  typ_mismatch: ['invalid_token', 'The token is not marked as an access token (typ at+jwt)'],
  token_kind_mismatch: ['invalid_token', 'The claims of the token are not those of an access token'],
  audience_mismatch: ['invalid_token', 'The access token is for another audience'],
  exp_missing: ['invalid_token', 'The access token does not say when it expires'],
  token_expired: ['invalid_token', 'The access token has expired'],
  token_not_yet_valid: ['invalid_token', 'The access token is not valid yet'],
  cnf_unsupported: ['invalid_token', 'The access token is bound to a key, and no proof of possession is accepted here'],
  sub_missing: ['invalid_token', 'The access token has no subject'],
  client_id_missing: ['invalid_token', 'The access token has no client'],
  jti_missing: ['invalid_token', 'The access token has no identifier'],
  iat_missing: ['invalid_token', 'The access token does not say when it was issued'],
  iat_in_future: ['invalid_token', 'The access token is issued in the future; check the clocks'],

  kid_unreadable: ['invalid_token', 'The key identifier of the access token is not readable'],
  key_unknown: ['invalid_token', 'The key of the access token is not known'],
  key_ambiguous: ['invalid_token', 'Several keys fit the access token'],
  key_mismatch: ['invalid_token', 'The key of the access token does not fit its algorithm'],
  signature_invalid: ['invalid_token', 'The signature of the access token is not valid'],

  token_inactive: ['invalid_token', 'The access token is not active'],
  introspected_kind_mismatch: ['invalid_token', 'The token is not a bearer access token'],
  introspection_mismatch: ['invalid_token', 'The authorization server knows the access token as another one'],

  proof_unsupported: ['invalid_token', 'Proof of possession is not supported here; send a bearer token'],
  user_unknown: ['invalid_token', 'The user of the access token is not known here'],
  token_not_accepted: ['invalid_token', 'The access token is not accepted'],
} as const satisfies Readonly<Record<string, readonly ['invalid_request' | 'invalid_token', string]>>;

/** The rule by which an access token is refused. Stable: callers switch on it, never on the message. */
export type AccessTokenRefusedCode = keyof typeof REFUSALS;

/** Facts about a refusal that are not secret. Strings are as received: escape them before you show them. */
export interface RefusalFacts {
  /** Name of the claim that is missing, or that must not be present. */
  readonly claim?: string;
  /** Value of the claim, or of `alg`. Absent if it is neither a string nor a list of strings. */
  readonly found?: string | readonly string[];
  /** Accepted values. `null` stands for a missing one. */
  readonly expected?: readonly (string | null)[];
}

/** Reports that an access token, or the way it was sent, is refused. Carries no token and no claim set. */
export class AccessTokenRefused extends Error implements RefusalFacts {
  override readonly name = 'AccessTokenRefused';
  /** The error code of RFC 6750 §3.1. */
  readonly error: 'invalid_request' | 'invalid_token';
  readonly code: AccessTokenRefusedCode;
  readonly claim?: string;
  readonly found?: string | readonly string[];
  readonly expected?: readonly (string | null)[];
  /** The configured issuer of the token. Absent until it is known. */
  issuer?: string;

  constructor(code: AccessTokenRefusedCode, facts: RefusalFacts = {}) {
    const [error, message] = REFUSALS[code];
    super(message);
    this.error = error;
    this.code = code;
    Object.assign(this, facts);
  }
}

/** Why an authorization server gives no usable response. Stable: callers switch on it, never on the message. */
export type AuthorizationServerUnavailableCode =
  | 'metadata_unreadable'
  | 'metadata_issuer_mismatch'
  | 'endpoint_missing'
  | 'keys_unreadable'
  | 'keys_unusable'
  | 'introspection_overloaded'
  | 'introspection_credentials_refused'
  | 'introspection_unusable'
  | 'resolver_failed'
  | 'resolver_overloaded'
  | 'resolved_server_invalid';

interface Unavailability {
  /** The issuer of the server. Absent if the server is not known: then "resolveAuthorizationServer" cannot tell it. */
  readonly issuer?: string | undefined;
  readonly code: AuthorizationServerUnavailableCode;
  /** Predicate of a sentence about the issuer, such as `its key document cannot be reached (ECONNREFUSED)`. */
  readonly reason: string;
  /** Seconds after which a new request may succeed. */
  readonly retryAfter: number;
  readonly cause?: unknown;
}

/** Reports that an authorization server cannot be reached, or that its response cannot be used. */
export class AuthorizationServerUnavailable extends Error implements Unavailability {
  override readonly name = 'AuthorizationServerUnavailable';
  readonly issuer: string | undefined;
  readonly code: AuthorizationServerUnavailableCode;
  readonly reason: string;
  readonly retryAfter: number;

  constructor({ issuer, code, reason, retryAfter, cause }: Unavailability) {
    super(issuer === undefined ? reason : `${issuer}: ${reason}`, cause === undefined ? undefined : { cause });
    this.issuer = issuer;
    this.code = code;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}
