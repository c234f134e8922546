import type { StepUpStore } from './pending-step-ups.js';

/** The part of Web Storage that is needed. */
export interface WebStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'step-up:';

/**
 * Keeps pending step-ups in the session storage of the browser, which ends with the tab and is not shared with others.
 * What has expired is removed when something is added.
 *
 * @param storage default is `sessionStorage`
 * @example
 * ```ts
 * const pending = new PendingStepUps(sessionStorageStore());
 * ```
 * @throws TypeError if there is no session storage, as on a server: keep them in the user's session there
 */
export function sessionStorageStore(
  storage: WebStorage | undefined = (globalThis as { sessionStorage?: WebStorage }).sessionStorage,
): StepUpStore {
  if (!storage) {
    throw new TypeError('There is no "sessionStorage" here; give a store');
  }
  return {
    put(key, value, ttl) {
      for (const name of Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')) {
        const expired = name.startsWith(PREFIX) && Number.parseInt(storage.getItem(name) ?? '0', 10) < Date.now();
        if (expired) storage.removeItem(name);
      }
      storage.setItem(PREFIX + key, `${Date.now() + ttl * 1000} ${value}`);
    },
    take(key) {
      const kept = storage.getItem(PREFIX + key);
      storage.removeItem(PREFIX + key);
      return kept?.replace(/^\S+ /, '');
    },
  };
}
