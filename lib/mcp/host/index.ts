/**
 * For hosts of the Model Context Protocol: step-up over the OAuth provider of the official SDK.
 *
 * @module
 */
export {
  type FetchLike,
  type OAuthProvider,
  type OAuthTokens,
  type StepUpHost,
  type WithStepUpOptions,
  withStepUp,
} from './with-step-up.js';
