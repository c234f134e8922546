import { generateSecret, generateSync, verifySync } from 'otplib';

/** Seconds for which a code is shown. */
const PERIOD = 30;

/**
 * The time-based one-time codes of one account. A code counts once: RFC 6238 §5.2 forbids a second acceptance, lest
 * somebody who looked over the user's shoulder sign in with it as well.
 */
export class OneTimeCodes {
  readonly #secret = generateSecret();
  #lastStep = 0;

  /** Accepts a code of the current, the former or the next period, unless it or a later one was used. */
  accept(code: string, now = Date.now() / 1000): boolean {
    if (!/^\d{6}$/.test(code)) return false;
    const result = verifySync({ secret: this.#secret, token: code, epoch: now, epochTolerance: PERIOD });
    if (!result.valid || !('timeStep' in result) || result.timeStep <= this.#lastStep) return false;
    this.#lastStep = result.timeStep;
    return true;
  }

  /**
   * What an authenticator application would show, or the code after it where that one was used already. Nothing where
   * both were: the next is due in at most 30 seconds.
   */
  showDemoCode(now = Date.now() / 1000): string | undefined {
    const current = Math.floor(now / PERIOD);
    const step = Math.max(current, this.#lastStep + 1);
    return step > current + 1 ? undefined : generateSync({ secret: this.#secret, epoch: step * PERIOD });
  }
}
