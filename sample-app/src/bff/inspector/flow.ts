import type { Message } from './message.js';
import type { EventClaims } from './words.js';

export type StepStatus = 'ahead' | 'now' | 'done' | 'stopped' | 'skipped';

export interface Step {
  readonly status: StepStatus;
  readonly messages: readonly Message[];
}

/** What the bank asked for. */
export interface Demand {
  readonly acrValues?: readonly string[];
  readonly maxAge?: number;
  readonly reasons: readonly string[];
}

/** Where a transfer stands in the six steps of RFC 9470 §2. Holds no token, since messages have theirs cut short. */
export interface Flow {
  readonly steps: readonly Step[];
  /** 1 to 6; `0` before the first. */
  readonly current: number;
  /** A second one begins if the bank asks for more after a step-up. */
  readonly round: number;
  /** Whether a token is good enough: what the bank or verifyStepUp found. */
  readonly verdict: { readonly before?: boolean; readonly after?: boolean };
  readonly challenge?: Demand;
  /** Of the token the first request was sent with, and of the one that was got for the challenge. */
  readonly before?: EventClaims;
  readonly after?: EventClaims;
  /** What has just happened, and why. */
  readonly line: string;
}

/** A flow in which nothing has happened yet. */
export function newFlow(before?: EventClaims, round = 1): Flow {
  const steps = Array.from({ length: 6 }, (): Step => ({ status: 'ahead', messages: [] }));
  return { steps, current: 0, round, verdict: {}, before, line: '' };
}

/** Goes to a step. The one that was under way is done. */
export function goTo(flow: Flow, number: number, messages: readonly Message[], status: StepStatus = 'now'): Flow {
  const steps = flow.steps.map((step, index): Step => {
    if (index === number - 1) return { status, messages };
    return step.status === 'now' ? { ...step, status: 'done' } : step;
  });
  return { ...flow, steps, current: number };
}

/** The server sends the transfer: step 1, or step 5 after a step-up. */
export function requested(flow: Flow, message: Message, held: EventClaims): Flow {
  const isRepeated = flow.steps[3]?.status === 'done' && flow.steps[4]?.status === 'ahead';
  return isRepeated ? goTo(flow, 5, [message]) : goTo(newFlow(held), 1, [message]);
}

/** The bank wants more: step 2. In place of step 6 this begins a second round. */
export function challenged(flow: Flow, message: Message, challenge: Demand): Flow {
  const first = flow.current === 5 ? goTo(newFlow(flow.after, flow.round + 1), 1, flow.steps[4]?.messages ?? []) : flow;
  return { ...goTo(first, 2, [message]), challenge, verdict: { before: false } };
}

/** The bank found the sign-in good enough: step 6, right after step 1 if the first token was. */
export function answered(flow: Flow, message: Message, { isDone }: { isDone: boolean }): Flow {
  const skipped = flow.steps.map(
    (step, index): Step => (index >= flow.current && index < 5 ? { ...step, status: 'skipped' } : step),
  );
  const verdict = flow.current === 1 ? { before: true } : flow.verdict;
  return goTo({ ...flow, steps: skipped, verdict }, 6, [message], isDone ? 'done' : 'stopped');
}
