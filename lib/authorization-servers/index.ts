export {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  checkAuthorizationServers,
  isLoopback,
} from './authorization-server.js';
export {
  type AccessTokenProfile,
  type AuthorizationServerProfile,
  type ClaimPath,
  mediaType,
  readClaim,
} from './profile.js';
export { Vocabulary, type VocabularyOptions } from './vocabulary.js';
