/** The application as a client of the authorization server. */
export interface ClientOptions {
  /** Its own URL, without a slash at the end: never taken from the `Host` header. */
  readonly url: string;
  /** URL of the authorization server. */
  readonly issuer: string;
  /** URL of the API, which is the resource the access tokens are for. */
  readonly resource: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Space-separated. */
  readonly scope: string;
  /** Sends what goes to the authorization server. Default is the global `fetch`. */
  readonly fetch?: (url: string, options?: RequestInit) => Promise<Response>;
}

export const CLIENT_OPTIONS = 'CLIENT_OPTIONS';
