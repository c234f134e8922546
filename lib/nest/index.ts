export type { Advice, AdviceCode } from './advice/advice.js';
export {
  type AdmittedDecision,
  type ChallengedDecision,
  DECISION_CHANNEL,
  type Decision,
  type DecisionFacts,
  type DecisionListenerOptions,
  type RefusedCode,
  type RefusedDecision,
  type StepUpImpossibleCode,
  type UnavailableDecision,
} from './advice/decisions.js';
export type { Verification } from './advice/verifications.js';
export type { Authenticated } from './authentication/authenticator.js';
export { Public } from './decorators/public.decorator.js';
export { RequireAcr, SkipStepUp } from './decorators/require-acr.decorator.js';
export { StepUpContext } from './decorators/step-up-context.decorator.js';
export { AccessTokenGuard } from './guards/access-token.guard.js';
export { AcrGuard } from './guards/acr.guard.js';
export { Admission } from './guards/admission.js';
export { Identification } from './guards/identification.js';
export { Judgement, type Waived } from './guards/judgement.js';
export {
  type AccessTokenBody,
  AccessTokenException,
  type AccessTokenExceptionCode,
  type AccessTokenRule,
} from './refusal/access-token.exception.js';
export type { ClaimsChallengeBody, StepUpBody } from './refusal/challenge.js';
export type { ChallengeReport } from './refusal/challenger.js';
export { InsufficientUserAuthenticationException } from './refusal/insufficient-user-authentication.exception.js';
export { StepUpExceptionFilter } from './refusal/step-up.filter.js';
export type { DecidedAt } from './refusal/tell-refusal.js';
export type { RequireAcrArguments } from './requirements/require-acr-arguments.js';
export type { RouteDescription } from './requirements/route-description.js';
export {
  type ApplicationWords,
  PREPARE,
  type RequirementsFunction,
  type StepUpRequirements,
} from './requirements/step-up-requirements.js';
export type { TranslatedRequirements } from './requirements/translated-requirements.js';
export { StepUpModule } from './step-up.module.js';
export type {
  AccessTokenClaims,
  AuthorizationServerOptions,
  StepUpExistingOptions,
  StepUpModuleOptions,
  StepUpRegisterOptions,
} from './step-up.options.js';
export { StepUpService } from './step-up.service.js';
export { isHttpRequest } from './transports/http-request.js';
export type { Invocation } from './transports/invocation.js';
export type { Request } from './transports/request.js';
