import { type StepUpFetchEvent, type StepUpFetchOptions, stepUpFetch } from '../../lib/client/index.js';

/** A request as an API received it. */
interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  /** The access token, whatever the scheme. */
  readonly token: string | undefined;
}

export type Answer = (received: Received) => Response | Promise<Response>;

export const API = 'https://api.example';

/** A `fetch` without network that answers as it is told and remembers what it received. */
export function fakeApi(answer: Answer) {
  const received: Received[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const [, token] = request.headers.get('authorization')?.split(' ') ?? [];
    const { method, url, headers } = request;
    const one = { method, url, headers, body: await request.text(), token };
    received.push(one);
    return answer(one);
  };
  return { fetch, received, tokens: () => received.map(({ token }) => token) };
}

/** A refusal that asks for these requirements. */
export function challenge(requirements: string, { status = 401, scheme = 'Bearer' } = {}): Response {
  const field = `${scheme} error="insufficient_user_authentication"${requirements && `, ${requirements}`}`;
  return new Response('{"refused":true}', { status, headers: { 'WWW-Authenticate': field } });
}

/** Grants what it is given to tokens that a list allows, and challenges all others. */
export function granting(tokens: readonly string[], requirements = 'acr_values="mfa"'): Answer {
  return ({ token = '' }) => (tokens.includes(token) ? new Response('done') : challenge(requirements));
}

/** A client over a fake API, whose `stepUp` gives one token after the other, then nothing. */
export function client(
  answer: Answer,
  options: Partial<StepUpFetchOptions> = {},
  next: readonly string[] = ['t2', 't3'],
) {
  const api = fakeApi(answer);
  const tokens = [...next];
  const events: StepUpFetchEvent[] = [];
  const stepUp = jest.fn<ReturnType<StepUpFetchOptions['stepUp']>, Parameters<StepUpFetchOptions['stepUp']>>(async () =>
    tokens.shift(),
  );
  const request = stepUpFetch({
    origins: [API],
    accessToken: () => 't1',
    stepUp,
    fetch: api.fetch,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { request, stepUp, events, api, types: () => events.map(({ type }) => type) };
}

/** A promise to be settled by hand. */
export function deferred<T>() {
  let settle!: { resolve: (value: T) => void; reject: (reason: unknown) => void };
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

/** The timer that stays when a test fakes timers. */
const realTimeout = setTimeout;

/** Lets everything that waits for nothing but promises go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => realTimeout(resolve));
}
