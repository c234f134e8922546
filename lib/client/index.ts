/**
 * For whoever calls the API: reads challenges, has the user sign in again, and repeats the request. Runs in browsers.
 *
 * @module
 */
export type { Diagnostic, DiagnosticSeverity } from '../core/index.js';
export { type AuthorizationResponse, authorizationError } from './authorization-error.js';
export {
  type AuthorizationParameters,
  type AuthorizationParametersOptions,
  authorizationParameters,
} from './authorization-parameters.js';
export {
  type ParseStepUpChallengeOptions,
  parseStepUpChallenge,
  type StepUpChallenge,
  type StepUpChallengeSource,
} from './challenge.js';
export { readStepUpChallenge } from './challenge-body.js';
export type { DeviationListener, StepUpDeviation, StepUpDeviationCode } from './deviation.js';
export {
  type AnyStepUpError,
  AuthorizationFailed,
  type AuthorizationFailureCode,
  ChallengeRefusedByPolicy,
  isStepUpError,
  RedirectRefused,
  RequestNotReplayable,
  StateUnknown,
  StepUpAbandoned,
  StepUpError,
  type StepUpErrorCode,
  StepUpFailed,
  StepUpLoop,
  StepUpTimedOut,
} from './errors.js';
export type { Outcome } from './find-refusal.js';
export { findStepUpChallenge } from './find-step-up-challenge.js';
export {
  type PendingStepUp,
  type PendingStepUpInput,
  PendingStepUps,
  type PendingStepUpsOptions,
  type StepUpStore,
} from './pending-step-ups.js';
export type { PromptPolicyOptions } from './prompt-policy.js';
export { sessionStorageStore, type WebStorage } from './session-storage-store.js';
export { stepUpFetch } from './step-up-fetch.js';
export type { DPoPProofRequest, StepUpFetchOptions } from './step-up-fetch.options.js';
export { type AnswerOptions, type ExchangeOptions, type StepUpAttempt, type StepUps, stepUps } from './step-ups.js';
export type { StepUpFetchEvent, StepUpRequest, StepUpsOptions, StepUpTarget } from './step-ups.options.js';
export { type IdTokenClaims, type StepUpExpectation, type StepUpOutcome, verifyStepUp } from './verify-step-up.js';
