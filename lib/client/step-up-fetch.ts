import { apiOrigins, readAddress, toUrl } from './api-origins.js';
import type { StepUpChallenge } from './challenge.js';
import { readStepUpChallenge } from './challenge-body.js';
import { discard, type Fetch, headersOf, replayableRequest, requestOf } from './replayable-request.js';
import { checkFetchOptions, type StepUpFetchOptions } from './step-up-fetch.options.js';
import { type StepUpAttempt, stepUpCore } from './step-ups.js';

/**
 * Returns a `fetch` that answers step-up challenges. It sends the access token to the given origins. If one of them
 * refuses it with a step-up challenge, it has the application step its user up and sends the same request again with
 * the new token. However many requests are refused with the same token, one prompt is open at a time, and requests that
 * ask no more share it; for one request, the user is asked twice at most.
 *
 * Everything else is left alone: requests to other origins, requests with an `Authorization` of their own, navigations,
 * refusals for other reasons, such as an expired token. Never refreshes a token. Does not store the new one: `stepUp`
 * does, where `accessToken` finds it. A `signal` with a time limit runs on while the user authenticates.
 *
 * @example
 * ```ts
 * const api = stepUpFetch({
 *   origins: ['https://api.example.com'],
 *   accessToken: () => session.accessToken,
 *   stepUp: async (challenge, { challengedAt }) => {
 *     const tokens = await signInAgain(authorizationParameters(challenge, { scope: session.scope }));
 *     const { outcome } = verifyStepUp(tokens.claims, { ...challenge, challengedAt, subject: session.subject });
 *     if (outcome !== 'satisfied') return undefined;
 *     session.accessToken = tokens.accessToken;
 *     return tokens.accessToken;
 *   },
 * });
 * await api('https://api.example.com/transfers', { method: 'POST', body });
 * ```
 * @returns a `fetch` that also rejects with StepUpFailed, or with the error of this library that `stepUp` rejects with,
 * and with StepUpLoop, RequestNotReplayable, ChallengeRefusedByPolicy, RedirectRefused, StepUpTimedOut or StepUpAbandoned
 * @throws TypeError for options that are missing or unsafe
 * @see [RFC 9470 §2](https://www.rfc-editor.org/rfc/rfc9470.html#section-2) steps 2 to 6
 */
export function stepUpFetch(options: StepUpFetchOptions): Fetch {
  checkFetchOptions(options);
  const { exchange } = stepUpCore(options);
  const origins = apiOrigins(options);
  const fetch: Fetch = options.fetch ?? ((...given) => globalThis.fetch(...given));
  const { dpopProof, maxBodySize = 1_048_576 } = options;
  const scheme = dpopProof ? 'DPoP' : 'Bearer';
  const follows = options.redirect === 'follow';
  /** The latest `DPoP-Nonce` of each origin. */
  const nonces = new Map<string, string>();

  /** A redirect that was followed may have ended elsewhere, and not every response says where. */
  const isFromApi = (response: Response) => {
    const origin = toUrl(response.url)?.origin;
    return origin ? origins.has(origin) : !follows;
  };

  return async (input, init) => {
    const given = requestOf(input);
    const { origin, url, href } = readAddress(given?.url ?? String(input));
    const passes = !origins.has(origin) || headersOf(input, init).has('authorization');
    // a page that loads cannot be given a token
    if (passes || given?.mode === 'navigate') return fetch(input, init);
    const request = await replayableRequest(input, init, href, maxBodySize);
    const target = { method: request.method, url };
    let last: Response | undefined;
    let challenge: StepUpChallenge | undefined;

    const send = async ({ token }: StepUpAttempt) => {
      discard(last);
      challenge = undefined;
      const headers: Record<string, string> = {};
      if (token) headers['authorization'] = `${scheme} ${token}`;
      if (token && dpopProof) {
        headers['dpop'] = await dpopProof({ ...target, accessToken: token, nonce: nonces.get(origin) });
      }
      const response = await request.send(fetch, headers, follows || !token);
      last = response;
      if (token && isFromApi(response)) {
        const nonce = response.headers.get('dpop-nonce');
        if (nonce) nonces.set(origin, nonce);
        challenge = await readStepUpChallenge(response, { ...options, scheme });
      }
      return response;
    };

    try {
      return await exchange(send, { ...request, target, challengeOf: () => challenge });
    } catch (error) {
      discard(last);
      throw error;
    }
  };
}
