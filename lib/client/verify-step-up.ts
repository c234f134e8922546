import { acrReason, ageReason, DEFAULT_CLOCK_TOLERANCE, type UnmetReason } from '../core/index.js';
import { AMOUNT, checkKind, checkRequired, FUNCTION, NAME, secondsUpTo, TEXT, TEXTS } from './check.js';
import { now as clock } from './now.js';

/** Claims of an ID token whose signature, audience and nonce the OpenID library has checked. */
export interface IdTokenClaims {
  readonly iss?: unknown;
  readonly sub?: unknown;
  readonly iat?: unknown;
  readonly acr?: unknown;
  readonly auth_time?: unknown;
}

/** What {@link verifyStepUp} expects of the sign-in. */
export interface StepUpExpectation {
  /** Values of which any one satisfies, as the challenge listed them. Default is any. */
  acrValues?: readonly string[] | undefined;
  /** Greatest age of the sign-in, in seconds. `0` asks for one after `challengedAt`. Default is no limit. */
  maxAge?: number | undefined;
  /**
   * When the challenge was received, in seconds since the epoch by the clock that `now` is from. Only for a `maxAge` of
   * `0`. Default is the moment the ID token was issued, which a user who types a password cannot meet.
   */
  challengedAt?: number | undefined;
  /** `sub` of the ID token of the session that is stepped up; another user's sign-in never satisfies. */
  subject: string;
  /** `iss` of that ID token. Default is not to compare. */
  issuer?: string | undefined;
  /** Whether an `acr` that is not listed satisfies the listed ones. Only `true` does. Default: no other satisfies. */
  satisfies?: ((acr: string, acrValues: readonly string[]) => boolean) | undefined;
  /**
   * Claim of the ID token that holds the class of the sign-in, if the server gives it another name, such as
   * `'https://api.example/acr'`. `acr` itself is then not read. Default is `'acr'`.
   */
  acrClaim?: string | undefined;
  /** Claim of the ID token that holds the time of the sign-in, in seconds. Default is `'auth_time'`. */
  authTimeClaim?: string | undefined;
  /** Seconds since the epoch. Default is the clock of the device, which only has to go steadily. */
  now?: number | undefined;
  /** Seconds by which clocks may differ, at most `60`. Default is `5`. */
  clockTolerance?: number | undefined;
}

type UnmetAuthentication = Exclude<UnmetReason, 'scope_missing'>;

/**
 * What came of a step-up. Keep the new tokens and repeat the request only on `satisfied`.
 *
 * | outcome | meaning |
 * | --- | --- |
 * | `satisfied` | the sign-in is what the challenge asked for |
 * | `id_token_missing` | no ID token came back; ask for the scope `openid` |
 * | `issuer_mismatch` | the ID token is from another issuer than the session |
 * | `subject_mismatch` | somebody else signed in |
 * | `nothing_expected` | neither `acrValues` nor `maxAge` was given, so that nothing was proved |
 * | `iat_missing` | the ID token does not say when it was issued, so that an age cannot be judged |
 * | `acr_missing` | no `acr`, or one that is not a string |
 * | `acr_unmet` | another `acr`: the server took `acr_values` as a hint |
 * | `auth_time_missing` | no `auth_time`, although `max_age` makes it mandatory |
 * | `auth_time_invalid` | an `auth_time` that is not a number of seconds, such as one of milliseconds |
 * | `auth_time_in_future` | an `auth_time` after the ID token was issued |
 * | `authentication_too_old` | an earlier sign-in was reused |
 */
export type StepUpOutcome =
  | { outcome: 'satisfied'; acr?: string | undefined; authTime?: number | undefined }
  | { outcome: 'id_token_missing' | 'issuer_mismatch' | 'subject_mismatch' | 'nothing_expected' | 'iat_missing' }
  | { outcome: UnmetAuthentication; reasons: UnmetAuthentication[] };

/**
 * Returns whether the sign-in behind a new ID token is the one that a challenge asked for. Does not verify the ID token
 * and never looks at the access token, which is none of the client's business. Reads `acr` and `auth_time`, or the claims
 * that `acrClaim` and `authTimeClaim` name, of the claims themselves: no path into an object. Age is judged against the `iat` of the
 * ID token, as the clocks of devices are wrong: call this when the token response arrives.
 *
 * @example
 * ```ts
 * const { outcome } = verifyStepUp(idTokenClaims, { ...challenge, challengedAt, subject, issuer });
 * if (outcome !== 'satisfied') throw new Error(outcome);
 * ```
 * @throws TypeError for a missing `subject`, and for a member of another type, `null` included
 * @see [OpenID Connect Core §3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation) rules 12, 13
 */
export function verifyStepUp(idTokenClaims: IdTokenClaims | undefined, expectation: StepUpExpectation): StepUpOutcome {
  const {
    acrValues = [],
    maxAge,
    subject,
    issuer,
    now = clock(),
    challengedAt = now,
    clockTolerance = DEFAULT_CLOCK_TOLERANCE,
  } = expectation;
  checkRequired(expectation, NAME, ['subject']);
  checkKind(expectation, TEXTS, ['acrValues']);
  checkKind(expectation, AMOUNT, ['maxAge', 'challengedAt', 'now']);
  checkKind(expectation, secondsUpTo(60), ['clockTolerance']);
  checkKind(expectation, TEXT, ['authTimeClaim', 'acrClaim', 'issuer']);
  checkKind(expectation, FUNCTION, ['satisfies']);
  if (!idTokenClaims) return { outcome: 'id_token_missing' };
  const {
    iss,
    sub,
    iat,
    [expectation.authTimeClaim ?? 'auth_time']: authTime,
    [expectation.acrClaim ?? 'acr']: held,
  } = idTokenClaims as Readonly<Record<string, unknown>>;
  const acr = typeof held === 'string' ? held : undefined;
  if (issuer !== undefined && iss !== issuer) return { outcome: 'issuer_mismatch' };
  if (sub !== subject) return { outcome: 'subject_mismatch' };

  const expectsAcr = acrValues.length > 0;
  if (!expectsAcr && maxAge === undefined) return { outcome: 'nothing_expected' };
  if (maxAge !== undefined && !Number.isFinite(iat)) return { outcome: 'iat_missing' };

  // a difference of two readings of one clock, so that it need not be right
  const limit = maxAge === 0 ? Math.max(0, now - challengedAt) : maxAge;
  const reasons = [
    expectsAcr && !(acr !== undefined && expectation.satisfies?.(acr, acrValues) === true) && acrReason(acr, acrValues),
    limit !== undefined && ageReason(authTime, limit, iat as number, clockTolerance),
  ].filter((reason) => !!reason);
  const outcome = reasons[0];
  if (outcome) return { outcome, reasons };
  return {
    outcome: 'satisfied',
    acr,
    authTime: typeof authTime === 'number' ? authTime : undefined,
  };
}
