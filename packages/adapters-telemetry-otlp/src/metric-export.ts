import { AsyncLocalStorage } from "node:async_hooks";
import type { Resource } from "@opentelemetry/resources";
import { AggregationTemporality, MeterProvider, MetricReader, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { Delivery, Exportable, ThrottledLog } from "@tenantry/otlp-delivery";
import { type ClientMetrics, createClientMetrics } from "./client-metrics.ts";
import type { OtlpSettings } from "./settings.ts";
import { scope } from "./to-span.ts";

/** What was collected at one moment. */
export interface QueuedMetrics extends Exportable {
  readonly metrics: ResourceMetrics;
}

/** Metrics that are aggregated in memory and exported now and then. */
export interface MetricExport extends ClientMetrics {
  flush(deadlineMs: number): Promise<void>;
  /** Exports once more, then stops for good. */
  close(deadlineMs: number): Promise<void>;
}

export const noMetrics: MetricExport = {
  record: () => {},
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** Each series is one set of attributes; what goes past it is counted under `otel.metric.overflow`. */
const maxSeries = 2_000;
/** Names and labels of a point, about. */
const pointBytes = 1_000;

type Options = Pick<OtlpSettings, "metricsIntervalMs" | "temporality" | "conventions">;

/** Collects when asked, and does nothing by itself: neither timers nor an exporter of the SDK are used. */
class Collector extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/**
 * Collects every `metricsIntervalMs` and hands that to `delivery`. While the last collection has not been delivered no
 * other is made: nothing is lost by it, because the aggregates stay, and what waits is one collection whatever a
 * collector does.
 */
export function createMetricExport(
  options: Options,
  ports: {
    readonly resource: Resource;
    readonly delivery: Delivery<QueuedMetrics>;
    readonly log: ThrottledLog;
  },
): MetricExport {
  const { resource, delivery, log } = ports;
  const temporality =
    options.temporality === "delta" ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  const reader = new Collector({
    aggregationTemporalitySelector: () => temporality,
    cardinalitySelector: () => maxSeries,
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  const client = createClientMetrics(meters.getMeter(scope.name, scope.version), options.conventions);
  let closed = false;

  /** Never rejects. */
  async function collect(): Promise<void> {
    try {
      const { resourceMetrics } = await reader.collect();
      const points = resourceMetrics.scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
      if (points > 0) delivery.add({ metrics: resourceMetrics, bytes: points * pointBytes });
    } catch (error) {
      log.error("telemetry_metrics_broken", { reason: error instanceof Error ? error.name : "unknown" });
    }
  }

  async function collectIfDelivered(): Promise<void> {
    if (!closed && delivery.counts().queued === 0) await collect();
  }

  // The timer would else keep the asynchronous context, and with it the data, of whoever opened telemetry.
  const timer = AsyncLocalStorage.snapshot()(() =>
    setInterval(() => void collectIfDelivered(), options.metricsIntervalMs),
  );
  timer.unref();

  return {
    record: client.record,
    flush: async (deadlineMs) => {
      await collectIfDelivered();
      await delivery.flush(deadlineMs);
    },
    close: async (deadlineMs) => {
      clearInterval(timer);
      if (!closed) {
        closed = true;
        await collect();
      }
      await delivery.close(deadlineMs);
      await meters.shutdown().catch(() => undefined);
    },
  };
}
