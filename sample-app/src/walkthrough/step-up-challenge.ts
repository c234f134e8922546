import { parseChallenges } from 'nestjs-step-up';
import type { RequestedAuthentication } from './client.js';

/**
 * Reads from a response what the next authorization request has to carry.
 *
 * @returns `acr_values` and `max_age` as they are sent, or `undefined` where the response is no step-up challenge
 * @see [RFC 9470 §4](https://www.rfc-editor.org/rfc/rfc9470.html#section-4)
 */
export function readStepUpChallenge(response: Response): RequestedAuthentication | undefined {
  const challenge = parseChallenges(response.headers.get('www-authenticate') ?? '').find(
    ({ scheme, parameters }) =>
      scheme.toLowerCase() === 'bearer' && parameters['error'] === 'insufficient_user_authentication',
  );
  if (challenge === undefined) return undefined;
  const { acr_values, max_age } = challenge.parameters;
  return { ...(acr_values !== undefined && { acr_values }), ...(max_age !== undefined && { max_age }) };
}
