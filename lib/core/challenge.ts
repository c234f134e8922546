import { type AuthenticationRequirements, isAcrValue, SCOPE } from './requirements.js';
import type { Challenge } from './www-authenticate.js';

/** The error code of a step-up challenge. */
export const INSUFFICIENT_USER_AUTHENTICATION = 'insufficient_user_authentication';

export interface BearerChallengeParameters {
  realm?: string | undefined;
  error?: string | undefined;
  errorDescription?: string | undefined;
  /** Allowed only with the error `insufficient_user_authentication`. */
  requirements?: Pick<AuthenticationRequirements, 'acrValues' | 'maxAge'> | undefined;
  /** Required scopes, separated by spaces. */
  scope?: string | undefined;
  /** URL of the metadata of the protected resource: RFC 9728 §5.1. */
  resourceMetadata?: string | undefined;
}

// RFC 6750 §3 allows neither quote nor backslash, not even escaped.
const DESCRIPTION = /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/;
const REALM = /^[\x20-\x7E]+$/;
const URI_CHARACTERS = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/**
 * Builds a Bearer challenge. With the error `insufficient_user_authentication` it is the authentication requirements
 * challenge of RFC 9470: `acr_values` in order of preference, `max_age` in seconds. Does not check `maxAge` beyond its
 * digits.
 *
 * ```http
 * WWW-Authenticate: Bearer realm="api", error="insufficient_user_authentication", acr_values="phr mfa", max_age="300"
 * ```
 *
 * @throws TypeError for a value that RFC 6750 §3 forbids, for requirements with another error, and without any
 * parameter: RFC 6750 §3 requires at least one
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export function bearerChallenge({
  realm,
  error,
  errorDescription,
  requirements,
  scope,
  resourceMetadata,
}: BearerChallengeParameters): Challenge {
  if (requirements !== undefined && error !== INSUFFICIENT_USER_AUTHENTICATION) {
    throw new TypeError(`"requirements" need the error "${INSUFFICIENT_USER_AUTHENTICATION}"`);
  }
  if (requirements === null) throw new TypeError('"requirements" must be an object or undefined');
  const { acrValues, maxAge } = requirements ?? {};
  if (acrValues !== undefined && !Array.isArray(acrValues))
    throw new TypeError('"acrValues" must be a list of strings');
  // A value with a space would become two members of the list.
  if (acrValues?.every(isAcrValue) === false) {
    throw new TypeError('"acrValues" has an empty value or a character that a scope token does not allow');
  }
  const parameters: Record<string, string> = {};
  const add = (name: string, value: string | undefined, allowed: RegExp) => {
    if (value === undefined) return;
    if (typeof value !== 'string' || !allowed.test(value)) {
      throw new TypeError(`"${name}" is empty or has a character that RFC 6750 does not allow`);
    }
    parameters[name] = value;
  };
  add('realm', realm, REALM);
  add('error', error, DESCRIPTION);
  add('error_description', errorDescription, DESCRIPTION);
  add('acr_values', acrValues?.join(' '), SCOPE);
  add('max_age', maxAge === undefined ? undefined : String(maxAge), /^\d+$/);
  add('scope', scope, SCOPE);
  add('resource_metadata', resourceMetadata, URI_CHARACTERS);
  if (Object.keys(parameters).length === 0) throw new TypeError('A Bearer challenge needs at least one parameter');
  return { scheme: 'Bearer', parameters };
}
