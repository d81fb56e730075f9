import type { OtlpEncoding, ReadSpans } from "@tenantry/adapters-ingest-otlp";
import { type ReportedSpan, TenantryError } from "@tenantry/core";
import { Worker } from "node:worker_threads";
import { readLimits, type ThreadAnswer, type ThreadQuestion } from "./span-thread-messages.ts";

/** Reads exports of spans; long ones in a thread, because reading them would hold up every stream. */
export interface SpanReader {
  /** Rejects with `invalid_request` for what is no export, and with `unavailable` when the thread ends. */
  read(body: Uint8Array, encoding: OtlpEncoding): Promise<ReadSpans>;
  /** Ends the thread; what is being read is rejected. Idempotent. */
  close(): Promise<void>;
}

/** What is read at once, bytes: about a millisecond. */
const shortBytes = 16_384;

interface Asker {
  readonly spans: ReportedSpan[];
  resolve(read: ReadSpans): void;
  reject(error: TenantryError): void;
}

/** The thread starts when it is first needed, does not keep the process alive, and is started anew should it die. */
export function createSpanReader(): SpanReader {
  const askers = new Map<number, Asker>();
  let worker: Worker | null = null;
  let lastId = 0;
  let isClosed = false;

  function startWorker(): Worker {
    const isSource = import.meta.url.endsWith(".ts");
    const started = new Worker(new URL(`./span-thread-entry.${isSource ? "ts" : "js"}`, import.meta.url), {
      ...(isSource ? { execArgv: ["--conditions=@tenantry/source"] } : {}),
    });
    started.unref();
    started.on("message", (answer: ThreadAnswer) => settle(started, answer));
    started.on("error", () => forget(started));
    started.on("exit", () => forget(started));
    return started;
  }

  function settle(from: Worker, answer: ThreadAnswer): void {
    const asker = askers.get(answer.id);
    if (asker === undefined) return;
    if (answer.kind === "part") {
      for (const span of answer.spans) asker.spans.push(span);
      return;
    }
    askers.delete(answer.id);
    if (askers.size === 0) from.unref();
    if (answer.kind === "read") asker.resolve({ spans: asker.spans, refused: answer.refused });
    else {
      const { code, message, publicMessage, issues } = answer;
      asker.reject(new TenantryError(code, message, { publicMessage, issues }));
    }
  }

  function forget(ended: Worker): void {
    if (worker !== ended) return;
    worker = null;
    const error = new TenantryError("unavailable", "the thread that reads spans ended", { retryable: true });
    for (const asker of askers.values()) asker.reject(error);
    askers.clear();
  }

  return {
    async read(body, encoding) {
      if (body.length <= shortBytes) {
        const { readReportedSpans } = await import("@tenantry/adapters-ingest-otlp");
        return readReportedSpans(body, encoding, readLimits);
      }
      if (isClosed) throw new TenantryError("unavailable", "spans are read no more");
      worker ??= startWorker();
      const asked = worker;
      lastId += 1;
      const id = lastId;
      return await new Promise((resolve, reject) => {
        askers.set(id, { spans: [], resolve, reject });
        asked.ref();
        const question: ThreadQuestion = { id, body, encoding };
        // Its own bytes go over without a copy; of a larger buffer they are a part that others still use.
        const isOwn = body.byteLength === body.buffer.byteLength && body.buffer instanceof ArrayBuffer;
        asked.postMessage(question, isOwn ? [body.buffer as ArrayBuffer] : []);
      });
    },
    async close() {
      isClosed = true;
      const ending = worker;
      if (ending === null) return;
      forget(ending);
      await ending.terminate();
    },
  };
}
