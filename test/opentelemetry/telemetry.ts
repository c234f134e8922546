import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { type Attributes, metrics, trace } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';

/** One series: its attributes, with the number of a counter or the aggregate of a histogram. */
export interface Point {
  readonly attributes: Attributes;
  readonly value: number | Histogram;
}

export interface Telemetry {
  /** Exports what has been measured, and returns the series of one instrument. */
  points(name: string): Promise<Point[]>;
  /** The names and units of the instruments that have measured something. */
  instruments(): Promise<Record<string, string>>;
  /** Has a span around each request of the application, as the instrumentation of HTTP has. */
  traceRequests(app: INestApplication): void;
  /** The attributes of the spans of all requests so far, once they have ended. */
  spans(): Promise<Attributes[]>;
  /** What Prometheus reads, over HTTP. */
  prometheusText(): Promise<string>;
  shutdown(): Promise<void>;
}

/** Registers the SDK of OpenTelemetry as an application does, with exporters in memory and the one for Prometheus. */
export function startTelemetry({ views = [] }: { views?: ViewOptions[] } = {}): Telemetry {
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 31 - 1 });
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const meters = new MeterProvider({ readers: [reader, prometheus], views });
  const spanExporter = new InMemorySpanExporter();
  const tracers = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
  metrics.setGlobalMeterProvider(meters);
  tracers.register();
  const ended: Promise<void>[] = [];

  async function exported() {
    await reader.forceFlush();
    const latest = metricExporter.getMetrics().at(-1);
    return latest?.scopeMetrics.find(({ scope }) => scope.name === 'nestjs-step-up')?.metrics ?? [];
  }

  return {
    async points(name) {
      const metric = (await exported()).find(({ descriptor }) => descriptor.name === name);
      return (metric?.dataPoints ?? []).map(({ attributes, value }) => ({
        attributes,
        value: value as Point['value'],
      }));
    },
    async instruments() {
      return Object.fromEntries((await exported()).map(({ descriptor: { name, unit } }) => [name, unit]));
    },
    traceRequests(app) {
      const tracer = trace.getTracer('test');
      app.use((_: IncomingMessage, response: ServerResponse, next: () => void) =>
        tracer.startActiveSpan('request', (span) => {
          ended.push(
            new Promise((resolve) => {
              response.once('close', () => {
                span.end();
                resolve();
              });
            }),
          );
          next();
        }),
      );
    },
    async spans() {
      await Promise.all(ended);
      return spanExporter.getFinishedSpans().map(({ attributes }) => attributes);
    },
    async prometheusText() {
      const server = createServer((request, response) => prometheus.getMetricsRequestHandler(request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
      const text = await response.text();
      await new Promise((resolve) => server.close(resolve));
      return text;
    },
    async shutdown() {
      metrics.disable();
      trace.disable();
      await Promise.all([meters.shutdown(), tracers.shutdown()]);
    },
  };
}
