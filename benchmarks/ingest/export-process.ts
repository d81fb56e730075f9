import { Pool } from "undici";
import type { ExportOrder, ExportPlan, ExportReport, ExportResult } from "./export-plan.ts";
import { makeExport } from "./make-export.ts";

/** Makes exports, then sends them and tells how long that took. */
process.on("message", ({ id, plan }: ExportOrder) => {
  run(plan).then(
    (result) => report({ id, result }),
    (error: unknown) => report({ id, error: String(error) }),
  );
});
console.log("ready; serves http://127.0.0.1:0");

function report(message: ExportReport): void {
  process.send?.(message);
}

async function run(plan: ExportPlan): Promise<ExportResult> {
  const { origin, key, encoding, batches, spansOfBatch, width, spansPerSecond } = plan;
  const bodies = Array.from({ length: batches }, () => makeExport(plan));
  const pool = new Pool(origin, { connections: width });
  const type = encoding === "json" ? "application/json" : "application/x-protobuf";
  process.send?.({ sending: plan.batches });
  const startedMs = performance.now();
  const lane = async (_: unknown, first: number): Promise<void> => {
    for (let at = first; at < batches; at += width) {
      const dueMs = spansPerSecond === 0 ? 0 : startedMs + (at * spansOfBatch * 1000) / spansPerSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const { statusCode, body } = await pool.request({
        path: "/v1/traces",
        method: "POST",
        headers: { "content-type": type, authorization: `Bearer ${key}` },
        body: bodies[at] ?? null,
      });
      const text = await body.text();
      const isWhole = statusCode === 200 && (text === "" || text === "{}");
      if (!isWhole) throw new Error(`an export was answered ${statusCode}: ${text.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  const seconds = (performance.now() - startedMs) / 1000;
  await pool.close();
  const spans = batches * spansOfBatch;
  return { spans, spansPerSecond: spans / seconds, seconds };
}
