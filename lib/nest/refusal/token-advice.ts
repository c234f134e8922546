import type { AuthorizationServer } from '../../authorization-servers/index.js';
import {
  AccessTokenRefused,
  type AccessTokenRefusedCode,
  AuthorizationServerUnavailable,
  TimedOut,
} from '../../token/index.js';
import { RESOLVED_SERVERS } from '../advice/advice.js';
import type { StepUpLog } from '../advice/log.js';
import { stackTraceOf } from '../advice/thrown.js';
import type { StepUpSettings } from '../step-up-settings.js';
import { AccessTokenException } from './access-token.exception.js';
import { fixForAudience, fixForTyp, isOneSlashApart, nameOf, shown } from './token-fixes.js';
import { adviceOnUnavailable } from './unavailability-advice.js';

interface Remark {
  readonly message: string;
  readonly fix: string;
}
type Describe = (refused: AccessTokenRefused, server: AuthorizationServer | undefined) => Remark;

const lacks =
  (fix: string): Describe =>
  ({ claim }) => ({ message: `a token has no "${claim}", which RFC 9068 §2.2 requires`, fix });

const BOUND_TOKENS = 'see docs/bound-tokens.md';

const LEFT_OUT = 'have the server put it into access tokens, or give the "profile" of a server that leaves it out';

const LACKS_SUBJECT = lacks(
  'have the server put it into access tokens, or set "introspection.lightweightTokens" if introspection tells it, as ' +
    'Keycloak does of lightweight ones',
);

/**
 * What a refusal says about the configuration. `undefined` if it says nothing, such as for an expired token. A claim
 * that is shown is unverified: most of these rules come before the signature.
 */
