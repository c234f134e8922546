/**
 * Counters, histograms and span attributes of each decision.
 *
 * @module
 */
export { StepUpTelemetryModule } from './step-up-telemetry.module.js';
