export type { Advice } from './advice.js';
export type { RequireAcrArguments } from './require-acr-arguments.js';
export type { RouteRequirement } from './route-requirement.js';
export type { Authenticated } from './step-up.authenticator.js';
export type { ChallengedEvent } from './step-up.challenges.js';
export { Public, RequireAcr, SkipStepUp, StepUpContext } from './step-up.decorator.js';
export {
  AccessTokenException,
  type ClaimsChallengeBody,
  InsufficientUserAuthenticationException,
  type StepUpBody,
} from './step-up.exception.js';
export type { Exchange } from './step-up.exchange.js';
export { StepUpExceptionFilter } from './step-up.filter.js';
export { AccessTokenGuard, AcrGuard } from './step-up.guard.js';
export { StepUpModule } from './step-up.module.js';
export type { RequirementsFunction, StepUpModuleOptions } from './step-up.options.js';
export type { RouteDescription } from './step-up.route.js';
export { StepUpService } from './step-up.service.js';
