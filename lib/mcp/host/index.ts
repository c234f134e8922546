export {
  type FetchLike,
  type OAuthProvider,
  type OAuthTokens,
  type StepUpHost,
  type WithStepUpOptions,
  withStepUp,
} from './with-step-up.js';
