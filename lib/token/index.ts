export { authenticationEvent, checkLifetime } from './access-token.js';
export { type IncomingRequest, type PresentedToken, presentedToken } from './bearer-token.js';
export { AccessTokenRefused, AuthorizationServerUnavailable } from './errors.js';
export { readJwt } from './jwt.js';
export { type MaybePromise, whenReady } from './maybe-promise.js';
export type { VerifiedAccessToken } from './verified-tokens.js';
export { AccessTokenVerifier } from './verifier.js';
export { withoutStack } from './without-stack.js';
