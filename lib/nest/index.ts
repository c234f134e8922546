export type { Advice } from './advice/advice.js';
export type { Authenticated } from './authentication/authenticator.js';
export { Public, RequireAcr, SkipStepUp, StepUpContext } from './decorators/require-acr.decorator.js';
export { AccessTokenGuard, AcrGuard } from './guards/acr.guard.js';
export type { ChallengedEvent } from './refusal/challenger.js';
export {
  AccessTokenException,
  type ClaimsChallengeBody,
  InsufficientUserAuthenticationException,
  type StepUpBody,
} from './refusal/insufficient-user-authentication.exception.js';
export { StepUpExceptionFilter } from './refusal/step-up.filter.js';
export type { RequireAcrArguments } from './requirements/require-acr-arguments.js';
export type { RouteDescription } from './requirements/route.js';
export type { RouteRequirement } from './requirements/translated-requirements.js';
export { StepUpModule } from './step-up.module.js';
export type { RequirementsFunction, StepUpModuleOptions } from './step-up.options.js';
export { StepUpService } from './step-up.service.js';
export type { Exchange } from './transports/invocation.js';
