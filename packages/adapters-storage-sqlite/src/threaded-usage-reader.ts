import { TenantryError, type UsageReader } from "@tenantry/core";
import { Worker } from "node:worker_threads";
import { fromSentError, type ReaderAnswer, type ReaderRequest, type ReaderStart } from "./reader-messages.ts";
import type { UsageReadings } from "./usage-readings.ts";

export interface ThreadedUsageReader extends UsageReader {
  /** Ends the thread; questions under way are rejected as `unavailable`. */
  close(): Promise<void>;
}

interface Question {
  resolve(value: unknown): void;
  reject(error: TenantryError): void;
}

/**
 * `UsageReader` in a thread of its own, with a read-only connection: a report over months neither delays a writer nor
 * holds up the event loop that serves calls. The thread starts with the first question, ends with `close`, does not
 * keep the process alive, and is started anew should it die.
 */
export function createThreadedUsageReader(start: ReaderStart): ThreadedUsageReader {
  const questions = new Map<number, Question>();
  let worker: Worker | null = null;
  let lastId = 0;
  let isClosed = false;

  function startWorker(): Worker {
    const isSource = import.meta.url.endsWith(".ts");
    const started = new Worker(new URL(`./reader-thread.${isSource ? "ts" : "js"}`, import.meta.url), {
      workerData: start,
      ...(isSource ? { execArgv: ["--conditions=@tenantry/source"] } : {}),
    });
    started.unref();
    started.on("message", (answer: ReaderAnswer) => {
      const question = questions.get(answer.id);
      questions.delete(answer.id);
      if (questions.size === 0) started.unref();
      if (answer.ok) question?.resolve(answer.value);
      else question?.reject(fromSentError(answer.error));
    });
    started.on("error", (error) => forget(started, error));
    started.on("exit", () => forget(started, undefined));
    return started;
  }

  function forget(ended: Worker, cause: unknown): void {
    if (worker !== ended) return;
    worker = null;
    for (const question of questions.values()) question.reject(unavailable("the reading thread ended", cause));
    questions.clear();
  }

  function ask<Method extends keyof UsageReadings>(
    method: Method,
    ...values: Parameters<UsageReadings[Method]>
  ): Promise<ReturnType<UsageReadings[Method]>> {
    if (isClosed) return Promise.reject(unavailable("the storage is closed", undefined));
    worker ??= startWorker();
    const asked = worker;
    lastId += 1;
    const request: ReaderRequest = { id: lastId, method, values };
    return new Promise((resolve, reject) => {
      questions.set(request.id, { resolve: resolve as (value: unknown) => void, reject });
      asked.ref();
      asked.postMessage(request);
    });
  }

  return {
    usage: (scope, query) => ask("usage", scope, query),
    sla: (scope, query) => ask("sla", scope, query),
    calls: (scope, query) => ask("calls", scope, query),
    call: (scope, callId) => ask("call", scope, callId),
    async close() {
      isClosed = true;
      const ending = worker;
      if (ending === null) return;
      forget(ending, undefined);
      const ended = new Promise((resolve) => ending.once("exit", resolve));
      ending.ref();
      ending.postMessage("close");
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
