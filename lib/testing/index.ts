/**
 * For tests: an authorization server, a guard that is met, and an assertion of challenges.
 *
 * @module
 */
export { type AuthorizationBehavior, authorizationBehaviors } from './behavior.js';
export type { IntrospectionCredentials, TestClient } from './clients.js';
export {
  type ChallengedError,
  type ChallengedResponse,
  type ExpectedStepUpChallenge,
  expectStepUpChallenge,
} from './expect-step-up-challenge.js';
export { type OverridableModule, overrideStepUp, type StepUpOverride } from './override-step-up.js';
export type { SigningAlgorithm } from './signing-key.js';
export {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
  type TestAuthorizationServerOptions,
  type TestUserAccount,
} from './test-authorization-server.js';
