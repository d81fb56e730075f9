import { type IngestResult, type ReportedSpan, TenantryError } from "@tenantry/core";
import { aStoredSpan } from "@tenantry/core/testing";
import { expect, test } from "vitest";
import { createRecorder, type Sender } from "./recorder.ts";

const sender: Sender = { scope: { kind: "installation" }, keyId: "key-1" };
const may = (): void => undefined;

function spansOf(traceId: string, count: number): readonly ReportedSpan[] {
  return Array.from({ length: count }, (_, at) => ({ ...aStoredSpan(), traceId, spanId: `${at}` }));
}

/** An ingest that notes its parts; two of them at once are a fault. */
function noting(): { readonly parts: ReportedSpan[][]; record(...batch: unknown[]): Promise<IngestResult> } {
  const parts: ReportedSpan[][] = [];
  let isBusy = false;
  return {
    parts,
    async record(_scope, _keyId, spans) {
      if (isBusy) throw new Error("two parts at once");
      isBusy = true;
      const part = [...(spans as readonly ReportedSpan[])];
      parts.push(part);
      await new Promise((resolve) => setImmediate(resolve));
      isBusy = false;
      return { accepted: part.length, known: 0, refused: [], remarks: [] };
    },
  };
}

test("a batch goes in parts that leave traces whole, and no span is left out or twice", async () => {
  const ingest = noting();
  // Interleaved, as they ended.
  const traces = Array.from({ length: 90 }, (_, at) => spansOf(`trace-${at}`, 7));
  const spans = Array.from({ length: 7 }, (_, at) => traces.flatMap((trace) => trace[at] ?? [])).flat();
  const result = await createRecorder(ingest, () => "expected").record(sender, spans, may);
  expect(result.accepted).toBe(630);
  expect(ingest.parts.length).toBeGreaterThan(3);
  expect(new Set(ingest.parts.flat()).size).toBe(630);
  for (const part of ingest.parts) {
    expect(part.length).toBeLessThanOrEqual(32);
    for (const trace of Map.groupBy(part, ({ traceId }) => traceId).values()) expect(trace).toHaveLength(7);
  }
});

test("a trace larger than a part goes in several, and beside calls parts are smaller", async () => {
  const [alone, beside] = [noting(), noting()];
  const expecting = noting();
  await createRecorder(alone, () => "none").record(sender, spansOf("trace", 1_100), may);
  await createRecorder(beside, () => "under-way").record(sender, spansOf("trace", 100), may);
  await createRecorder(expecting, () => "expected").record(sender, spansOf("trace", 100), may);
  expect(alone.parts.map(({ length }) => length)).toEqual([512, 512, 76]);
  expect(beside.parts.map(({ length }) => length)).toEqual([32, 32, 32, 4]);
  expect(expecting.parts.map(({ length }) => length)).toEqual([32, 32, 32, 4]);
});

test("two batches take turns, part by part, and never run at once", async () => {
  const ingest = noting();
  const recorder = createRecorder(ingest, () => "none");
  await Promise.all(["a", "b"].map(async (id) => await recorder.record(sender, spansOf(id, 1_100), may)));
  expect(ingest.parts.map(([first]) => first?.traceId)).toEqual(["a", "b", "a", "b", "a", "b"]);
});

test("a batch that fails, or may not go on, holds no other up", async () => {
  const ingest = noting();
  const recorder = createRecorder(ingest, () => "none");
  const stopped = recorder.record(sender, spansOf("a", 1_100), () => {
    throw new TenantryError("overloaded", "the server is stopping");
  });
  const other = recorder.record(sender, spansOf("b", 10), may);
  await expect(stopped).rejects.toMatchObject({ code: "overloaded" });
  expect((await other).accepted).toBe(10);
  expect(ingest.parts).toHaveLength(1);
});
