export { AccessTokenStrategy, type AuthenticateRequest } from './access-token.strategy.js';
export { isRegistered, register, unregister } from './registration.js';
