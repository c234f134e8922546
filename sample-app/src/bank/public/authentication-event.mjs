// How and when the user signed in, in words and as the token has it.

const MEANS = { 'urn:example:pwd': 'a password', 'urn:example:mfa': 'a second factor', phr: 'a passkey' };

/** `'a second factor or a passkey'` for their acr values. */
export function meansOf(acrValues) {
  return acrValues.map((acr) => MEANS[acr] ?? acr).join(' or ');
}

/** `'5 minutes'` for 300 seconds. */
export function durationOf(seconds) {
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}

/**
 * What an access token says about the sign-in behind it. For the display alone: a client has no business in its access
 * token, which may be of any form, and decides by the ID token.
 */
export function readAuthenticationEvent(accessToken) {
  const payload = accessToken.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  const { acr, auth_time, amr } = JSON.parse(new TextDecoder().decode(bytes));
  return { acr, auth_time, amr };
}
