import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds after which a new nonce is handed out. */
const ROTATION = 120;

/**
 * The nonces that proofs have to carry. Each is a MAC of its time, so that nothing is remembered, and instances with one
 * secret accept the nonces of each other. A nonce is accepted until the one after it is replaced, which is for 120 to
 * 240 seconds. The next one is accepted too, since the clock of another instance can be ahead.
 *
 * @see [RFC 9449 §8](https://www.rfc-editor.org/rfc/rfc9449.html#section-8)
 */
export class ServerNonces {
  readonly #secret: string | Buffer;
  #slot = Number.NaN;
  /** Those of the slots before, at, and after the present one. */
  #nonces: readonly string[] = [];

  constructor(secret: string | Buffer) {
    this.#secret = secret;
  }

  /**
   * Returns the nonce to hand out.
   *
   * @param now seconds since the epoch
   */
  current(now: number): string {
    return this.#at(now)[1] as string;
  }

  isValid(nonce: string, now: number): boolean {
    return this.#at(now).some((valid) => isSame(valid, nonce));
  }

  #at(now: number): readonly string[] {
    const slot = Math.floor(now / ROTATION);
    if (slot !== this.#slot) {
      this.#nonces = [slot - 1, slot, slot + 1].map((one) => this.#nonceOf(one));
      this.#slot = slot;
    }
    return this.#nonces;
  }

  #nonceOf(slot: number): string {
    return createHmac('sha256', this.#secret).update(`nestjs-step-up:dpop-nonce:${slot}`).digest('base64url');
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
