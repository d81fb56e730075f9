import { Agent, request } from "node:http";
import type { Exported, ExportPlan, SenderOrder, SenderReport } from "./export-plan.ts";
import { makeTrace, spansOfTrace } from "./made-spans.ts";
import { contentTypes, toExport } from "./to-export.ts";

/** Sends exports of spans that were never sent before, over kept connections. */
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const spacingMs = 1;
const agoMs = 60_000;

let prepared: { readonly plan: ExportPlan; readonly bodies: readonly Buffer[] } | null = null;

process.on("message", (order: SenderOrder) => {
  follow(order).then(
    (exported) => report({ id: order.id, exported }),
    (error: unknown) => report({ id: order.id, error: String(error) }),
  );
});
console.log("ready; serves http://127.0.0.1:0");

function report(message: SenderReport): void {
  process.send?.(message);
}

async function follow(order: SenderOrder): Promise<Exported | null> {
  if (order.kind === "prepare") {
    prepared = { plan: order.plan, bodies: bodiesOf(order.plan) };
    return null;
  }
  if (prepared === null) throw new Error("nothing is prepared");
  const { plan, bodies } = prepared;
  prepared = null;
  const startedMs = performance.now();
  const { durationMs, rhythm } = plan;
  const isTime = (): boolean => durationMs === null || performance.now() - startedMs < durationMs;
  const sent = await (rhythm.kind === "inFlight"
    ? inLanes(plan, bodies, rhythm.requests, isTime)
    : steadily(plan, bodies, rhythm.spansPerSecond, isTime));
  return {
    spans: sent * plan.spansOfBatch,
    tookMs: performance.now() - startedMs,
    bodyBytes: bodies.slice(0, sent).reduce((sum, body) => sum + body.length, 0),
  };
}

function bodiesOf({ shape, encoding, firstTrace, batches, spansOfBatch }: ExportPlan): readonly Buffer[] {
  const traces = spansOfBatch / spansOfTrace[shape];
  const beginsAt = Date.now() - agoMs;
  return Array.from({ length: batches }, (_, batch) => {
    const numbers = Array.from({ length: traces }, (__, trace) => batch * traces + trace);
    return toExport(
      numbers.flatMap((number) =>
        makeTrace(shape, firstTrace + number, beginsAt + (number % agoMs) * spacingMs - 2_000),
      ),
      encoding,
    );
  });
}

/** Bodies are sent in their order, so that what was sent is a number. */
async function inLanes(
  plan: ExportPlan,
  bodies: readonly Buffer[],
  lanes: number,
  isTime: () => boolean,
): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (isTime()) {
      const body = bodies[next];
      if (body === undefined) return;
      next += 1;
      await send(plan, body);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return next;
}

async function steadily(
  plan: ExportPlan,
  bodies: readonly Buffer[],
  spansPerSecond: number,
  isTime: () => boolean,
): Promise<number> {
  const everyMs = (plan.spansOfBatch * 1_000) / spansPerSecond;
  const startedMs = performance.now();
  const running: Promise<void>[] = [];
  for (const [index, body] of bodies.entries()) {
    const waitMs = startedMs + index * everyMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (!isTime()) break;
    running.push(send(plan, body));
  }
  await Promise.all(running);
  return running.length;
}

/** Rejects unless all spans of the body were taken. */
function send({ origin, key, encoding }: ExportPlan, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": contentTypes[encoding],
      "content-length": body.length,
      authorization: `Bearer ${key}`,
    };
    const sent = request(`${origin}/v1/traces`, { method: "POST", agent, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        // An empty answer says that nothing was refused.
        if (answer.statusCode === 200 && (text === "" || text === "{}")) resolve();
        else reject(new Error(`an export was answered ${answer.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
