import { generateSync } from 'otplib';

/** What an authenticator application shows now for a secret in Base32. */
export function oneTimeCode(secret) {
  return generateSync({ secret });
}