const REFUSALS: Readonly<Record<AccessTokenRefusedCode, Describe | undefined>> = {
  authorization_header_repeated: undefined,
  authorization_header_malformed: undefined,
  access_token_repeated: undefined,
  access_token_ambiguous: undefined,
  renewal_without_connection: undefined,
  token_of_another_user: undefined,
  token_unreadable: undefined,
  token_too_long: undefined,
  scheme_before_token: () => ({
    message: 'an access token begins with a scheme, as a header does',
    fix:
      'give the token alone, without "Bearer ": by the option "accessToken", in handshake.auth.token of socket.io, and to ' +
      'renew()',
  }),
  jwt_malformed: () => ({
    message: 'an access token is no JWT, and no authorization server is configured for opaque ones',
    fix: 'if they are tokens of yours, have the server issue JWTs (RFC 9068), or configure its "introspection"',
  }),
  jwt_unsigned: undefined,
  jwt_unreadable: undefined,
  claims_too_deep: undefined,
  claim_name_forbidden: undefined,
  issuer_unknown: ({ found, expected = [] }) => ({
    message: `a token is of the issuer ${shown(found)}, and configured is ${shown(expected)}`,
    fix: expected.some((issuer) => isOneSlashApart(issuer, found))
      ? 'configure exactly the issuer that tokens name: a slash at the end counts'
      : 'if it is your server, configure exactly that issuer in "authorizationServers[].issuer"',
  }),
  crit_unsupported: undefined,
  algorithm_not_allowed: ({ found, expected = [] }) => ({
    message: `a token is signed by ${shown(found)}, and accepted are ${shown(expected)}`,
    fix: 'have the server sign access tokens by one of these, or add an asymmetric one to "authorizationServers[].algorithms"',
  }),
  typ_unreadable: undefined,
  typ_mismatch: ({ found, expected = [] }, server) => ({
    message: `a token has the typ ${shown(found ?? null)}, and accepted is ${shown(expected)}`,
    fix: fixForTyp(found, server),
  }),
  token_kind_mismatch: ({ claim, found, expected = [] }, server) => ({
    message: expected.includes(null)
      ? `a token has "${claim}", which access tokens of ${nameOf(server)} never have`
      : `a token has ${found === undefined ? `no "${claim}"` : `the "${claim}" ${shown(found)}`}, and access tokens of ${nameOf(server)} have ` +
        (expected.length === 0 ? 'one' : shown(expected)),
    fix: 'send the access token rather than an ID or refresh token; if it is one, correct "authorizationServers[].profile"',
  }),
  audience_mismatch: (refused, server) => ({
    message: `a token is for the audience ${shown(refused.found ?? null)}, and "audience" is ${shown(refused.expected)}`,
    fix: fixForAudience(refused, server),
  }),
  exp_missing: lacks('have the server put it into access tokens'),
  token_expired: undefined,
  token_not_yet_valid: () => ({ message: 'a token is not valid yet', fix: 'compare the clocks' }),
  cnf_unsupported: () => ({
    message: 'a token is bound to a key ("cnf") in a way that is not accepted here',
    fix: `set "authorizationServers[].boundTokens", or have the server issue bearer tokens to this client; ${BOUND_TOKENS}`,
  }),
  sub_missing: (refused, server) =>
    refused.isOfResponse === true
      ? { message: 'introspection tells neither "sub" nor "username"', fix: 'have the server return one of them' }
      : LACKS_SUBJECT(refused, server),
  client_id_missing: lacks(LEFT_OUT),
  jti_missing: lacks(LEFT_OUT),
  iat_missing: lacks(LEFT_OUT),
  iat_in_future: () => ({ message: 'a token was issued in the future', fix: 'compare the clocks' }),
  kid_unreadable: undefined,
  key_unknown: () => ({
    message: 'a token names a key that the key document of the server does not have',
    fix: 'check that "issuer", and "jwksUri" if it is given, are those of the server that signs the tokens',
  }),
  key_ambiguous: () => ({
    message: 'several keys of the server fit a token, which names none of them',
    fix: 'have the server put "kid" into keys and tokens',
  }),
  key_mismatch: () => ({
    message: 'the key that a token names does not fit its algorithm',
    fix: 'have the server publish its keys with the "alg" and "use" that they have',
  }),
  signature_invalid: undefined,
  token_inactive: undefined,
  introspected_kind_mismatch: ({ claim, found }) => ({
    message:
      found === undefined
        ? `introspection does not mark a token as an access token: "${claim}"`
        : `introspection calls a token by "${claim}" ${shown(found)}, which is no bearer access token`,
    fix: 'send the access token; if it is one, have the server return "token_type": "Bearer" or the scope',
  }),
  introspection_incomplete: ({ claim }) => ({
    message: `introspection tells no "${claim}" of a lightweight token`,
    fix: 'have the server return it, or set "introspection.lightweightTokens" to false and have it issue full tokens',
  }),
  introspection_mismatch: ({ claim }) => ({
    message:
      claim === undefined
        ? 'introspection names another subject, issuer or client than the token itself'
        : `introspection tells another "${claim}" than the token itself`,
    fix: 'check that "introspection" is configured for the server that issues the tokens',
  }),
  // A server that was resolved at run time is not known here.
  token_unbound: (_, server) => ({
    message:
      'a token is not bound to a key, and it comes under the scheme DPoP, or its server is set to bind all tokens',
    fix:
      server === undefined || server.boundTokens.policy === 'required'
        ? `have the server bind the tokens of this client, or set "boundTokens" to 'accepted'; ${BOUND_TOKENS}`
        : 'have the client send bearer tokens under the scheme Bearer',
  }),
  binding_unprovable: () => ({
    message: 'a token that is bound to a key comes off HTTP, or without a request, where nothing proves the key',
    fix: `have clients of sockets and microservices use bearer tokens; ${BOUND_TOKENS}`,
  }),
  dpop_scheme_missing: () => ({
    message: 'a token that is bound to a DPoP key is sent as a bearer token, or found by the option "accessToken"',
    fix: 'have the client send it in the Authorization header, under the scheme DPoP and with a proof',
  }),
  proof_missing: () => ({
    message: 'a request has a token under the scheme DPoP, and no proof',
    fix: 'have the client send a header DPoP, and proxies in front of this API keep it',
  }),
  proof_repeated: undefined,
  proof_unreadable: undefined,
  proof_typ_mismatch: undefined,
  proof_crit_unsupported: undefined,
  proof_algorithm_not_allowed: ({ found, expected = [] }) => ({
    message: `a DPoP proof is signed by ${shown(found)}, and accepted are ${shown(expected)}`,
    fix: 'have the client sign by one of these, or add an asymmetric one to "dpop.algorithms"',
  }),
  proof_key_unusable: undefined,
  proof_key_mismatch: undefined,
  proof_signature_invalid: undefined,
  proof_claim_missing: ({ claim }) => ({
    message: `a DPoP proof has no usable "${claim}", which RFC 9449 §4.2 requires`,
    fix: 'have the client put it into its proofs',
  }),
  proof_method_mismatch: undefined,
  proof_url_mismatch: ({ found, expected = [] }) => ({
    message: expected.includes(found as string)
      ? `a DPoP proof is for another path below ${shown(expected)} than that of its request`
      : `a DPoP proof is for a URL at ${shown(found)}, and "publicUrl" is at ${shown(expected)}`,
    fix: `set "publicUrl" to the URL that clients use, with the path that a proxy removes; ${BOUND_TOKENS}`,
  }),
  proof_token_mismatch: undefined,
  proof_expired: () => ({
    message: 'a DPoP proof is older than "dpop.proofMaxAge"',
    fix: 'compare the clocks, and have the client make a proof for each request',
  }),
  proof_in_future: () => ({ message: 'a DPoP proof was made in the future', fix: 'compare the clocks' }),
  proof_nonce_missing: undefined,
  proof_nonce_mismatch: undefined,
  proof_replayed: () => ({
    message: 'a DPoP proof was used twice, by a client that makes one for several requests, or by somebody else',
    fix: 'have the client make a proof for each request, also when it repeats one',
  }),
  certificate_missing: () => ({
    message: 'a token is bound to a client certificate, and the request has none',
    fix: `ask for one in the TLS handshake ("requestCert"), or set "clientCertificate" if a proxy ends TLS; ${BOUND_TOKENS}`,
  }),
  certificate_unreadable: () => ({
    message: 'the header that "clientCertificate" names occurs twice, or has another form',
    fix: 'compare "clientCertificate.form" with what the proxy writes, and have it replace what clients send',
  }),
  certificate_mismatch: undefined,
  proof_unsupported: () => ({
    message: 'a request has a DPoP token, and no proof of possession is verified here',
    fix: `set "authorizationServers[].boundTokens", or have the client ask for bearer tokens; ${BOUND_TOKENS}`,
  }),
  user_unknown: undefined,
  token_not_accepted: undefined,
};

