import { generateSync, verifySync } from 'otplib';

/** What an authenticator application shows now for a secret in Base32. */
export function oneTimeCode(secret) {
  return generateSync({ secret });
}

/** Whether a code is that of this half minute, or of one beside it. */
export function isOneTimeCode(code, secret) {
  return /^\d{6}$/.test(code ?? '') && verifySync({ secret, token: code, epochTolerance: 30 }).valid;
}
