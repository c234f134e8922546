import { authorizationParameters } from '../client/index.js';
import type { AuthenticationRequirements } from '../core/index.js';
import type { AuthorizationServerMetadata } from '../token/index.js';
import type { Examination } from './examination.js';
import type { LoginOptions } from './login-options.js';

/** Returns the acr values that a client of this profile sends. */
export function requestedOf(acrValues: readonly string[], { profile }: Examination): readonly string[] {
  const { challenge, request } = profile;
  return challenge === 'entra' || request?.acrValues === 'first' ? acrValues.slice(0, 1) : acrValues;
}

/** Returns the request parameters for a maximum age, as text. */
export function requestedAge(maxAge: number, { profile }: Examination): string {
  const { zeroMaxAge } = profile.request ?? {};
  const parameters = maxAge === 0 && zeroMaxAge !== undefined ? zeroMaxAge : { max_age: maxAge };
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** Returns the parameters by which a client of this profile responds to a challenge. */
export function requestParameters(
  { acrValues, maxAge }: AuthenticationRequirements,
  { examination, metadata }: { readonly examination: Examination; readonly metadata: AuthorizationServerMetadata },
  { scope, resource }: LoginOptions,
): Record<string, string> {
  const { challenge, request = {} } = examination.profile;
  const common = { ...request, scope, ...(resource !== undefined && { resource }) };
  const aged = { scheme: 'Bearer', ...(maxAge !== undefined && { maxAge }) };
  if (acrValues === undefined) return authorizationParameters(aged, common);
  if (challenge === 'entra') {
    const claims = { access_token: { acrs: { essential: true, value: acrValues[0] } } };
    return authorizationParameters(aged, { ...common, claims });
  }
  const supported = metadata['claims_parameter_supported'] === true;
  return authorizationParameters(
    { ...aged, acrValues: [...acrValues] },
    { ...common, ...(request.mode === 'auto' && { metadata: { claims_parameter_supported: supported } }) },
  );
}
