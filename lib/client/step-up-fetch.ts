import type { StepUpChallenge } from './challenge.js';
import { readStepUpChallenge } from './challenge-body.js';
import { RequestNotReplayable, type StepUpErrorCode, StepUpLoop } from './errors.js';
import { PromptPolicy } from './prompt-policy.js';
import { findRepeated } from './repeated-challenge.js';
import {
  addressOf,
  discard,
  type Fetch,
  headersOf,
  type ReplayableRequest,
  replayableRequest,
} from './replayable-request.js';
import { type Attempt, SingleFlight } from './single-flight.js';
import {
  apiOrigins,
  checkFetchOptions,
  type StepUpFetchEvent,
  type StepUpFetchOptions,
  type StepUpTarget,
} from './step-up-fetch.options.js';
import { untilAborted, withTimeout } from './wait.js';

/**
 * Returns a `fetch` that answers step-up challenges. It sends the access token to the given origins. If one of them
 * refuses it with a step-up challenge, it has the application step its user up and sends the same request again with
 * the new token. However many requests are refused with the same token and requirement, the user is asked once; for one
 * request, twice at most.
 *
 * Everything else is left alone: requests to other origins, requests with an `Authorization` of their own, refusals for
 * other reasons, such as an expired token. Never refreshes a token. Does not store the new one: `stepUp` does, where
 * `accessToken` finds it. A `signal` with a time limit runs on while the user authenticates.
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
 * @returns a `fetch` that also rejects with what `stepUp` rejects with, and with StepUpLoop, RequestNotReplayable,
 * ChallengeRefusedByPolicy, RedirectRefused or StepUpTimedOut
 * @throws TypeError for options that are missing or unsafe
 * @see [RFC 9470 §2](https://www.rfc-editor.org/rfc/rfc9470.html#section-2) steps 2 to 6
 */
export function stepUpFetch(options: StepUpFetchOptions): Fetch {
  checkFetchOptions(options);
  const origins = apiOrigins(options);
  const fetch: Fetch = options.fetch ?? ((...given) => globalThis.fetch(...given));
  const client = new StepUpClient(options, fetch, origins);

  return async (input, init) => {
    const address = addressOf(input);
    if (!origins.has(address.origin) || headersOf(input, init).has('authorization')) return fetch(input, init);
    const request = await replayableRequest(input, init, options.maxBodySize ?? 1_048_576);
    const token = toAccessToken(await options.accessToken(), 'accessToken');
    return token === undefined ? request.send(fetch, {}, true) : client.exchange(request, address, token);
  };
}

class StepUpClient {
  readonly #singleFlight = new SingleFlight();
  readonly #policy: PromptPolicy;
  /** The latest `DPoP-Nonce` of each origin. */
  readonly #nonces = new Map<string, string>();

  constructor(
    private readonly options: StepUpFetchOptions,
    private readonly fetch: Fetch,
    private readonly origins: ReadonlySet<string>,
  ) {
    this.#policy = new PromptPolicy(options);
  }

  async exchange(request: ReplayableRequest, address: URL, firstToken: string): Promise<Response> {
    const target = { method: request.method, url: address.origin + address.pathname };
    const answered: StepUpChallenge[] = [];
    let token = firstToken;
    for (;;) {
      const attempt = this.#singleFlight.attempt(token);
      try {
        const response = await this.#send(request, target, address.origin, token);
        const challenge = await this.#challengeOf(response);
        if (challenge === undefined) {
          if (answered.length > 0) this.#tell({ ...target, type: 'answered', status: response.status });
          return response;
        }
        this.#tell({ ...target, type: 'challenged', challenge, status: response.status });
        const next = await this.#stepUp(challenge, answered, { request, target, attempt, response });
        if (next === undefined) {
          this.#tell({ ...target, type: 'declined', challenge });
          return response;
        }
        discard(response);
        this.#tell({ ...target, type: 'retried', challenge });
        answered.push(challenge);
        token = next;
      } finally {
        attempt.end();
      }
    }
  }

  async #send(request: ReplayableRequest, target: StepUpTarget, origin: string, token: string): Promise<Response> {
    const { dpopProof, redirect } = this.options;
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (dpopProof !== undefined) {
      headers['authorization'] = `DPoP ${token}`;
      headers['dpop'] = await dpopProof({ ...target, accessToken: token, nonce: this.#nonces.get(origin) });
    }
    const response = await request.send(this.fetch, headers, redirect === 'follow');
    const nonce = response.headers.get('dpop-nonce');
    if (nonce !== null && this.#isFromApi(response)) this.#nonces.set(origin, nonce);
    return response;
  }

  async #challengeOf(response: Response): Promise<StepUpChallenge | undefined> {
    if (!this.#isFromApi(response)) return undefined;
    const { lenient, onDeviation, dpopProof } = this.options;
    const scheme = dpopProof === undefined ? 'Bearer' : 'DPoP';
    return readStepUpChallenge(response, { lenient, scheme, onDeviation });
  }

  /** A redirect that was followed may have ended elsewhere, and not every response says where. */
  #isFromApi({ url }: Response): boolean {
    return URL.canParse(url) ? this.origins.has(new URL(url).origin) : this.options.redirect !== 'follow';
  }

  /** Returns the token to send the request with again, or nothing where the application declines. */
  async #stepUp(
    challenge: StepUpChallenge,
    answered: readonly StepUpChallenge[],
    {
      request,
      target,
      attempt,
      response,
    }: { request: ReplayableRequest; target: StepUpTarget; attempt: Attempt; response: Response },
  ): Promise<string | undefined> {
    try {
      const earlier = findRepeated(answered, challenge);
      if (earlier !== undefined) throw new StepUpLoop([earlier, challenge]);
      if (request.obstacle !== undefined) throw new RequestNotReplayable(request.obstacle, challenge);
      request.signal.throwIfAborted();
      const restricted = this.#policy.restrict(challenge);
      const previous = answered.at(-1);
      const { result, joined } = attempt.join(restricted, () => this.#prompt(restricted, target, previous));
      if (joined) this.#tell({ ...target, type: 'joined', challenge: restricted });
      return await untilAborted(result, request.signal);
    } catch (error) {
      discard(response);
      const code = (error as { code?: StepUpErrorCode } | undefined)?.code;
      this.#tell({ ...target, type: 'failed', challenge, code: typeof code === 'string' ? code : undefined });
      throw error;
    }
  }

  async #prompt(challenge: StepUpChallenge, target: StepUpTarget, previous: StepUpChallenge | undefined) {
    const { stepUp, timeout = 600 } = this.options;
    const challengedAt = Date.now() / 1000;
    this.#policy.count(challenge);
    this.#tell({ ...target, type: 'prompted', challenge });
    return toAccessToken(
      await withTimeout(timeout, stepUp(challenge, { ...target, challengedAt, previous })),
      'stepUp',
    );
  }

  #tell(event: StepUpFetchEvent): void {
    this.options.onEvent?.(event);
  }
}

/** The token, where it can stand in an `Authorization` field: what cannot would be shown in the error of `Headers`. */
function toAccessToken(token: unknown, option: string): string | undefined {
  if (token === undefined || token === null || token === '') return undefined;
  if (typeof token === 'string' && /^[A-Za-z0-9\-._~+/]+=*$/.test(token)) return token;
  throw new TypeError(`"${option}" gave something that is no access token: a string by RFC 6750 §2.1 is needed`);
}
