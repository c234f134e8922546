import { isRegistered } from '../../passport/index.js';
import type { Advice } from '../advice/advice.js';
import { AcrGuard } from '../guards/acr.guard.js';
import type { Route } from '../requirements/route.js';
import type { StepUpSettings } from '../step-up-settings.js';
import type { ApplicationHandler } from './application-handlers.js';
import type { BoundGuards } from './bound-guards.js';

/** Seconds. Above this, a withdrawn key stays accepted for long. */
const LONG_REFRESH = 3600;

/** Returns advice on guards that enforce nothing, and on times that are probably milliseconds. */
export function adviceOnSetUp(
  handlers: ReadonlyMap<Route, ApplicationHandler>,
  guards: BoundGuards,
  { servers }: StepUpSettings,
): Advice[] {
  const advice = adviceOnIdleGuards(handlers, guards);
  for (const { issuer, keys } of servers) {
    if (keys.refreshAfter <= LONG_REFRESH) continue;
    const hours = (keys.refreshAfter / 3600).toFixed(1);
    advice.push({
      code: 'time_long',
      subject: issuer,
      message: `a withdrawn key is accepted for ${hours} hours; is "keys.refreshAfter" in milliseconds?`,
      fix: `it is in seconds, and an hour is ${LONG_REFRESH}`,
    });
  }
  return advice;
}

/**
 * Returns advice on a missing Passport strategy. It never stops the boot, because middleware can authenticate instead.
 */
export function adviceOnStrategy(
  handlers: ReadonlyMap<Route, ApplicationHandler>,
  guards: BoundGuards,
  { passport, authenticationEvent, strategyName }: StepUpSettings,
): Advice | undefined {
  if (passport !== 'existing' || authenticationEvent !== undefined || isRegistered(strategyName)) return undefined;
  const isLeftAlone = ([route, handler]: [Route, ApplicationHandler]) =>
    (route.access === 'required' || route.access === 'skipped') &&
    !guards.of(handler).haveOthersBeforeJudging(route.isProven);
  const found = [...handlers].find(isLeftAlone);
  if (found === undefined) return undefined;
  const [route, handler] = found;
  const isLate = guards.of(handler).haveOthers();
  return {
    code: 'strategy_missing',
    subject: route.name,
    message:
      `Passport has no strategy "${strategyName}", and ${isLate ? 'the guards that could authenticate run after AcrGuard' : 'no guard that could authenticate stands there'}: ` +
      'unless middleware puts a user on the request, the answer is 500',
    fix: isLate
      ? 'let the guard that authenticates run before AcrGuard: on the class, as a global guard, or below @RequireAcr on the handler'
      : 'register the strategy as a provider, name yours in "strategyName", or bind the guard that authenticates before AcrGuard',
  };
}

/**
 * Returns advice on an AcrGuard without a requirement: it admits every request. Leaves out classes in which another
 * handler declares something, because the guard can be meant for that one.
 */
function adviceOnIdleGuards(handlers: ReadonlyMap<Route, ApplicationHandler>, guards: BoundGuards): Advice[] {
  const routes = [...handlers];
  const guarding = new Set(routes.filter(([route]) => route.access !== 'open').map(([, { type }]) => type));
  const message = 'AcrGuard stands there, and nothing is required, so that it lets everybody through';
  const fix = 'say what is required by @RequireAcr, or bind AccessTokenGuard for a token alone';
  const code = 'guard_without_requirement';
  if (guards.isGlobal(AcrGuard) && routes.length > 0 && guarding.size === 0) {
    return [{ code, subject: 'APP_GUARD', message, fix }];
  }
  return routes.flatMap(([{ access, name }, handler]) => {
    const isIdle = access === 'open' && guards.of(handler).names(AcrGuard) && !guarding.has(handler.type);
    return isIdle ? [{ code, subject: name, message, fix }] : [];
  });
}
