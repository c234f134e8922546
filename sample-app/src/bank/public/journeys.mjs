// What an authorization request has to know again when the user comes back: no token, and nothing that is a secret for
// longer than that. A PKCE verifier is worth nothing without the code, and a journey can be taken up once.
const PREFIX = 'journey:';
const TTL = 10 * 60 * 1000;

/** Remembers a journey under its `state`. */
export function remember(state, journey) {
  sessionStorage.setItem(PREFIX + state, JSON.stringify({ ...journey, startedAt: Date.now() }));
}

/** Returns a journey once, unless it took too long. Forgets all others. */
export function recall(state) {
  const journey = read(PREFIX + state);
  for (const key of keys()) sessionStorage.removeItem(key);
  return journey;
}

/** Returns the journey with this purpose that the user has not come back from. */
export function unfinished(purpose) {
  return keys()
    .map(read)
    .find((journey) => journey?.purpose === purpose);
}

function keys() {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
}

function read(key) {
  const journey = JSON.parse(sessionStorage.getItem(key));
  return journey !== null && Date.now() - journey.startedAt < TTL ? journey : undefined;
}
