import { readBoundedText } from './bounded-body.js';
import {
  challengeInBody,
  challengeInField,
  type ParseStepUpChallengeOptions,
  parseStepUpChallenge,
  type StepUpChallenge,
} from './challenge.js';
import { linesOf } from './field-lines.js';

const MAX_BODY_BYTES = 16_384;
const JSON_TYPE = /^application\/([\w.-]+\+)?json *(;|$)/i;

/**
 * Reads the step-up challenge of a response as `parseStepUpChallenge` does, and where a 401 shows no challenge for an
 * access token at all, from its JSON body: browsers hide the header from other origins unless the API exposes it.
 * The header wins wherever it can be seen. The response can still be read afterwards; a body above 16 KiB is not looked
 * at. Never throws.
 *
 * @example
 * ```ts
 * const challenge = await readStepUpChallenge(response);
 * if (challenge) signIn(authorizationParameters(challenge));
 * ```
 */
export async function readStepUpChallenge(
  response: Response,
  options: ParseStepUpChallengeOptions = {},
): Promise<StepUpChallenge | undefined> {
  const challenge = parseStepUpChallenge(response, options);
  if (challenge || response.status !== 401) return challenge;
  const { headers } = response;
  if (challengeInField(linesOf(headers), {}).isForToken) return undefined;
  if (!JSON_TYPE.test(headers.get('content-type') as string)) return undefined;
  try {
    return challengeInBody(JSON.parse((await readBoundedText(response.clone(), MAX_BODY_BYTES)) ?? ''), options);
  } catch {
    // Read before, cut off, or not JSON: the caller learns more from the response itself.
    return undefined;
  }
}
