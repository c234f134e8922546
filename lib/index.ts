export type {
  AuthorizationServerOptions,
  AuthorizationServerProfile,
  ClaimPath,
} from './authorization-servers/index.js';
export {
  type Assessment,
  type AssessOptions,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  type Challenge,
  type ChallengeDeviation,
  formatChallenges,
  type ParseChallengesOptions,
  parseChallenges,
  type UnmetReason,
} from './core/index.js';
export {
  AccessTokenException,
  AccessTokenGuard,
  AcrGuard,
  type Authenticated,
  type ChallengedEvent,
  InsufficientUserAuthenticationException,
  Public,
  RequireAcr,
  type RequireAcrArguments,
  type RequirementsFunction,
  type RouteDescription,
  SkipStepUp,
  type StepUpBody,
  StepUpContext,
  StepUpExceptionFilter,
  StepUpModule,
  type StepUpModuleOptions,
  StepUpService,
} from './nest/index.js';
// `export *`, as only that lets an application augment StepUpWords through the package's name
export type * from './nest/step-up.words.js';
