export {
  type Assessment,
  type AssessOptions,
  type AuthenticationEvent,
  acrReason,
  ageReason,
  assess,
  DEFAULT_CLOCK_TOLERANCE,
  MILLISECONDS_FROM,
  REASON_DIMENSIONS,
  SIGN_IN_HELPS,
  type UnmetReason,
} from './assessment.js';
export { type BearerChallengeParameters, bearerChallenge, INSUFFICIENT_USER_AUTHENTICATION } from './challenge.js';
export type { Claims } from './claims.js';
export { closestMatch, editDistance } from './closest-match.js';
export { StepUpConfigurationError } from './configuration-error.js';
export type { Diagnostic, DiagnosticSeverity } from './diagnostic.js';
export { isLoopback } from './loopback.js';
export { checkMembers } from './members.js';
export { type AuthenticationRequirements, checkRequirements, isAcrValue, mergeRequirements } from './requirements.js';
export { checkSeconds } from './seconds.js';
export { show } from './show.js';
export {
  type Challenge,
  type ChallengeDeviation,
  type ChallengeDeviationCode,
  formatChallenges,
  type ParseChallengesOptions,
  parseChallenges,
} from './www-authenticate.js';
