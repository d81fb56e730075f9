import { TenantryError } from "@tenantry/core";
import { Worker } from "node:worker_threads";
import { fromSentError, type ThreadAnswer, type ThreadRequest, type ThreadStart } from "./thread-messages.ts";
import type { StorageReader } from "./usage-reader.ts";
import type { UsageReadings } from "./usage-readings.ts";

export interface StorageThread {
  readonly reader: StorageReader;
  /** Starts a checkpoint, unless one is under way. */
  checkpoint(): void;
  /** Ends the thread; questions under way are rejected as `unavailable`. */
  close(): Promise<void>;
}

interface Asker {
  resolve(value: unknown): void;
  reject(error: TenantryError): void;
}

/**
 * What would hold up the event loop that serves calls: reports, on a read-only connection of their own, so that they
 * delay no writer either, and the checkpoints of the log, which wait for the disk.
 *
 * The thread starts when it is first needed, ends with `close`, does not keep the process alive, and is started anew
 * should it die.
 */
export function createStorageThread(start: ThreadStart): StorageThread {
  const askers = new Map<number, Asker>();
  let worker: Worker | null = null;
  let lastId = 0;
  let isCheckpointing = false;
  let isClosed = false;

  function startWorker(): Worker {
    const isSource = import.meta.url.endsWith(".ts");
    const started = new Worker(new URL(`./storage-thread-entry.${isSource ? "ts" : "js"}`, import.meta.url), {
      workerData: start,
      ...(isSource ? { execArgv: ["--conditions=@tenantry/source"] } : {}),
    });
    started.unref();
    started.on("message", (answer: ThreadAnswer) => {
      if (answer === "checkpointed") isCheckpointing = false;
      else settle(started, answer);
    });
    started.on("error", (error) => forget(started, error));
    started.on("exit", () => forget(started, undefined));
    return started;
  }

  function settle(from: Worker, answer: Exclude<ThreadAnswer, string>): void {
    const asker = askers.get(answer.id);
    askers.delete(answer.id);
    if (askers.size === 0) from.unref();
    if (answer.ok) asker?.resolve(answer.value);
    else asker?.reject(fromSentError(answer.error));
  }

  function send(to: Worker, request: ThreadRequest): void {
    to.postMessage(request);
  }

  function forget(ended: Worker, cause: unknown): void {
    if (worker !== ended) return;
    worker = null;
    isCheckpointing = false;
    for (const asker of askers.values()) asker.reject(unavailable("the reading thread ended", cause));
    askers.clear();
  }

  function ask<Method extends keyof UsageReadings>(
    method: Method,
    ...values: Parameters<UsageReadings[Method]>
  ): Promise<ReturnType<UsageReadings[Method]>> {
    if (isClosed) return Promise.reject(unavailable("the storage is closed", undefined));
    worker ??= startWorker();
    const asked = worker;
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      askers.set(id, { resolve: resolve as (value: unknown) => void, reject });
      asked.ref();
      send(asked, { id, method, values });
    });
  }

  return {
    reader: {
      usage: (scope, query) => ask("usage", scope, query),
      sla: (scope, query) => ask("sla", scope, query),
      calls: (scope, query) => ask("calls", scope, query),
      call: (scope, callId) => ask("call", scope, callId),
      lines: (scope, query) => ask("lines", scope, query),
      traces: (scope, query) => ask("traces", scope, query),
      spans: (scope, query) => ask("spans", scope, query),
    },
    checkpoint() {
      if (isClosed || isCheckpointing) return;
      isCheckpointing = true;
      worker ??= startWorker();
      send(worker, "checkpoint");
    },
    async close() {
      isClosed = true;
      const ending = worker;
      if (ending === null) return;
      forget(ending, undefined);
      const ended = new Promise((resolve) => ending.once("exit", resolve));
      ending.ref();
      send(ending, "close");
      await ended;
    },
  };
}

function unavailable(message: string, cause: unknown): TenantryError {
  return new TenantryError("unavailable", message, {
    publicMessage: "storage is unavailable",
    retryable: true,
    cause,
  });
}
