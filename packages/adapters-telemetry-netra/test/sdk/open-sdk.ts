import { setTimeout as delay } from "node:timers/promises";
import { trace } from "@opentelemetry/api";
import { type NetraSdkPackage, openOtlpCollector, type OtlpCollector, type ReceivedSpan } from "@tenantry/testkit";
import type { Telemetry } from "@tenantry/core";
import { createNetraSdkTelemetry, type NetraSdk, type NetraSdkTelemetryOptions } from "../../src/index.ts";
import { keepingLog, type LogEntry, realClock } from "../open-netra.ts";

/** What the tests call of the SDK besides what the adapter does. */
interface RunningNetra extends NetraSdk {
  init(options: object): Promise<void>;
  setTenantId(id: string): void;
  setSessionId(id: string): void;
  setUserId(id: string): void;
  startActiveSpan<T>(name: string, work: () => T): T;
}

interface NetraSdkModule {
  readonly Netra: RunningNetra;
  readonly NetraInstruments: Readonly<Record<string, string>>;
}

/** The SDK running in this process, before one collector. There is one of both a process: it cannot be undone. */
export interface RunningSdk {
  readonly netra: RunningNetra;
  readonly collector: OtlpCollector;
  /** What `Netra.shutdown()` would do if it asked the right object. */
  flush(): Promise<void>;
  /** Throws away what the SDK still holds. */
  empty(): Promise<void>;
  /** What has arrived since the last `empty`. */
  spans(): readonly ReceivedSpan[];
}

let running: Promise<RunningSdk> | null = null;

async function startSdk({ entry }: NetraSdkPackage): Promise<RunningSdk> {
  const collector = await openOtlpCollector();
  process.env["NETRA_OTLP_ENDPOINT"] = `${collector.origin}/telemetry`;
  process.env["NETRA_API_KEY"] = "key-for-tests";
  const { Netra: netra, NetraInstruments } = (await import(entry)) as NetraSdkModule;
  const instruments = new Set([NetraInstruments["OPENAI"], NetraInstruments["ANTHROPIC"], NetraInstruments["HTTP"]]);
  await netra.init({ appName: "meetingmind", environment: "production", instruments });
  let seen = 0;
  return {
    netra,
    collector,
    flush: flushSdk,
    empty: async () => {
      // What hangs fails now, and what is left goes nowhere.
      await collector.behave({ kind: "refuse" });
      await flushSdk().catch(() => null);
      await collector.behave({ kind: "accept" });
      // Until the SDK has noticed that its kept connections are gone: it does not try a request twice.
      await delay(20);
      seen = collector.spans().length;
    },
    spans: () => collector.spans().slice(seen),
  };
}

async function flushSdk(): Promise<void> {
  const provider = trace.getTracerProvider() as unknown as { getDelegate(): { forceFlush(): Promise<void> } };
  await provider.getDelegate().forceFlush();
}

export interface OpenedSdk {
  readonly sdk: RunningSdk;
  readonly telemetry: Telemetry;
  readonly log: readonly LogEntry[];
  /** Flushes, and returns the spans that have arrived. */
  spans(): Promise<readonly ReceivedSpan[]>;
  close(): Promise<void>;
}

/** The adapter on the running SDK. */
export async function openSdkTelemetry(
  found: NetraSdkPackage,
  options: Partial<NetraSdkTelemetryOptions> = {},
): Promise<OpenedSdk> {
  const sdk = await (running ??= startSdk(found));
  await sdk.empty();
  const log: LogEntry[] = [];
  const telemetry = createNetraSdkTelemetry(
    { netra: sdk.netra, ...options },
    { clock: realClock, log: keepingLog(log) },
  );
  return {
    sdk,
    telemetry,
    log,
    spans: async () => {
      await telemetry.flush(5_000);
      return sdk.spans();
    },
    close: async () => {
      await telemetry.close(0);
      await sdk.empty();
    },
  };
}
