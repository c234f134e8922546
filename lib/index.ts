export {
  type Assessment,
  type AssessOptions,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  type Challenge,
  formatChallenges,
  parseChallenges,
  type UnmetReason,
} from './core/index.js';
