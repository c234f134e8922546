export { AccessTokenStrategy } from './access-token.strategy.js';
export { isRegistered, register, tokenOfStrategy, unregister } from './registration.js';
