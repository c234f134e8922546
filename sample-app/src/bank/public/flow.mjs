// Where a transfer stands in the six steps of RFC 9470 §2. Survives the way to the authorization server and back; what is
// kept holds no token, since messages come in with theirs cut short.
const KEY = 'flow';

const untouched = () => Array.from({ length: 6 }, () => ({ status: 'ahead', messages: [] }));

export class Flow {
  /** Each `ahead`, `now`, `done`, `stopped` or `skipped`. */
  steps = untouched();
  /** 1 to 6; `0` before the first. */
  current = 0;
  /** A second one begins if the bank asks for more after a step-up. */
  round = 1;
  /** Whether a token is good enough: what the bank or verifyStepUp found. */
  verdict = {};
  /** `acr_values`, `max_age` and `reasons` of the challenge. */
  challenge = undefined;
  /** Authentication event of the token the page holds. */
  held = undefined;
  /** The same of the token the first request was sent with, and of the one it was given for the challenge. */
  before = undefined;
  after = undefined;
  /** How the request is sent: `http`, `graphql` or `socket`. */
  way = 'http';
  line = '';

  static load() {
    return Object.assign(new Flow(), JSON.parse(sessionStorage.getItem(KEY)));
  }

  save() {
    sessionStorage.setItem(KEY, JSON.stringify(this));
  }

  static forget() {
    sessionStorage.removeItem(KEY);
    return new Flow();
  }

  get isSteppedUp() {
    return this.steps[3].status === 'done';
  }

  /** The page sends the transfer: step 1, or step 5 after a step-up. */
  requested(messages, way) {
    this.way = way;
    if (this.isSteppedUp && this.steps[4].status === 'ahead') return this.#go(5, messages);
    this.#begin({ round: 1 });
    this.#go(1, messages);
  }

  /** The bank wants more: step 2. In place of step 6 this begins a second round. */
  challenged(messages, challenge) {
    if (this.current === 5) {
      const { messages: request } = this.steps[4];
      this.#begin({ round: this.round + 1 });
      this.#go(1, request);
    }
    this.#go(2, messages);
    this.challenge = challenge;
    this.verdict.before = false;
  }

  departed(message) {
    this.#go(3, [message]);
  }

  /** The user does not go to the authorization server, or has not come back from it. */
  stopped() {
    this.#go(3, this.steps[2].messages, 'stopped');
  }

  returned(messages, { isSatisfied, event }) {
    this.#go(4, messages, isSatisfied ? 'done' : 'stopped');
    this.after = event;
    this.verdict.after = event && isSatisfied;
    if (isSatisfied) this.held = event;
  }

  /** The bank found the sign-in good enough: step 6, right after step 1 if the first token was. */
  answered(messages, { isDone }) {
    for (const step of this.steps.slice(this.current, 5)) step.status = 'skipped';
    if (this.current === 1) this.verdict.before = true;
    this.#go(6, messages, isDone ? 'done' : 'stopped');
  }

  #begin({ round }) {
    Object.assign(this, { steps: untouched(), current: 0, round, verdict: {}, challenge: undefined });
    Object.assign(this, { before: this.held, after: undefined });
  }

  #go(number, messages, status = 'now') {
    for (const step of this.steps) if (step.status === 'now') step.status = 'done';
    this.steps[number - 1] = { status, messages };
    this.current = number;
  }
}
