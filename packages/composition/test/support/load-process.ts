// A process that makes calls until it is killed: node … load-process.ts <configuration> <log> <seed> [calm].
// A calm one makes fewer, and none with a deadline that it cannot keep.
//
// It prints a line when it has loaded, and a dot for each thing a caller saw; and it appends to the log what a caller saw, one JSON object a line, each written before the next step: `begun` when the
// provider has begun to answer, `ended` when a call is over for its caller, `denied`.
import { openSync, writeSync } from "node:fs";
import type { CallInput, ChatRequest } from "@tenantry/core";
import { type App, loadConfig, openApp } from "../../src/index.ts";
import { createSeededRandom } from "./seeded-random.ts";

const [configPath = "", logPath = "", seed = "1", pace = "busy"] = process.argv.slice(2);
const calm = pace === "calm";
const log = openSync(logPath, "a");
const write = (entry: Readonly<Record<string, string | number | null>>): void => {
  writeSync(log, `${JSON.stringify(entry)}\n`);
  process.stdout.write(".");
};

const random = createSeededRandom(Number(seed));
const { whole } = random;
const wait = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

async function callOnce(app: App): Promise<void> {
  const input: CallInput = {
    tenantId: random.pick(kinds.get(random.pick(kindNames)) as [string]),
    userId: `user-${whole(3)}`,
    sessionId: `session-${whole(5)}`,
    feature: "answer",
    ...(!calm && whole(6) === 0 ? { timeoutMs: 1 + whole(60) } : {}),
  };
  const content = "The bridge is closed until May, says the town. ".repeat(1 + whole(8));
  const request: ChatRequest = { messages: [{ role: "user", content }], maxOutputTokens: 8 + whole(40) };
  if (whole(2) === 0) await answerWhole(app, input, request);
  else await answerStream(app, input, request);
}

async function answerWhole(app: App, input: CallInput, request: ChatRequest): Promise<void> {
  const result = await app.tenantry.call(input, request);
  if (result.kind === "denied") return await denied(input, result.denial.code);
  write({ event: "ended", callId: result.callId, tenantId: input.tenantId, outcome: result.record.outcome });
}

async function answerStream(app: App, input: CallInput, request: ChatRequest): Promise<void> {
  const result = await app.tenantry.stream(input, request);
  if (result.kind === "denied") return await denied(input, result.denial.code);
  if (result.kind === "answering") {
    write({ event: "begun", callId: result.callId, tenantId: input.tenantId, outcome: null });
    const leaveAfter = whole(4) === 0 ? 1 + whole(10) : Infinity;
    let events = 0;
    try {
      for await (const _event of result.events) if (++events >= leaveAfter) break;
    } catch {
      // `ended` tells the same error.
    }
  }
  const ended = result.kind === "failed" ? result.ended : await result.ended;
  write({ event: "ended", callId: result.callId, tenantId: input.tenantId, outcome: ended.record.outcome });
}

async function denied({ tenantId }: CallInput, code: string): Promise<void> {
  write({ event: "denied", callId: null, tenantId, outcome: code });
  await wait(15 + whole(30));
}

const config = await loadConfig({ path: configPath, env: {} });
/** Tenants by what their ids begin with: each kind makes as many calls, however many they are, and the limited twice. */
const kinds = Map.groupBy(
  config.catalogue.tenants.map(({ id }) => id),
  (id) => id.split("-")[0] ?? id,
);
const kindNames = ["limited", ...kinds.keys()] as const;
process.stdout.write("ready\n");
const app = await openApp(config);
write({ event: "open", callId: null, tenantId: null, outcome: null });
await Promise.all(
  Array.from({ length: calm ? 2 : 6 }, async () => {
    for (;;) {
      await callOnce(app);
      if (calm) await wait(20);
    }
  }),
);
