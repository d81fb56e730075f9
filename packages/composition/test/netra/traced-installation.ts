import type { Log, LogFields } from "@tenantry/core";
import { type ProviderSimulator, startProviderSimulator } from "@tenantry/provider-simulator";
import {
  openOtlpCollector,
  type OtlpCollector,
  otlpAttribute,
  type OtlpSpan,
  type ReceivedSpan,
} from "@tenantry/testkit";
import { expect, onTestFinished } from "vitest";
import { type App, type OpenOptions, openApp } from "../../src/index.ts";
import { configIn, simulatedProviders, temporaryFolder } from "../support/installation.ts";

const defaultTiers = `
tiers:
  enterprise:
    models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
    features: [summary, decisions]
    limits: [{ concurrent: 500 }]
    objectives: [{ latency: p95, under: 5s }]
    maxOutputTokens: 64
    timeout: 5s
  spoken: { models: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5], maxOutputTokens: 64, traceContent: true }
  hurried:
    models: [openai/gpt-4o-mini]
    objectives: [{ latency: p95, under: 1ms }]
    maxOutputTokens: 64
tenants:
  apex-legal: { tier: enterprise }
  stratex-consulting: { tier: enterprise }
  techstart-inc: { tier: enterprise }
  tells-all: { tier: spoken }
  in-a-hurry: { tier: hurried }
`;

/** An installation with the official SDKs' adapters before the provider simulator, traced to a loopback collector. */
export interface TracedInstallation {
  readonly app: App;
  readonly simulator: ProviderSimulator;
  readonly collector: OtlpCollector;
  readonly log: readonly { readonly event: string; readonly fields: LogFields }[];
  /** Delivers what has ended; everything that has arrived since the start. */
  spans(): Promise<readonly ReceivedSpan[]>;
}

/** Times of delivery, which a configuration file does not name. */
export interface DeliveryTimes {
  readonly retryDelayMs?: number;
  readonly requestTimeoutMs?: number;
  readonly flushIntervalMs?: number;
  readonly maxQueue?: number;
  readonly maxQueueBytes?: number;
}

/** Gone with the test. `vendor` stands in for both vendors, in place of the simulator. */
export async function openTraced(
  times: DeliveryTimes = {},
  simulatorOptions: Parameters<typeof startProviderSimulator>[0] = {},
  vendor: { readonly url: string } | null = null,
  options: Pick<OpenOptions, "scrub"> = {},
): Promise<TracedInstallation> {
  const folder = await temporaryFolder();
  const simulator = await startProviderSimulator(simulatorOptions);
  const collector = await openOtlpCollector();
  const entries: { event: string; fields: LogFields }[] = [];
  const note = (event: string, fields: LogFields): void => void entries.push({ event, fields });
  const log: Log = { info: note, warn: note, error: note };
  const telemetry = `
telemetry: { netra: { endpoint: "${collector.origin}/telemetry", apiKey: key-for-tests } }
`;
  const config = await configIn(folder, `${defaultTiers}${simulatedProviders(vendor ?? simulator)}${telemetry}`);
  const netra = Object.assign({}, config.netra, { retryDelayMs: 5, ...times });
  const app = await openApp({ ...config, netra }, { ...options, log });
  onTestFinished(async () => {
    await collector.behave({ kind: "accept" });
    await app.close();
    await collector.close();
    await simulator.close();
  });
  return {
    app,
    simulator,
    collector,
    log: entries,
    spans: async () => {
      await app.telemetry.flush(5_000);
      return collector.spans();
    },
  };
}

export function read(span: OtlpSpan, key: string): unknown {
  return otlpAttribute(span.attributes, key);
}

/** The spans of one call: its own, and its attempts in order. */
export function spansOf(
  spans: readonly ReceivedSpan[],
  callId: string,
): { readonly call: ReceivedSpan; readonly attempts: readonly ReceivedSpan[] } {
  const own = spans.filter(({ span }) => read(span, "tenantry.call_id") === callId);
  const calls = own.filter(({ scope }) => scope.name === "netra");
  expect(calls).toHaveLength(1);
  const attempts = own
    .filter(({ scope }) => scope.name !== "netra")
    .toSorted((a, b) => Number(read(a.span, "tenantry.attempt")) - Number(read(b.span, "tenantry.attempt")));
  return { call: calls[0] as ReceivedSpan, attempts };
}
