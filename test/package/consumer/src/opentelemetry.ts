import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { RequireAcr, StepUpModule } from 'nestjs-step-up';
import { StepUpTelemetryModule } from 'nestjs-step-up/opentelemetry';

@Controller()
class TransferController {
  @Get('transfer')
  @RequireAcr('mfa')
  transfer(): { done: boolean } {
    return { done: true };
  }
}

@Module({
  imports: [
    StepUpModule.forRoot({
      authorizationServers: [{ issuer: 'http://127.0.0.1:9', audience: 'api' }],
      metadataAudit: 'off',
    }),
    StepUpTelemetryModule,
  ],
  controllers: [TransferController],
})
class AppModule {}

/** Serves a request without a token, and fails unless the real SDK exports the decision. */
async function main(): Promise<void> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  metrics.setGlobalMeterProvider(provider);
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  try {
    await app.listen(0, '127.0.0.1');
    await fetch(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/transfer`);
    await provider.forceFlush();
  } finally {
    await app.close();
    await provider.shutdown();
  }
  const exported = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const decisions = exported.find(({ descriptor }) => descriptor.name === 'nestjs_step_up.decisions');
  const code = decisions?.dataPoints[0]?.attributes['nestjs_step_up.code'];
  if (code !== 'token_missing') throw new Error(`${String(code)} is exported instead of token_missing`);
}

main().then(
  () => console.log('metrics'),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
