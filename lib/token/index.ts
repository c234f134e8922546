export { AccessTokenVerifier, lacksRequired } from './access-token-verifier.js';
export { authenticationEvent } from './authentication-event.js';
export {
  credentialsIn,
  type IncomingRequest,
  type PresentedToken,
  presentedScheme,
  presentedToken,
  type TokenScheme,
} from './bearer-token.js';
export { BoundedMap } from './bounded-map.js';
export {
  AccessTokenRefused,
  type AccessTokenRefusedCode,
  AuthorizationServerUnavailable,
  type AuthorizationServerUnavailableCode,
} from './errors.js';
export { fetchJson, readBoundedBody, Unreachable, UnusableResponse } from './fetch-json.js';
export { clientSecretBasic } from './introspection/client-authentication.js';
export {
  IntrospectionEndpoint,
  type IntrospectionResponse,
  type TokenAdviceCode,
} from './introspection/introspection-endpoint.js';
export {
  examineCompletion,
  examineLightweight,
  examineOpaque,
  type IntrospectionExamination,
} from './introspection/introspection-examination.js';
export { isJwt, readJwt, type UnverifiedJwt } from './jwt/jwt.js';
export { examineJwt } from './jwt/jwt-examination.js';
export { DEFAULT_TOKEN_CACHE_BYTES, type TokenCacheStatistics } from './jwt/verified-tokens.js';
export { MAX_KEYS, mayVerify } from './keys/key-set.js';
export { algorithmsOf } from './keys/signature-algorithms.js';
export { isLightweight, isWithoutOwner } from './lightweight-token.js';
export { andThen, isThenable, type MaybePromise, orElse } from './maybe-promise.js';
export {
  type AuthorizationServerMetadata,
  endpointOf,
  fetchMetadata,
  type MetadataSource,
  metadataAddresses,
} from './metadata.js';
export { fixForNetwork, networkFailure } from './network-failure.js';
export type { ClientCertificateOptions } from './proofs/client-certificate.js';
export type { DPoPOptions } from './proofs/dpop.options.js';
export type { Presentation } from './proofs/possession.js';
export { checkPossession, type PossessionOptions, type PossessionSettings } from './proofs/possession.options.js';
export type { ReplayCache } from './proofs/replay-cache.js';
export { type Environment, proxyOf } from './proxy.js';
export { ResolvedServers } from './resolved-servers.js';
export { checkStillValid } from './validity.js';
export type { VerifiedAccessToken } from './verified-access-token.js';
export { TimedOut } from './with-timeout.js';
export { withoutStackTrace } from './without-stack-trace.js';
