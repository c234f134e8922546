import type { AuthorizationBehavior } from './behavior.js';
import type { RequestedAuthentication } from './requested-authentication.js';
import { type Authentication, UserSession } from './user-session.js';

/** A user who has authenticated. */
export interface AuthenticatedUser {
  readonly subject: string;
  readonly authentication: Authentication;
}

/** The one user of a server, who authenticates without delay and has one session with it. */
export class TestUser {
  readonly #session: UserSession;
  subject = 'alice';

  /** @param acrValues strings that the user can authenticate with, strongest first. A first sign-in uses the last. */
  constructor(acrValues: readonly string[]) {
    this.#session = new UserSession(acrValues);
  }

  /**
   * Authenticates the user, unless the session satisfies the request. Returns `undefined` if the user stays on the
   * server's page.
   *
   * @throws OAuthError if the request is to be refused
   */
  authenticate(requested: RequestedAuthentication, behavior: AuthorizationBehavior): AuthenticatedUser | undefined {
    const needed = this.#session.needed(requested, behavior);
    if (needed === undefined) return undefined;
    const { subject } = this;
    if ('session' in needed) return { subject, authentication: needed.session };
    return { subject, authentication: this.#session.signIn(needed.acr, behavior) };
  }
}
