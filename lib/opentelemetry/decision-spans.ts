import { type Attributes, type Span, trace } from '@opentelemetry/api';
import type { Decision } from '../nest/index.js';
import { ATTRIBUTES } from './attributes.js';

/** Whether an outcome keeps the handler from running. */
const REFUSES = {
  admitted: false,
  reported: false,
  challenged: true,
  refused: true,
  unavailable: true,
} satisfies Record<Decision['outcome'], boolean>;

/** Writes decisions on the active span, such as that of an HTTP request. */
export class DecisionSpans {
  readonly #refused = new WeakSet<Span>();

  /**
   * Sets the attributes of a decision on the active span. Does nothing without a recording span. A later decision
   * replaces an earlier one, such as of GraphQL fields, but the first refusal stays.
   */
  describe(decision: Decision): void {
    const span = trace.getActiveSpan();
    if (span === undefined || !span.isRecording() || this.#refused.has(span)) return;
    if (REFUSES[decision.outcome]) this.#refused.add(span);
    span.setAttributes(attributesOf(decision));
  }
}

/** Returns the attributes of a decision. OpenTelemetry ignores those that are `undefined`. */
function attributesOf(decision: Decision): Attributes {
  const { code } = 'code' in decision ? decision : {};
  const { age } = 'age' in decision ? decision : {};
  const { reasons, requirements } = 'reasons' in decision ? decision : {};
  return {
    [ATTRIBUTES.outcome]: decision.outcome,
    [ATTRIBUTES.code]: code,
    [ATTRIBUTES.reasons]: reasons?.slice(),
    [ATTRIBUTES.acrValues]: requirements?.acrValues?.slice(),
    [ATTRIBUTES.maxAge]: requirements?.maxAge,
    [ATTRIBUTES.age]: age,
    [ATTRIBUTES.issuer]: decision.issuer,
    [ATTRIBUTES.route]: decision.route,
    [ATTRIBUTES.transport]: decision.transport,
  };
}
