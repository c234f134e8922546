/**
 * The rules by which an access token, the way it was sent, or the proof of its key is refused: each with its error code
 * of RFC 6750 §3.1 or RFC 9449 §7.1, and the fixed ASCII text of `error_description`.
 */
const REFUSALS = {
  authorization_header_repeated: ['invalid_request', 'Only one Authorization header is allowed'],
  authorization_header_malformed: ['invalid_request', 'The Authorization header must carry exactly one token'],
  access_token_repeated: ['invalid_request', 'The access token must be sent in the Authorization header alone'],
  access_token_ambiguous: ['invalid_request', 'Different access tokens are sent in two places'],
  renewal_without_connection: [
    'invalid_request',
    'A token is renewed on the connection that the earlier one came with',
  ],
  token_of_another_user: ['invalid_token', 'The access token is for another user than the one of this connection'],

  token_unreadable: ['invalid_token', 'The access token is not a string'],
  token_too_long: ['invalid_token', 'The access token is too long'],
  scheme_before_token: ['invalid_token', 'The access token begins with a scheme; send the token alone'],
  jwt_malformed: ['invalid_token', 'The access token is not a signed JWT'],
  jwt_unsigned: ['invalid_token', 'The access token has no readable signature'],
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
  introspection_incomplete: ['invalid_token', 'The authorization server says too little of the access token'],
  introspection_mismatch: ['invalid_token', 'The authorization server knows the access token as another one'],

  token_unbound: ['invalid_token', 'The access token is not bound to a key'],
  binding_unprovable: ['invalid_token', 'The access token is bound to a key, which only an HTTP request can prove'],
  dpop_scheme_missing: ['invalid_token', 'The access token is bound to a DPoP key; send it under the scheme DPoP'],

  proof_missing: ['invalid_dpop_proof', 'The request has no DPoP proof'],
  proof_repeated: ['invalid_dpop_proof', 'Only one DPoP header with one proof is allowed'],
  proof_unreadable: ['invalid_dpop_proof', 'The DPoP proof is not a readable JWT'],
  proof_typ_mismatch: ['invalid_dpop_proof', 'The DPoP proof is not marked as one (typ dpop+jwt)'],
  proof_crit_unsupported: ['invalid_dpop_proof', 'The DPoP proof has critical header parameters'],
  proof_algorithm_not_allowed: ['invalid_dpop_proof', 'The DPoP proof is signed with an algorithm that is not allowed'],
  proof_key_unusable: ['invalid_dpop_proof', 'The DPoP proof has no usable public key (jwk)'],
  proof_key_mismatch: ['invalid_token', 'The access token is bound to another key than that of the DPoP proof'],
  proof_signature_invalid: ['invalid_dpop_proof', 'The signature of the DPoP proof is not valid'],
  proof_claim_missing: ['invalid_dpop_proof', 'The DPoP proof lacks a claim, or has it in another type'],
  proof_method_mismatch: ['invalid_dpop_proof', 'The DPoP proof is for another method (htm)'],
  proof_url_mismatch: ['invalid_dpop_proof', 'The DPoP proof is for another URL (htu)'],
  proof_token_mismatch: ['invalid_dpop_proof', 'The DPoP proof is for another access token (ath)'],
  proof_expired: ['invalid_dpop_proof', 'The DPoP proof is too old'],
  proof_in_future: ['invalid_dpop_proof', 'The DPoP proof was made in the future; check the clocks'],
  proof_nonce_missing: ['use_dpop_nonce', 'The DPoP proof needs the nonce of the DPoP-Nonce header'],
  proof_nonce_mismatch: [
    'use_dpop_nonce',
    'The nonce of the DPoP proof is not valid; use that of the DPoP-Nonce header',
  ],
  proof_replayed: ['invalid_dpop_proof', 'The DPoP proof was used before'],

  certificate_missing: ['invalid_token', 'The access token is bound to a client certificate, and none was presented'],
  certificate_unreadable: ['invalid_token', 'The client certificate that was presented is not readable'],
  certificate_mismatch: ['invalid_token', 'The access token is bound to another client certificate'],

  proof_unsupported: ['invalid_token', 'Proof of possession is not supported here; send a bearer token'],
  user_unknown: ['invalid_token', 'The user of the access token is not known here'],
  token_not_accepted: ['invalid_token', 'The access token is not accepted'],
} as const satisfies Readonly<Record<string, readonly [AccessTokenError, string]>>;

/** The error codes of RFC 6750 §3.1 and RFC 9449 §7.1 and §9. */
type AccessTokenError = 'invalid_request' | 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce';

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
  /** Whether an introspection response is meant, and not the token itself. */
  readonly isOfResponse?: true;
}

/** Reports that an access token, or the way it was sent, is refused. Carries no token and no claim set. */
export class AccessTokenRefused extends Error implements RefusalFacts {
  override readonly name = 'AccessTokenRefused';
  /** The error code of RFC 6750 §3.1, or of RFC 9449 for a proof. */
  readonly error: AccessTokenError;
  readonly code: AccessTokenRefusedCode;
  readonly claim?: string;
  readonly found?: string | readonly string[];
  readonly expected?: readonly (string | null)[];
  readonly isOfResponse?: true;
  /** The configured issuer of the token. Absent until it is known. */
  issuer?: string;

  constructor(code: AccessTokenRefusedCode, facts?: RefusalFacts) {
    const [error, message] = REFUSALS[code];
    super(message);
    this.error = error;
    this.code = code;
    if (facts !== undefined) Object.assign(this, facts);
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
  | 'replay_cache_unavailable'
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

/**
 * Reports that an authorization server cannot be reached, that its response cannot be used, or that the shared cache of
 * used proofs cannot.
 */
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
