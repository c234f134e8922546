import type { AuthorizationBehavior } from './behavior.js';
import { OAuthError } from './oauth-error.js';
import type { RequestedAuthentication } from './requested-authentication.js';

/** How a user authenticated, as tokens say it: what is absent is not in them. */
export interface Authentication {
  readonly acr: string;
  readonly authTime?: number;
}

/**
 * The one user of the server, who answers whatever it shows without delay, and has one session with it.
 *
 * @see [RFC 9470 §5](https://www.rfc-editor.org/rfc/rfc9470.html#section-5)
 */
export class TestUser {
  #session: { acr: string; authTime: number } | undefined;

  /** @param acrValues what the user can authenticate with, strongest first; signing in takes the weakest */
  constructor(private readonly acrValues: readonly string[]) {}

  /**
   * Authenticates the user as far as the session does not do.
   *
   * @returns `undefined` where the user stays on the server's page
   * @throws OAuthError for what the client is told instead
   */
  authenticate(requested: RequestedAuthentication, behavior: AuthorizationBehavior): Authentication | undefined {
    if (requested.acrValues.length > 0 || requested.maxAge !== undefined) {
      if (behavior === 'neverReturns') return undefined;
      if (behavior === 'declines') throw new OAuthError('access_denied', 'The user does not want to authenticate');
      if (behavior === 'failsUnmet') throw unmet('The user cannot authenticate as asked');
    }
    const { acr, authTime } = this.#signIn(requested, this.#acceptable(requested, behavior));
    if (behavior === 'omitsAuthTime') return { acr };
    return { acr, authTime: behavior === 'authTimeInMilliseconds' ? authTime * 1000 : authTime };
  }

  /** Which of them are good enough; `undefined` where any is. */
  #acceptable({ acrValues, byClaim }: RequestedAuthentication, behavior: AuthorizationBehavior) {
    if (acrValues.length === 0 || behavior === 'ignoresAcrValues') return undefined;
    if (behavior === 'ignoresEssential' && byClaim) return undefined;
    const known = acrValues.filter((value) => this.acrValues.includes(value));
    if (known.length === 0) throw unmet(`None of the acr values is known here; known are ${this.acrValues.join(' ')}`);
    return behavior === 'returnsHigherAcr' ? [this.#strongerThan(known)] : known;
  }

  #strongerThan(known: readonly string[]): string {
    const strongest = Math.min(...known.map((value) => this.acrValues.indexOf(value)));
    const stronger = this.acrValues[strongest - 1];
    if (stronger !== undefined) return stronger;
    throw new OAuthError('server_error', 'Nothing in "acrValuesSupported" is stronger; list something before it');
  }

  #signIn({ maxAge, prompt }: RequestedAuthentication, acceptable: readonly string[] | undefined) {
    const session = this.#session;
    const now = Math.floor(Date.now() / 1000);
    const suffices =
      session !== undefined &&
      (acceptable?.includes(session.acr) ?? true) &&
      // 0 stands for prompt=login, even within the second of the last sign-in
      (maxAge === undefined || (maxAge > 0 && now - session.authTime <= maxAge)) &&
      !prompt.includes('login');
    if (suffices) return session;
    if (prompt.includes('none')) throw new OAuthError('login_required', 'The user would have to authenticate');

    const usual = session?.acr ?? (this.acrValues.at(-1) as string);
    const acr = acceptable === undefined || acceptable.includes(usual) ? usual : (acceptable[0] as string);
    this.#session = { acr, authTime: now };
    return this.#session;
  }
}

function unmet(description: string): OAuthError {
  return new OAuthError('unmet_authentication_requirements', description);
}
