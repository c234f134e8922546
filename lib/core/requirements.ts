import { StepUpConfigurationError } from './configuration-error.js';

/**
 * What a protected resource requires of the authentication behind an access token.
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export interface AuthenticationRequirements {
  /** Authentication context class references in order of preference; any one of them is enough. Default is any. */
  acrValues?: readonly string[] | undefined;
  /** Greatest age of the sign-in, in seconds. `0` asks the user to authenticate now. Default is no limit. */
  maxAge?: number | undefined;
  /** Scope that the token must hold as well, space-separated; all of it is needed. Default is none. */
  scope?: string | undefined;
}

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;
/** Scope tokens separated by single spaces: RFC 6750 §3. */
export const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;
const REQUIREMENT_NAMES = new Set(['acrValues', 'maxAge', 'scope']);

/**
 * Checks requirements that were written by hand and returns a frozen copy without what is `undefined`.
 *
 * @param where named in errors, such as `@RequireAcr on TransferController.create`
 * @throws TypeError naming the faulty member: an unknown one, an empty or ill-formed `acrValues`, a `maxAge` that is no
 * non-negative integer, an ill-formed `scope`, or nothing required at all.
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
    // a copy: what is checked is what is used, whatever the list gives next time
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
 * Returns whether a value can stand in `acr_values`. RFC 9470 leaves the characters open; we hold them to those of a scope
 * token, which is what survives a space-separated list inside a quoted-string.
 */
export function isAcrValue(value: unknown): value is string {
  return typeof value === 'string' && SCOPE_TOKEN.test(value);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  // neither has a text that helps, and some objects have none at all
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return `of type ${typeof value}`;
  return String(value);
}

/**
 * Joins the requirements of two levels. For `acrValues` and `maxAge` the inner level wins if it says something;
 * `scope` is the union.
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
