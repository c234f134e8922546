/** A user who has signed in, with the tokens that no browser sees. */
export interface SignedIn {
  readonly subject: string;
  readonly issuer: string;
  readonly accessToken: string;
  readonly idToken: string;
  /** When the user last stepped up, in seconds since the epoch. Says nothing about what the token is good for. */
  readonly steppedUpAt?: number;
}

/** A session of a user. */
export interface Owner {
  /** Names the session from one sign-in to the next, while its id changes. */
  readonly key: string;
  readonly user: SignedIn;
}
