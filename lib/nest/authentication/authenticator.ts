import type { AuthenticationEvent, AuthenticationRequirements } from '../../core/index.js';
import type { MaybePromise } from '../../token/index.js';
import type { Invocation } from '../transports/invocation.js';

/** Whose request this is, and how that user authenticated. */
export interface Authenticated {
  readonly user: unknown;
  readonly event: AuthenticationEvent;
  /** What is known of the token beyond the event: its verified claims, or with a strategy of the application its user. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Asks the authorization server for what requirements need and the token lacks; absent if there is nobody to ask. */
  readonly complete?: (requirements: AuthenticationRequirements) => MaybePromise<Authenticated>;
}

/** Finds out whose request this is. */
export interface Authenticator {
  /**
   * The user and the authentication event behind a request, found once for each request.
   *
   * @throws AccessTokenException for a missing or refused token, or an authorization server that cannot be reached
   * @throws TypeError if a fault of the configuration keeps the event from being told
   */
  authenticate(invocation: Invocation): MaybePromise<Authenticated>;

  /**
   * Verifies a token that comes without a request.
   *
   * @throws AccessTokenException for a refused token, or an authorization server that cannot be reached
   * @throws TypeError if a strategy of the application verifies the tokens
   */
  authenticateToken(token: string): MaybePromise<Authenticated>;

  /** Judges the user of the application's strategy on this handler, whoever is on the request before. */
  authenticateAgain?(controller: object, method: string): void;
}

/** The authentication with all that its authorization server can tell of it, if that is required and not in the token. */
export function completed(
  authenticated: Authenticated,
  requirements: AuthenticationRequirements,
): MaybePromise<Authenticated> {
  return authenticated.complete?.(requirements) ?? authenticated;
}
