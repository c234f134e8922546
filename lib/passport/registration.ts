import passport from 'passport';
import { StepUpConfigurationError } from '../core/index.js';
import { AccessTokenStrategy } from './access-token.strategy.js';

// Passport keeps its strategies to itself; its own middleware looks them up this way
const registry = passport as unknown as { _strategy(name: string): unknown };

/** Tells whether Passport knows a strategy of this name. */
export function isRegistered(name: string): boolean {
  return registry._strategy(name) !== undefined;
}

/**
 * The token that a strategy of passport-jwt would take from a request, by its own extractor. `undefined` for strategies of
 * another kind, and if there is none.
 */
export function tokenOfStrategy(name: string, request: object): string | undefined {
  const { _jwtFromRequest: extract } = (registry._strategy(name) ?? {}) as { _jwtFromRequest?: unknown };
  if (typeof extract !== 'function') return undefined;
  try {
    const token: unknown = extract(request);
    return typeof token === 'string' ? token : undefined;
  } catch {
    // it may expect more of a request than this one has
    return undefined;
  }
}

/**
 * Makes a strategy known to Passport, whose registry is one for the whole process. One of ours under the same name, from
 * another application, is replaced.
 *
 * @throws StepUpConfigurationError if a strategy that is not ours has the name, or one of ours at the same HTTP instance:
 *   plain guards of one application would accept the tokens of the other
 */
export function register(strategy: AccessTokenStrategy): void {
  const { name } = strategy;
  const { application } = strategy.owner;
  const present = registry._strategy(name);
  if (present !== undefined && !(present instanceof AccessTokenStrategy)) {
    throw new StepUpConfigurationError(
      `The Passport strategy "${name}" is registered by somebody else; remove it, ` +
        'give "strategyName" another name, or say "passport": \'existing\' to use it',
    );
  }
  if (application !== undefined && AccessTokenStrategy.of(application, name) !== undefined) {
    throw new StepUpConfigurationError(
      `Another application on the same HTTP instance has the Passport strategy "${name}"; give one of them another name ` +
        'in "strategyName"',
    );
  }
  strategy.attach();
  passport.use(name, strategy);
}

/** Takes a strategy out of Passport's registry, unless another one has taken its name since. */
export function unregister(strategy: AccessTokenStrategy): void {
  strategy.detach();
  if (registry._strategy(strategy.name) === strategy) passport.unuse(strategy.name);
}
