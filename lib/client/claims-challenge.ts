import { attempt } from './attempt.js';

/** The error code that Microsoft Entra's APIs use in place of that of RFC 9470. */
export const INSUFFICIENT_CLAIMS = 'insufficient_claims';

/**
 * Reads the claims request of Microsoft Entra's challenge: JSON in base64. Returns `undefined` for what is not.
 *
 * @see [Claims challenges](https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge)
 */
export function readClaims(encoded = ''): { claims: string; acrValues: string[] | undefined } | undefined {
  return attempt(() => {
    const claims = atob(encoded.replace(/-/g, '+').replace(/_/g, '/'));
    const value: unknown = JSON.parse(claims).access_token?.acrs?.value;
    return { claims, acrValues: typeof value === 'string' ? [value] : undefined };
  });
}
