import { readReportedSpans } from "@tenantry/adapters-ingest-otlp";
import { TenantryError } from "@tenantry/core";
import { parentPort } from "node:worker_threads";
import { readLimits, type ThreadAnswer, type ThreadQuestion } from "./span-thread-messages.ts";

/** The thread's program: reads one export after the other. */

const spansOfPart = 128;

function tell(answer: ThreadAnswer): void {
  parentPort?.postMessage(answer);
}

parentPort?.on("message", ({ id, body, encoding }: ThreadQuestion) => {
  try {
    const { spans, refused } = readReportedSpans(body, encoding, readLimits);
    for (let from = 0; from < spans.length; from += spansOfPart) {
      tell({ id, kind: "part", spans: spans.slice(from, from + spansOfPart) });
    }
    tell({ id, kind: "read", refused });
  } catch (thrown) {
    const { code, message, publicMessage, issues } = TenantryError.from(thrown);
    tell({ id, kind: "failed", code, message, publicMessage, issues });
  }
});
