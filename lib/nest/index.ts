export type { TokenCacheStatistics } from '../token/index.js';
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
export type { Authenticated, AuthenticatedUser } from './authentication/authenticator.js';
export type { StoredEvent, StoredEventAt } from './authentication/stored-event.js';
export type { AuthorizationServerOptions, ResolveAuthorizationServer } from './authorization-server-options.js';
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
export {
  type ClaimsChallengeBody,
  type RenderedChallenge,
  renderChallenge,
  renderChallenges,
  type StepUpBody,
} from './refusal/challenge.js';
export type { ChallengeReport } from './refusal/challenger.js';
export { entraClaimsChallenge } from './refusal/entra-claims-challenge.js';
export { InsufficientUserAuthenticationException } from './refusal/insufficient-user-authentication.exception.js';
export { StepUpExceptionFilter } from './refusal/step-up.filter.js';
export type { DecidedAt } from './refusal/tell-refusal.js';
export type { RequireAcrArguments } from './requirements/require-acr-arguments.js';
export type { Route } from './requirements/route.js';
export type { RouteDescription } from './requirements/route-description.js';
export {
  type ApplicationWords,
  PREPARE,
  type RequirementsFunction,
  type StepUpRequirements,
} from './requirements/step-up-requirements.js';
export type { TranslatedRequirements } from './requirements/translated-requirements.js';
export type { Vocabularies } from './requirements/vocabularies.js';
export { StepUpModule } from './step-up.module.js';
export type {
  AccessTokenClaims,
  StepUpExistingOptions,
  StepUpModuleOptions,
  StepUpRegisterOptions,
  StepUpResolvingOptions,
} from './step-up.options.js';
export { StepUpService } from './step-up.service.js';
export { STEP_UP_SETTINGS, type StepUpSettings } from './step-up-settings.js';
export { isHttpRequest } from './transports/http-request.js';
export type { Invocation } from './transports/invocation.js';
export type { Request } from './transports/request.js';
export type { HandshakeCallback } from './transports/socket.js';
export type { TokenLocations } from './transports/token-locations.js';
