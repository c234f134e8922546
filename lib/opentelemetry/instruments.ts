import type { Attributes, BatchObservableCallback, Counter, Histogram, Meter } from '@opentelemetry/api';
import type { Decision, TokenCacheStatistics, Verification } from '../nest/index.js';
import { ATTRIBUTES } from './attributes.js';
import { BoundedAttribute } from './bounded-attribute.js';

/** With `passport: 'existing'` a strategy of the application decides which issuers it accepts, in any number. */
const MAX_ISSUERS = 100;
/** Greatest `clockTolerance`, in seconds. A sign-in further in the future has no age. */
const MAX_CLOCK_TOLERANCE = 60;

/**
 * Seconds. Bounds are inclusive: the bucket up to 300 has the sign-ins that meet a `maxAge` of 300, without the clock
 * tolerance.
 */
const AGE_BUCKETS = [0, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 604_800];
/**
 * Seconds. A remembered token takes microseconds, a signature some hundred microseconds, and introspection a request.
 */
const DURATION_BUCKETS = [
  0.00001, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/**
 * Records decisions and verifications with OpenTelemetry.
 *
 * @see [OpenTelemetry – How to write instrumentation for metrics](https://opentelemetry.io/docs/specs/semconv/general/metrics/)
 */
export class StepUpInstruments {
  readonly #decisions: Counter;
  readonly #unmetReasons: Counter;
  readonly #age: Histogram;
  readonly #duration: Histogram;
  readonly #issuers = new BoundedAttribute(MAX_ISSUERS);

  constructor(meter: Meter) {
    this.#decisions = meter.createCounter('nestjs_step_up.decisions', {
      description: 'Judged invocations: each counts once.',
      unit: '{decision}',
    });
    this.#unmetReasons = meter.createCounter('nestjs_step_up.unmet_reasons', {
      description: 'Reasons why an authentication was not sufficient: one challenge may have several.',
      unit: '{reason}',
    });
    this.#age = meter.createHistogram('nestjs_step_up.authentication.age', {
      description: 'Time since the sign-in of the user at a decision, if the token says when that was.',
      unit: 's',
      advice: { explicitBucketBoundaries: AGE_BUCKETS },
    });
    this.#duration = meter.createHistogram('nestjs_step_up.verification.duration', {
      description: 'Time that the verification of an access token took.',
      unit: 's',
      advice: { explicitBucketBoundaries: DURATION_BUCKETS },
    });
  }

  /** Reports remembered tokens at each collection. Returns a function that ends it. */
  observeTokenCache(meter: Meter, read: () => TokenCacheStatistics | undefined): () => void {
    const lookups = meter.createObservableCounter('nestjs_step_up.token_cache.lookups', {
      description: 'Searches for a remembered token, bad tokens included.',
      unit: '{lookup}',
    });
    const evictions = meter.createObservableCounter('nestjs_step_up.token_cache.evictions', {
      description: 'Remembered tokens that others needed the place of.',
      unit: '{token}',
    });
    const size = meter.createObservableUpDownCounter('nestjs_step_up.token_cache.size', {
      description: 'Estimated memory of remembered tokens.',
      unit: 'By',
    });
    const observe: BatchObservableCallback = (result) => {
      const statistics = read();
      if (statistics === undefined) return;
      result.observe(lookups, statistics.hits, { [ATTRIBUTES.tokenCacheResult]: 'hit' });
      result.observe(lookups, statistics.misses, { [ATTRIBUTES.tokenCacheResult]: 'miss' });
      result.observe(evictions, statistics.evictions);
      result.observe(size, statistics.bytes);
    };
    const instruments = [lookups, evictions, size];
    meter.addBatchObservableCallback(observe, instruments);
    return () => meter.removeBatchObservableCallback(observe, instruments);
  }

  recordDecision(decision: Decision): void {
    const { outcome, route, transport } = decision;
    const common: Attributes = { [ATTRIBUTES.outcome]: outcome, ...this.#issuerOf(decision) };
    const place: Attributes = {
      ...common,
      ...(route !== undefined && { [ATTRIBUTES.route]: route }),
      ...(transport !== undefined && { [ATTRIBUTES.transport]: transport }),
    };
    this.#decisions.add(1, 'code' in decision ? { ...place, [ATTRIBUTES.code]: decision.code } : place);
    if ('reasons' in decision) {
      for (const reason of decision.reasons) this.#unmetReasons.add(1, { ...place, [ATTRIBUTES.reason]: reason });
    }
    if ('age' in decision && decision.age !== undefined && decision.age >= -MAX_CLOCK_TOLERANCE) {
      this.#age.record(Math.max(0, decision.age), common);
    }
  }

  recordVerification(verification: Verification): void {
    const { outcome, duration, isKnown } = verification;
    this.#duration.record(duration, {
      [ATTRIBUTES.verificationOutcome]: outcome,
      [ATTRIBUTES.verificationIsKnown]: isKnown,
      ...this.#issuerOf(verification),
    });
  }

  #issuerOf({ issuer }: { readonly issuer?: string }): Attributes {
    return issuer === undefined ? {} : { [ATTRIBUTES.issuer]: this.#issuers.valueOf(issuer) };
  }
}
