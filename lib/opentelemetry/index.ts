export { StepUpTelemetryModule } from './step-up-telemetry.module.js';
