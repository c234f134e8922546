import type { AuthorizationServer } from '../../authorization-servers/index.js';
import type { AuthenticationEvent, AuthenticationRequirements } from '../../core/index.js';
import type { MaybePromise, TokenScheme } from '../../token/index.js';
import type { AccessTokenException } from '../refusal/access-token.exception.js';
import type { Invocation } from '../transports/invocation.js';

/** The user of a request, and how that user authenticated. */
export interface AuthenticatedUser {
  readonly user: unknown;
  readonly event: AuthenticationEvent;
  /** The verified claims of the token. With a strategy of the application, the members of its user. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The scheme under which the token was sent. Absent for Bearer. */
  readonly scheme?: TokenScheme;
}

/**
 * {@link AuthenticatedUser} with what a judgement needs. Never handed to the application, which may log it or respond with
 * it: the server has the credentials by which this API introspects.
 */
export interface Authenticated extends AuthenticatedUser {
  /** The server of the event, if it was resolved at run time, or verified the token. Default is the configured one. */
  readonly server?: AuthorizationServer | undefined;
  /**
   * Asks the authorization server for what requirements need and the token lacks. Absent if introspection is not
   * configured.
   */
  readonly complete?: (requirements: AuthenticationRequirements) => MaybePromise<Authenticated>;
}

/** Determines the user of a request. */
export interface Authenticator {
  /**
   * Returns the user and the authentication event behind a request, determined once for each request. Returns the
   * refusal of a missing or refused token, or of an authorization server that cannot be reached: to catch an error and
   * throw it again costs as much as to create it. Can throw it too.
   *
   * @throws StepUpConfigurationError if the configuration keeps the event from being determined
   */
  authenticate(invocation: Invocation): MaybePromise<Authenticated | AccessTokenException>;

  /**
   * Verifies a token that comes without a request.
   *
   * @throws AccessTokenException for a refused token, or an authorization server that cannot be reached
   * @throws StepUpConfigurationError if a strategy of the application verifies the tokens
   */
  authenticateToken(token: string): MaybePromise<Authenticated>;

  /**
   * Judges on this handler the user of the strategy of the application. Ignores a user who is on the request before.
   */
  authenticateAgain?(controller: object, method: string): void;
}

/** Returns the authentication with what its authorization server adds, if requirements need more than the token has. */
export function completed(
  authenticated: Authenticated,
  requirements: AuthenticationRequirements,
): MaybePromise<Authenticated> {
  return authenticated.complete?.(requirements) ?? authenticated;
}

/** Returns what the application is told of a judged user. */
export function forApplication({ user, event, claims, scheme }: Authenticated): AuthenticatedUser {
  return scheme === undefined ? { user, event, claims } : { user, event, claims, scheme };
}
