export {
  type Assessment,
  type AssessOptions,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  checkRequirements,
  DEFAULT_CLOCK_TOLERANCE,
  isAcrValue,
  MILLISECONDS_FROM,
  mergeRequirements,
  type UnmetReason,
} from './authentication.js';
export { type BearerChallengeParameters, bearerChallenge, INSUFFICIENT_USER_AUTHENTICATION } from './challenge.js';
export { isLoopback } from './loopback.js';
export { checkMembers } from './members.js';
export { nearest } from './nearest.js';
export {
  type Challenge,
  type ChallengeDeviation,
  formatChallenges,
  type ParseChallengesOptions,
  parseChallenges,
} from './www-authenticate.js';
