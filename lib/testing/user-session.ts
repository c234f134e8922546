import type { AuthorizationBehavior } from './behavior.js';
import { OAuthError } from './oauth-error.js';
import type { RequestedAuthentication } from './requested-authentication.js';

/** `acr` and `auth_time` of tokens. An absent member is not in them. */
export interface Authentication {
  readonly acr: string;
  readonly authTime?: number;
}

/** What an authorization request needs of the user: the session as it is, or a sign-in with this `acr`. */
export type NeededAuthentication = { readonly session: Authentication } | { readonly acr: string };

/**
 * The session of one user with a server.
 *
 * @see [RFC 9470 §5](https://www.rfc-editor.org/rfc/rfc9470.html#section-5)
 */
export class UserSession {
  #session: { acr: string; authTime: number } | undefined;

  /** @param acrValues strings that the user can authenticate with, strongest first. A first sign-in uses the last. */
  constructor(private readonly acrValues: readonly string[]) {}

  /**
   * Returns what a request needs of the user. Returns `undefined` if the user stays on the page of the server.
   *
   * @throws OAuthError if the request is to be refused
   */
  needed(requested: RequestedAuthentication, behavior: AuthorizationBehavior): NeededAuthentication | undefined {
    if (requested.acrValues.length > 0 || requested.maxAge !== undefined) {
      if (behavior === 'neverReturns') return undefined;
      if (behavior === 'declines') throw new OAuthError('access_denied', 'The user does not want to authenticate');
      if (behavior === 'failsUnmet') throw unmet('The user cannot authenticate as asked');
    }
    const acceptable = this.#acceptable(requested, behavior);
    const session = this.#session;
    if (session !== undefined && suffices(session, acceptable, requested)) {
      return { session: asBehaved(session, behavior) };
    }
    if (requested.prompt.includes('none')) throw new OAuthError('login_required', 'The user has to authenticate');
    const usual = session?.acr ?? (this.acrValues.at(-1) as string);
    return { acr: acceptable === undefined || acceptable.includes(usual) ? usual : (acceptable[0] as string) };
  }

  /** Signs the user in, now. */
  signIn(acr: string, behavior: AuthorizationBehavior): Authentication {
    this.#session = { acr, authTime: Math.floor(Date.now() / 1000) };
    return asBehaved(this.#session, behavior);
  }

  /** Returns the strings that satisfy a request; `undefined` if any does. */
  #acceptable({ acrValues, byClaim }: RequestedAuthentication, behavior: AuthorizationBehavior) {
    if (acrValues.length === 0 || behavior === 'ignoresAcrValues') return undefined;
    if (behavior === 'ignoresEssential' && byClaim) return undefined;
    const known = acrValues.filter((value) => this.acrValues.includes(value));
    if (known.length === 0) throw unmet(`None of the acr values is known; known are ${this.acrValues.join(' ')}`);
    return behavior === 'returnsHigherAcr' ? [this.#strongerThan(known)] : known;
  }

  #strongerThan(known: readonly string[]): string {
    const strongest = Math.min(...known.map((value) => this.acrValues.indexOf(value)));
    const stronger = this.acrValues[strongest - 1];
    if (stronger !== undefined) return stronger;
    throw new OAuthError('server_error', 'No string in "acrValuesSupported" is stronger; list one before it');
  }
}

function suffices(
  session: { readonly acr: string; readonly authTime: number },
  acceptable: readonly string[] | undefined,
  { maxAge, prompt }: RequestedAuthentication,
): boolean {
  const now = Math.floor(Date.now() / 1000);
  return (
    (acceptable?.includes(session.acr) ?? true) &&
    // max_age=0 means prompt=login, also within the second of the last sign-in.
    (maxAge === undefined || (maxAge > 0 && now - session.authTime <= maxAge)) &&
    !prompt.includes('login')
  );
}

function asBehaved({ acr, authTime }: Required<Authentication>, behavior: AuthorizationBehavior): Authentication {
  if (behavior === 'omitsAuthTime') return { acr };
  return { acr, authTime: behavior === 'authTimeInMilliseconds' ? authTime * 1000 : authTime };
}

/** Returns the refusal of a user who cannot authenticate as requested. */
export function unmet(description: string): OAuthError {
  return new OAuthError('unmet_authentication_requirements', description);
}
