import passport from 'passport';
import { StepUpConfigurationError } from '../core/index.js';
import { AccessTokenStrategy } from './access-token.strategy.js';

// Passport has no public way to look up a strategy. Its own middleware uses this method.
const registry = passport as unknown as { _strategy(name: string): unknown };

/** Returns whether Passport has a strategy of this name. */
export function isRegistered(name: string): boolean {
  return registry._strategy(name) !== undefined;
}

/**
 * Returns the token that a strategy of passport-jwt extracts from a request. `undefined` for a strategy of another
 * kind, and without a token.
 */
export function tokenOfStrategy(name: string, request: object): string | undefined {
  const { _jwtFromRequest: extract } = (registry._strategy(name) ?? {}) as { _jwtFromRequest?: unknown };
  if (typeof extract !== 'function') return undefined;
  try {
    const token: unknown = extract(request);
    return typeof token === 'string' ? token : undefined;
  } catch {
    // The extractor may need members that this request does not have.
    return undefined;
  }
}

/**
 * Registers a strategy with Passport, which has one registry for the whole process. Replaces a strategy of ours under
 * the same name, from another application.
 *
 * @throws StepUpConfigurationError if a strategy that is not ours has the name, or one of ours at the same HTTP
 * instance: plain guards of one application would accept the tokens of the other
 */
export function register(strategy: AccessTokenStrategy): void {
  const { name } = strategy;
  const { application } = strategy.owner;
  const present = registry._strategy(name);
  if (present !== undefined && !(present instanceof AccessTokenStrategy)) {
    throw new StepUpConfigurationError(
      `The Passport strategy "${name}" is registered already and is not ours; remove it, ` +
        'set "strategyName" to another name, or set "passport" to \'existing\' to use it',
    );
  }
  if (application !== undefined && AccessTokenStrategy.of(application, name)) {
    throw new StepUpConfigurationError(
      `Another application on the same HTTP instance has the Passport strategy "${name}"; ` +
        'set "strategyName" of one of them to another name',
    );
  }
  strategy.attach();
  passport.use(name, strategy);
}

/** Removes a strategy from Passport, unless another one has replaced it. */
export function unregister(strategy: AccessTokenStrategy): void {
  strategy.detach();
  if (registry._strategy(strategy.name) === strategy) passport.unuse(strategy.name);
}
