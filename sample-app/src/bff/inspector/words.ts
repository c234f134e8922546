// How and when the user signed in, in the words of the bank's page.

const MEANS: Readonly<Record<string, string>> = {
  'urn:example:pwd': 'a password',
  'urn:example:mfa': 'a second factor',
  phr: 'a passkey',
};

/** What an access token says about the sign-in behind it. */
export interface EventClaims {
  readonly acr?: string;
  readonly auth_time?: number;
  readonly amr?: readonly string[];
}

/** Returns `'a second factor or a passkey'` for their acr values. */
export function meansOf(acrValues: readonly string[]): string {
  return acrValues.map((acr) => MEANS[acr] ?? acr).join(' or ');
}

/** Returns `'5 minutes'` for 300 seconds. */
export function durationOf(seconds: number): string {
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}

/** Returns what a challenge asks for: `'a second factor, with a sign-in at most 5 minutes old'`. */
export function demandOf({ acrValues, maxAge }: { acrValues?: readonly string[]; maxAge?: number }): string {
  const means = acrValues === undefined ? 'a sign-in' : meansOf(acrValues);
  return maxAge === undefined ? means : `${means}, with a sign-in at most ${durationOf(maxAge)} old`;
}

/**
 * Reads an access token for the display alone, without verifying it. A client has no business in its access token, which
 * may be of any form, and decides by the ID token.
 */
export function readEventClaims(accessToken: string): EventClaims {
  try {
    const { acr, auth_time, amr } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
    return { acr, auth_time, amr };
  } catch {
    return {};
  }
}
