import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { totalTokens, type ReportedSpan, type Tokens } from "@tenantry/core";
import { expect, vi } from "vitest";
import { readReportedSpans } from "../../src/index.ts";
import { secret } from "./fake-providers.ts";

/** Takes what instrumentations of this process export, and reads it as Tenantry would. */
export interface Recorder {
  /**
   * What `work` exports, once it is at least `count` spans. The same in both encodings, and without a word of the
   * content, or it throws.
   */
  spansOf(work: () => Promise<unknown>, count?: number): Promise<readonly ReportedSpan[]>;
}

export function startRecorder(): Recorder {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return {
    async spansOf(work, count = 1) {
      exporter.reset();
      await work();
      // Some read a copy of the answer, at their own pace.
      await vi.waitFor(() => {
        expect(exporter.getFinishedSpans().length).toBeGreaterThanOrEqual(count);
      }, 5_000);
      return readBoth(exporter.getFinishedSpans());
    },
  };
}

/** What a serializer of OpenTelemetry's makes of them, read back: both of its encodings must tell the same. */
export function readBoth(spans: readonly ReadableSpan[]): readonly ReportedSpan[] {
  const json = readReportedSpans(bytes(JsonTraceSerializer.serializeRequest([...spans])), "json");
  const protobuf = readReportedSpans(bytes(ProtobufTraceSerializer.serializeRequest([...spans])), "protobuf");
  expect(protobuf).toEqual(json);
  expect(json.refused).toEqual([]);
  expect(json.spans).toHaveLength(spans.length);
  expect(textOf(json.spans)).not.toContain(secret);
  return json.spans;
}

/** The classes that are not 0. */
export function tokensTold(span: ReportedSpan | undefined): Partial<Tokens> | null {
  const tokens = span?.report?.usage?.tokens;
  if (tokens === undefined) return null;
  expect(totalTokens(tokens)).toBeGreaterThan(0);
  return Object.fromEntries(Object.entries(tokens).filter(([, count]) => count > 0));
}

export function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) => (typeof item === "bigint" ? String(item) : item));
}

function bytes(serialized: Uint8Array | undefined): Uint8Array {
  if (serialized === undefined) throw new Error("nothing was serialized");
  return serialized;
}
