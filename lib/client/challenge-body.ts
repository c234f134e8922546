import { INSUFFICIENT_USER_AUTHENTICATION, parseChallenges } from '../core/index.js';
import { readBoundedBody } from './bounded-body.js';
import {
  isOAuth,
  type ParseStepUpChallengeOptions,
  parseStepUpChallenge,
  type StepUpChallenge,
  toStepUpChallenge,
} from './challenge.js';
import { report } from './deviation.js';

const MAX_BODY_BYTES = 16_384;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i;
const PARAMETERS = ['acr_values', 'max_age', 'scope', 'error_description'];

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
  if (parseChallenges(response.headers.get('www-authenticate') ?? '').some(isOAuth)) return undefined;

  const body = await readJson(response);
  if (body?.['error'] !== INSUFFICIENT_USER_AUTHENTICATION) return undefined;
  report(options.onDeviation, 'challenge_in_body');
  const parameters: Record<string, string> = {};
  for (const name of PARAMETERS) {
    const value = body[name];
    if (typeof value === 'string' || typeof value === 'number') parameters[name] = String(value);
  }
  return toStepUpChallenge({ scheme: options.scheme ?? 'Bearer', parameters }, options);
}

async function readJson(response: Response): Promise<Record<string, unknown> | undefined> {
  if (!JSON_TYPE.test(response.headers.get('content-type') ?? '')) return undefined;
  try {
    const bytes = await readBoundedBody(response.clone(), MAX_BODY_BYTES);
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Read before, cut off, or not JSON: the caller learns more from the response itself.
    return undefined;
  }
}
