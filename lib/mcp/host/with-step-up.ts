import {
  type AuthorizationParametersOptions,
  authorizationParameters,
  readStepUpChallenge,
  type StepUpChallenge,
} from '../../client/index.js';
import { AnsweredChallenges } from './answered-challenges.js';
import { bearerOf } from './bearer.js';
import { called } from './called.js';

/** The members of a token response that are looked at. */
export interface OAuthTokens {
  access_token: string;
  refresh_token?: string | undefined;
}

/** The members that are used of the `OAuthClientProvider` of the official SDK, in its versions 1 and 2. */
export interface OAuthProvider {
  tokens(...context: never[]): OAuthTokens | undefined | Promise<OAuthTokens | undefined>;
  saveTokens(...tokens: never[]): void | Promise<void>;
  redirectToAuthorization(authorizationUrl: URL): void | Promise<void>;
}

/** `fetch` as the transports of the official SDK take it. */
export type FetchLike = (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface WithStepUpOptions {
  /** Sends requests. Default is the global `fetch`. */
  fetch?: FetchLike | undefined;
  /**
   * How the authorization request asks for what the challenge asks. Default is `acr_values` and `max_age`, with the
   * scope `openid` added. Say `openid: false` for an authorization server that refuses this scope.
   */
  authorization?: Omit<AuthorizationParametersOptions, 'scope' | 'allowedScopes'> | undefined;
  /** Returns the present time, in seconds since the epoch. Default is the clock of the device. */
  now?: (() => number) | undefined;
}

/** What a transport of the official SDK takes: `new StreamableHTTPClientTransport(url, withStepUp(provider))`. */
export interface StepUpHost<Provider> {
  readonly authProvider: Provider;
  readonly fetch: FetchLike;
}

/** A challenge that nobody has answered yet. */
interface OpenChallenge {
  readonly challenge: StepUpChallenge;
  readonly refusedToken: string;
  readonly call: string;
}

/**
 * Makes a host of MCP servers answer step-up challenges. The official SDK does not know them: it refreshes the token,
 * which can never help, or asks for the same sign-in again. The returned provider is the given one, with three
 * differences while a challenge is open. The authorization request asks for the `acr_values` and `max_age` of the
 * challenge. The refresh token is hidden from the SDK. A server that asks again for what the user has just done gets
 * no second prompt. Give both members to the transport, and keep them for as long as the session lasts.
 *
 * As ever with the SDK, the call that was refused rejects with its `UnauthorizedError` once the user is on the way;
 * after `finishAuth` the host sends the call again. `stepUpFetch` as `fetch` waits instead, and sends it again itself.
 *
 * @example
 * ```ts
 * const transport = new StreamableHTTPClientTransport(url, withStepUp(provider));
 * ```
 * @throws StepUpLoop from the transport (`code` is `'ERR_STEP_UP_LOOP'`): the server asks again for what was answered
 * @see [RFC 9470 §4](https://www.rfc-editor.org/rfc/rfc9470.html#section-4)
 */
export function withStepUp<Provider extends OAuthProvider>(
  provider: Provider,
  options: WithStepUpOptions = {},
): StepUpHost<Provider> {
  const send = options.fetch;
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  const answered = new AnsweredChallenges(now);
  let open: OpenChallenge | undefined;
  let hidden: OAuthTokens | undefined;

  const tokens = async (...context: never[]) => {
    const stored = await provider.tokens(...context);
    if (open === undefined || stored?.access_token !== open.refusedToken) return stored;
    hidden = stored;
    const { refresh_token: _, ...others } = stored;
    return others;
  };

  const saveTokens = async (saved: OAuthTokens, ...context: never[]) => {
    const { refresh_token } = hidden?.access_token === saved.access_token ? hidden : saved;
    await provider.saveTokens(
      ...([{ ...saved, ...(refresh_token !== undefined && { refresh_token }) }, ...context] as never[]),
    );
    if (open === undefined || saved.access_token === open.refusedToken) return;
    answered.add(open.call, open.challenge, open.refusedToken, saved.access_token);
    open = undefined;
    hidden = undefined;
  };

  const redirectToAuthorization = (authorizationUrl: URL) => {
    if (open === undefined) return provider.redirectToAuthorization(authorizationUrl);
    const url = new URL(authorizationUrl);
    const scope = url.searchParams.get('scope') ?? undefined;
    const added = authorizationParameters(open.challenge, { ...options.authorization, scope });
    for (const [name, value] of Object.entries(added)) url.searchParams.set(name, value);
    return provider.redirectToAuthorization(url);
  };

  const replaced: Record<PropertyKey, unknown> = { tokens, saveTokens, redirectToAuthorization };
  const authProvider = new Proxy(provider, {
    get(target, name) {
      if (Object.hasOwn(replaced, name)) return replaced[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });

  const fetch: FetchLike = async (url, init) => {
    const response = await (send ?? globalThis.fetch)(url, init);
    const token = bearerOf(init?.headers);
    if (token === undefined || !isOf(response, url)) return response;
    const call = called(init?.body);
    if (response.ok) answered.accept(call);
    if (response.status !== 401 || token !== (await provider.tokens())?.access_token) return response;
    const challenge = await readStepUpChallenge(response);
    open = challenge && { challenge, refusedToken: token, call };
    if (challenge !== undefined) answered.check(call, challenge, token);
    return response;
  };

  return { authProvider, fetch };
}

/** Returns whether a response comes from the origin that was asked. A test double may not know its address. */
function isOf(response: Response, url: string | URL): boolean {
  return response.url === '' || new URL(response.url).origin === new URL(url).origin;
}
