import { StepUpConfigurationError } from './configuration-error.js';
import { show } from './show.js';

/**
 * What a protected resource requires of the authentication behind an access token. All of it has to hold.
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export interface AuthenticationRequirements {
  /**
   * Authentication context class references in order of preference. Any one of them satisfies. Default is no
   * requirement.
   */
  acrValues?: readonly string[] | undefined;
  /** Greatest age of the authentication, in seconds. `0` asks the user to authenticate now. Default is no limit. */
  maxAge?: number | undefined;
  /** Scopes that the token must have too, separated by spaces. Every one is required. Default is none. */
  scope?: string | undefined;
}

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;
/** Matches scope tokens separated by single spaces: RFC 6750 §3. */
export const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;
const REQUIREMENT_NAMES = new Set(['acrValues', 'maxAge', 'scope']);

/**
 * Checks requirements that an application has written, and returns a frozen copy without members that are `undefined`.
 * Does not check whether an authorization server knows the `acrValues`.
 *
 * @param where the place that errors name, such as `@RequireAcr on TransferController.create`
 * @throws StepUpConfigurationError that names the member: an unknown one, an empty or ill-formed `acrValues`, a
 * `maxAge` that is not a non-negative integer, an ill-formed `scope`, or no requirement at all
 */
export function checkRequirements(requirements: unknown, where: string): AuthenticationRequirements {
  const fail = (what: string): never => {
    throw new StepUpConfigurationError(`${where}: ${what}`);
  };
  if (typeof requirements !== 'object' || requirements === null || Array.isArray(requirements)) {
    return fail('requirements must be an object with "acrValues", "maxAge" or "scope"');
  }
  for (const name of Object.keys(requirements)) {
    if (!REQUIREMENT_NAMES.has(name)) fail(`unknown requirement "${name}"; known are "acrValues", "maxAge", "scope"`);
  }
  const { acrValues, maxAge, scope } = requirements as Record<string, unknown>;
  const checked: { acrValues?: readonly string[]; maxAge?: number; scope?: string } = {};

  if (acrValues !== undefined) {
    if (!Array.isArray(acrValues) || acrValues.length === 0) fail('"acrValues" must be a list of at least one string');
    // A copy, so that a list with getters cannot return other values after the check.
    const values = [...(acrValues as unknown[])];
    for (const value of values) {
      if (!isAcrValue(value)) {
        fail(`"acrValues" has a value ${show(value)}: printable ASCII without space, quote and backslash is needed`);
      }
    }
    if (new Set(values).size !== values.length) fail('"acrValues" repeats a value');
    checked.acrValues = Object.freeze(values as string[]);
  }
  if (maxAge !== undefined) {
    if (typeof maxAge !== 'number' || !Number.isSafeInteger(maxAge) || maxAge < 0) {
      fail(`"maxAge" must be a non-negative integer number of seconds, not ${show(maxAge)}`);
    }
    checked.maxAge = maxAge as number;
  }
  if (scope !== undefined) {
    if (typeof scope !== 'string' || !SCOPE.test(scope)) {
      fail(`"scope" must be scope tokens separated by single spaces, not ${show(scope)}`);
    }
    checked.scope = scope as string;
  }
  if (Object.keys(checked).length === 0) fail('nothing is required; give "acrValues", "maxAge" or "scope"');
  return Object.freeze(checked);
}

/**
 * Returns whether a value can be a member of `acr_values`. RFC 9470 leaves the characters open. We allow those of a
 * scope token, since they need no escape in a space-separated list inside a quoted-string.
 */
export function isAcrValue(value: unknown): value is string {
  return typeof value === 'string' && SCOPE_TOKEN.test(value);
}

/**
 * Merges the requirements of two levels, such as class and handler. `acrValues` and `maxAge` of the inner level win if
 * they are defined. `scope` is the union.
 */
export function mergeRequirements(
  outer: AuthenticationRequirements,
  inner: AuthenticationRequirements,
): AuthenticationRequirements {
  const acrValues = inner.acrValues ?? outer.acrValues;
  const maxAge = inner.maxAge ?? outer.maxAge;
  const scopes = new Set([outer.scope, inner.scope].flatMap((scope) => scope?.split(' ') ?? []));
  return Object.freeze({
    ...(acrValues !== undefined && { acrValues }),
    ...(maxAge !== undefined && { maxAge }),
    ...(scopes.size > 0 && { scope: [...scopes].join(' ') }),
  });
}
