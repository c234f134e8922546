import { generateSecret, generateSync, verifySync } from 'otplib';

/** Seconds for which a code is shown. */
const PERIOD = 30;
/** Wrong codes after which an account has to wait for the next period: a million codes are few to a machine. */
const WRONG_CODES = 5;

/**
 * The time-based one-time codes of one account. A code counts once: RFC 6238 §5.2 forbids a second acceptance, so
 * that a look over the user's shoulder is not enough to sign in with it as well.
 */
export class OneTimeCodes {
  readonly #secret = generateSecret();
  #lastStep = 0;
  #wrong = { period: 0, count: 0 };

  /** Takes a code of the current, the former or the next period, unless it or a later one was used. */
  accept(code: string, now = Date.now() / 1000): 'accepted' | 'wrong' | 'blocked' {
    const period = Math.floor(now / PERIOD);
    if (this.#wrong.period !== period) this.#wrong = { period, count: 0 };
    if (this.#wrong.count >= WRONG_CODES) return 'blocked';

    const step = /^\d{6}$/.test(code) ? this.#stepOf(code, now) : undefined;
    if (step === undefined || step <= this.#lastStep) {
      this.#wrong.count += 1;
      return 'wrong';
    }
    this.#lastStep = step;
    return 'accepted';
  }

  /**
   * Returns what an authenticator application would show, or the code after it if that one was used already. `undefined`
   * if both were: the next is due in at most 30 seconds.
   */
  showDemoCode(now = Date.now() / 1000): string | undefined {
    const current = Math.floor(now / PERIOD);
    const step = Math.max(current, this.#lastStep + 1);
    return step > current + 1 ? undefined : generateSync({ secret: this.#secret, epoch: step * PERIOD });
  }

  #stepOf(code: string, now: number): number | undefined {
    const result = verifySync({ secret: this.#secret, token: code, epoch: now, epochTolerance: PERIOD });
    return result.valid && 'timeStep' in result ? result.timeStep : undefined;
  }
}
