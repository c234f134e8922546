// What has to survive the way to the authorization server and back. Neither tokens nor anything secret for longer than
// that: a PKCE verifier is worth nothing without the code, and a journey can be taken up once.
const PREFIX = 'journey:';
const LIFETIME = 10 * 60 * 1000;
const SIGNED_IN = 'signed-in';

/** Remembers a journey under its `state`. */
export function remember(state, journey) {
  sessionStorage.setItem(PREFIX + state, JSON.stringify({ ...journey, startedAt: Date.now() }));
}

/** Gives back a journey once, unless it took too long; forgets all others. */
export function recall(state) {
  const text = sessionStorage.getItem(PREFIX + state);
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  if (text === null) return undefined;
  const journey = JSON.parse(text);
  return Date.now() - journey.startedAt < LIFETIME ? journey : undefined;
}

/** Whether a page load should ask the authorization server for its session. */
export const session = {
  get isLikely() {
    return sessionStorage.getItem(SIGNED_IN) !== null;
  },
  begin: () => sessionStorage.setItem(SIGNED_IN, 'yes'),
  end: () => sessionStorage.removeItem(SIGNED_IN),
};
