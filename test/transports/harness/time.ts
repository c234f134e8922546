// @ts-nocheck: see tokens.ts
/** Waits for an answer no longer than that; `SILENCE` is what came then. */
export const SILENCE = Symbol('no answer');

export function within(milliseconds, promise) {
  let timer: unknown;
  const limit = new Promise((resolve) => {
    timer = setTimeout(() => resolve(SILENCE), milliseconds);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

const { now } = Date;

/** Sets `Date.now` of this process ahead, so that a token expires without a wait. */
export const clock = {
  advance(seconds) {
    Date.now = () => now() + seconds * 1000;
  },
  reset() {
    Date.now = now;
  },
};
