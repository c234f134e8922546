import { Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { StepUpService } from '../nest/index.js';
import { DecisionSpans } from './decision-spans.js';
import { StepUpInstruments } from './instruments.js';

/** The name under which the package asks OpenTelemetry for a meter. */
const INSTRUMENTATION_SCOPE = 'nestjs-step-up';

/**
 * Records the decisions and verifications of `StepUpModule` as OpenTelemetry metrics, and describes each decision on
 * the active span. Import it next to `StepUpModule`. It has no options: rename metrics and drop attributes with views
 * of the SDK.
 *
 * Register the meter provider before Nest creates the application. It does not record if the provider comes later.
 *
 * @example
 * ```ts
 * @Module({ imports: [StepUpModule.forRoot(options), StepUpTelemetryModule] })
 * class AppModule {}
 * ```
 * @see [OpenTelemetry – Metrics API](https://opentelemetry.io/docs/specs/otel/metrics/api/)
 */
@Module({})
export class StepUpTelemetryModule implements OnModuleInit, OnApplicationShutdown {
  #unsubscribe: readonly (() => void)[] = [];

  constructor(private readonly stepUp: StepUpService) {}

  onModuleInit(): void {
    const meter = metrics.getMeter(INSTRUMENTATION_SCOPE);
    const instruments = new StepUpInstruments(meter);
    const spans = new DecisionSpans();
    this.#unsubscribe = [
      this.stepUp.onDecision((decision) => {
        instruments.recordDecision(decision);
        spans.describe(decision);
      }),
      this.stepUp.onVerification((verification) => instruments.recordVerification(verification)),
      instruments.observeTokenCache(meter, () => this.stepUp.tokenCache()),
    ];
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}
