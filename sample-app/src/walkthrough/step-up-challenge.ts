import { authorizationParameters, parseStepUpChallenge } from 'nestjs-step-up/client';
import { BANK_SCOPE } from '../shared/registration.js';
import type { RequestedAuthentication } from './client.js';

/**
 * Reads from a response what the next authorization request has to carry.
 *
 * @returns `undefined` if the response is not a step-up challenge
 * @see [RFC 9470 §4](https://www.rfc-editor.org/rfc/rfc9470.html#section-4)
 */
export function readStepUpChallenge(response: Response): RequestedAuthentication | undefined {
  const challenge = parseStepUpChallenge(response);
  return challenge && authorizationParameters(challenge, { scope: `openid ${BANK_SCOPE}` });
}
