export type {
  AuthenticationMethods,
  MethodAlternatives,
  MethodsForm,
  MethodsReader,
  ToldAcr,
} from './authentication-methods.js';
export {
  type AuthorizationServer,
  checkAuthorizationServers,
  type ServerOptions,
} from './authorization-server.js';
export type { AuthorizationServerProfile } from './authorization-server-profile.js';
export type { BindingMethod, BoundTokens, BoundTokensOption } from './bound-tokens.js';
export { audiencesOfScope, type ClaimPath, hasClaim, mediaType, readClaim } from './claim.js';
export { fittingProfile } from './fitting-profile.js';
export {
  type ClientAuthenticationMethod,
  INTROSPECTION_OCCASIONS,
  type Introspection,
  type IntrospectionCache,
  type IntrospectionOptions,
} from './introspection.js';
export {
  checkProfile,
  isClientCredentialsToken,
  isDatable,
  isTellable,
  PROFILE_MEMBERS,
} from './profile.js';
export { type ProfileName, profiles } from './profiles/index.js';
export { checkResolvedServer } from './resolved-server.js';
export { secondsOf, type TimeFormat } from './time-format.js';
export { Vocabulary, type VocabularyOptions } from './vocabulary.js';
