import { readBoundedText } from './bounded-body.js';
import {
  challengeInBody,
  challengeInField,
  FIELD,
  type ParseStepUpChallengeOptions,
  parseStepUpChallenge,
  type StepUpChallenge,
} from './challenge.js';

const MAX_BODY_BYTES = 16_384;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i;

/**
 * Reads the step-up challenge of a response as `parseStepUpChallenge` does, and where a 401 shows no challenge for an
 * access token at all, from its JSON body: browsers hide the header from other origins unless the API exposes it.
 * The header wins wherever it can be seen. The response can still be read afterwards; a body above 16 KiB is not looked
 * at. Never throws.
 */
export async function readStepUpChallenge(
  response: Response,
  options: ParseStepUpChallengeOptions = {},
): Promise<StepUpChallenge | undefined> {
  const challenge = parseStepUpChallenge(response, options);
  if (challenge !== undefined || response.status !== 401) return challenge;
  if (challengeInField(response.headers.get(FIELD) ?? '', {}).isForToken) return undefined;
  const body = await readJson(response);
  return body && challengeInBody((name) => body[name], options);
}

async function readJson(response: Response): Promise<Record<string, unknown> | undefined> {
  if (!JSON_TYPE.test(response.headers.get('content-type') ?? '')) return undefined;
  try {
    const value: unknown = JSON.parse((await readBoundedText(response.clone(), MAX_BODY_BYTES)) ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Read before, cut off, or not JSON: the caller learns more from the response itself.
    return undefined;
  }
}
