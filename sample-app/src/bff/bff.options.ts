export interface BffOptions {
  /** Its own URL, without a slash at the end: never taken from the `Host` header. */
  readonly url: string;
  /** URL of the authorization server. */
  readonly issuer: string;
  /** URL of the bank's API, which is the resource the access tokens are for. */
  readonly bank: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Space-separated. */
  readonly scope: string;
}

export const BFF_OPTIONS = 'BFF_OPTIONS';