/** Logs why tokens are refused before they are judged: once for each configured issuer and cause. */
export class TokenAdvice {
  readonly #servers: ReadonlyMap<string | undefined, AuthorizationServer>;

  constructor(
    private readonly settings: Pick<StepUpSettings, 'servers' | 'resolveAuthorizationServer'>,
    private readonly log: StepUpLog,
  ) {
    this.#servers = new Map(settings.servers.map((server) => [server.issuer, server]));
  }

  /** Logs the cause of an error, if it is a refusal of a token. Ignores other errors. */
  note(error: unknown): void {
    if (!(error instanceof AccessTokenException)) return;
    const { cause } = error;
    if (cause instanceof AccessTokenRefused) this.#noteRefusal(cause);
    else if (cause instanceof AuthorizationServerUnavailable) this.noteUnavailable(cause);
  }

  /** Logs that an authorization server cannot be reached, at a request or in the background. */
  noteUnavailable(unavailable: AuthorizationServerUnavailable): void {
    const { code, issuer } = unavailable;
    const subject = this.#servers.has(issuer) ? (issuer as string) : RESOLVED_SERVERS;
    const { cause } = unavailable;
    const isThrown = code === 'resolver_failed' && !(cause instanceof TimedOut);
    const trace = isThrown ? stackTraceOf(cause) : undefined;
    this.log.adviseOn(code, subject, () => adviceOnUnavailable(unavailable, this.settings.servers), trace);
  }

  #noteRefusal(refused: AccessTokenRefused): void {
    const describe = REFUSALS[refused.code];
    if (describe === undefined) return;
    const { code, issuer } = refused;
    const server = this.#servers.get(issuer);
    const isUnresolved = code === 'issuer_unknown' && this.settings.resolveAuthorizationServer !== undefined;
    const isResolved = issuer !== undefined && server === undefined;
    const subject = isUnresolved || isResolved ? RESOLVED_SERVERS : (issuer ?? 'authorizationServers');
    this.log.adviseOn(code, subject, () => {
      if (isUnresolved) return unresolved(refused);
      const remark = describe(refused, server);
      return isResolved ? { ...remark, message: `${issuer}: ${remark.message}` } : remark;
    });
  }
}

function unresolved({ found }: AccessTokenRefused): Remark {
  return {
    message: `a token is of the issuer ${shown(found)}, for which "resolveAuthorizationServer" returns no server`,
    fix: 'if it is an issuer of yours, return its server: a slash at the end counts',
  };
}
