import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHash } from "node:crypto";
import { loadConfig } from "@tenantry/composition";
import OpenAI from "openai";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { hello, openTestGateway, post, tiers, until } from "../support/gateway.ts";
import { openFixedUpstream } from "../support/fixed-upstream.ts";
import { readBooks } from "../support/books.ts";
import { type ExportedSpan, jsonExport } from "./export-body.ts";
import { bookedOf, type IngestGateway, openIngestGateway, sendExport, sendSpans } from "./installation.ts";
import { appSpan, costOfOne, exported, llmSpan, newTraceId, tokensOfOne } from "./spans.ts";

let gateway: IngestGateway;
beforeAll(async () => void (gateway = await openIngestGateway()));
afterAll(async () => await gateway.close());

/** Everything that a repetition must not change, in one value. */
async function state(of: IngestGateway): Promise<string> {
  const books = await readBooks(of.app);
  const text = JSON.stringify(books, (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  return createHash("sha256").update(text).digest("hex");
}

/** A trace of an application that has a framework's span around each of its calls, some retold by a second tracing. */
function awkwardTrace(tenantId: string): readonly ExportedSpan[] {
  const traceId = newTraceId();
  const startMs = Date.now() - 60_000;
  const root = appSpan(traceId, tenantId, startMs);
  const calls = [0, 1, 2].flatMap((at) => {
    const responseId = `resp-${traceId}-${at}`;
    const wrapper = llmSpan({ tenantId: null, traceId, parentSpanId: root.spanId, startMs: startMs + at });
    const inner = llmSpan({ tenantId: null, traceId, parentSpanId: wrapper.spanId, responseId, startMs: startMs + at });
    return [wrapper, inner, llmSpan({ tenantId, responseId, startMs: startMs + at })];
  });
  return [root, ...calls];
}

describe("an export that is repeated", () => {
  test("changes nothing, whole or in part, however often", async () => {
    const spans = awkwardTrace("acme");
    const before = await bookedOf(gateway, "acme");
    expect((await sendSpans(gateway, spans)).body).toEqual({});
    const after = await bookedOf(gateway, "acme");
    expect([after.calls - before.calls, after.costPico - before.costPico]).toEqual([3, 3n * costOfOne]);
    const stands = await state(gateway);
    for (const part of [spans, spans.slice(3), spans.toReversed(), spans.slice(0, 1)]) {
      expect((await sendSpans(gateway, part)).body).toEqual({});
      expect(await state(gateway)).toBe(stands);
    }
  });

  test("while it is still being recorded counts once", async () => {
    const spans = Array.from({ length: 300 }, () => llmSpan({ tenantId: "rival" }));
    const before = await bookedOf(gateway, "rival");
    const answers = await Promise.all([1, 2, 3, 4].map(async () => await sendSpans(gateway, spans)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await bookedOf(gateway, "rival")).calls - before.calls).toBe(300);
  });
});

test("whatever the cut into exports and their order, the books are the same", { timeout: 60_000 }, async () => {
  const plan = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.nat()));
  await fc.assert(
    fc.asyncProperty(plan, async ([cuts, numbers]) => {
      const tenantId = "acme";
      const spans = [...awkwardTrace(tenantId), ...awkwardTrace(tenantId)];
      const random = (): number => numbers.next().value ?? 0;
      const shuffled = spans
        .map((span) => ({ span, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ span }) => span);
      const before = await bookedOf(gateway, tenantId);
      const size = Math.ceil(shuffled.length / cuts);
      for (let from = 0; from < shuffled.length; from += size) {
        expect((await sendSpans(gateway, shuffled.slice(from, from + size))).status).toBe(200);
      }
      const after = await bookedOf(gateway, tenantId);
      expect([after.calls - before.calls, after.costPico - before.costPico]).toEqual([6, 6n * costOfOne]);
    }),
    { numRuns: 15 },
  );
});

describe("an application behind the gateway that also exports its own traces here", () => {
  const told = (id: string, model: string): ExportedSpan => llmSpan({ tenantId: "acme", responseId: id, model });

  test("costs what the gateway measured, once: its span comes after the call", async () => {
    const client = new OpenAI({ apiKey: gateway.keys["acme"] ?? "", baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    const answer = await client.chat.completions.create({ model: "gpt-4o-mini", messages: hello.messages as never });
    const stands = await state(gateway);
    const { status, body } = await sendSpans(gateway, [told(answer.id, answer.model)]);
    expect([status, body]).toEqual([200, {}]);
    expect(await state(gateway)).toBe(stands);
    await gateway.app.ingest.settlePending();
    expect(await state(gateway)).toBe(stands);
  });

  test("and its span comes before the call is in the ledger", async () => {
    const upstream = await openFixedUpstream();
    onTestFinished(async () => await upstream.close());
    const id = "chatcmpl-told-first";
    const answer = {
      id,
      object: "chat.completion",
      created: 1,
      model: "gpt-4o-mini",
      choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    };
    upstream.answer = {
      headers: { "content-type": "application/json" },
      pieces: [Buffer.from(JSON.stringify(answer))],
    };
    const early = await openIngestGateway(`providers: { openai: { apiKey: sk-x, baseUrl: "${upstream.url}/v1" } }`, {
      yaml: "tiers: { open: { models: [openai/gpt-4o-mini] } }\ntenants: { acme: { tier: open } }",
      isSimulated: false,
    });
    onTestFinished(async () => await early.close());
    await sendSpans(early, [told(id, "gpt-4o-mini")]);
    expect(await bookedOf(early, "acme")).toEqual({ calls: 1, attempts: 1, costPico: costOfOne });
    const client = new OpenAI({ apiKey: early.keys["acme"] ?? "", baseURL: `${early.url}/v1`, maxRetries: 0 });
    const completion = await client.chat.completions.create({
      model: "gpt-4o-mini",
      messages: hello.messages as never,
    });
    expect(completion.id).toBe(id);
    expect(await early.app.ingest.settlePending()).toBe(1);
    const books = await readBooks(early.app);
    expect(books.map(({ call }) => call.origin)).toEqual(["call"]);
    // What the gateway measured: 10 × $0.15 and 5 × $0.60 per million.
    expect(await bookedOf(early, "acme")).toEqual({ calls: 1, attempts: 1, costPico: 4_500_000n });
    expect(await early.app.ingest.settlePending()).toBe(0);
  });
});

test("our own telemetry sent here tells of calls that are known, and costs nothing more", async () => {
  // The address is known before the gateway listens.
  let target = "";
  const front = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      void fetch(target + (req.url ?? ""), {
        method: "POST",
        headers: req.headers as Record<string, string>,
        body: new Uint8Array(Buffer.concat(chunks)),
      }).then(async (answer) => {
        seen.push(answer.status);
        res.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
      });
    });
  });
  const seen: number[] = [];
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void front.close());
  const { port } = front.address() as AddressInfo;
  const key = "an-admin-key-of-the-tests";
  const own = await openTestGateway({
    yaml: `${tiers}\ntelemetry: { netra: { endpoint: "http://127.0.0.1:${port}/telemetry", apiKey: ${key} } }`,
  });
  onTestFinished(async () => await own.close());
  target = own.url;
  for (const tenant of ["acme", "rival"]) {
    const answer = await post(own, "/v1/chat/completions", own.keys[tenant] ?? "", hello);
    expect(answer.status).toBe(200);
    await answer.text();
  }
  const before = [await bookedOf(own), await bookedOf(own, "acme")];
  await until(() => seen.length > 0, 10_000);
  expect(new Set(seen)).toEqual(new Set([200]));
  await own.app.ingest.settlePending();
  expect([await bookedOf(own), await bookedOf(own, "acme")]).toEqual(before);
  const { items } = await own.app.storage.spans.traces(
    { kind: "installation" },
    { period: { from: 0, to: Date.now() + 1_000 }, order: "newest-first", limit: 10 },
  );
  expect(items.map(({ item }) => item.tenantId).sort()).toEqual(["acme", "rival"]);
});

test("spans of a month ago still come to their own day, and to a bill that is not closed", async () => {
  const day = 86_400_000;
  const startMs = Date.now() - 20 * day;
  const before = await bookedOf(gateway, "claude-one");
  expect((await sendSpans(gateway, [llmSpan({ tenantId: "claude-one", startMs })])).body).toEqual({});
  expect((await bookedOf(gateway, "claude-one")).calls).toBe(before.calls + 1);
  const period = { from: startMs - day, to: startMs + day };
  const [row] = await gateway.app.reader.usage(
    { kind: "tenant", tenantId: "claude-one" },
    { period, groupBy: ["day"], timeZone: "UTC" },
  );
  expect(row).toMatchObject({ day: new Date(startMs).toISOString().slice(0, 10), calls: 1, costPico: costOfOne });
});

test("fifty tenants at once get their own calls and nobody else's", { timeout: 60_000 }, async () => {
  const ids = Array.from({ length: 50 }, (_, at) => `t-${at}`);
  const yaml = `tiers: { a: { models: [openai/gpt-4o-mini] } }\ntenants:\n${ids.map((id) => `  ${id}: { tier: a }`).join("\n")}`;
  const many = await openIngestGateway("", { yaml });
  onTestFinished(async () => await many.close());
  const send = async (id: string, at: number): Promise<void> => {
    // Half with their own keys, half by one that writes for all.
    const own = at % 2 === 0;
    for (let round = 0; round < 4; round += 1) {
      const spans = Array.from({ length: at + 1 }, () =>
        llmSpan({ tenantId: own ? null : id, userId: `user-of-${id}` }),
      );
      const key = own ? (many.keys[id] ?? "") : many.ingestKey;
      const { status } = await sendExport(many, key, jsonExport(exported(spans)));
      expect(status).toBe(200);
    }
  };
  await Promise.all(ids.map(send));
  const rows = await many.app.reader.usage(
    { kind: "installation" },
    { period: { from: 0, to: Date.now() + 1_000 }, groupBy: ["tenant", "user"], timeZone: "UTC" },
  );
  expect(rows).toHaveLength(50);
  for (const [at, id] of ids.entries()) {
    const row = rows.find(({ tenantId }) => tenantId === id);
    const calls = 4 * (at + 1);
    expect([row?.userId, row?.calls, row?.costPico]).toEqual([`user-of-${id}`, calls, BigInt(calls) * costOfOne]);
  }
});

test("a reported call is a call like any other: priced, listed, explained, in its tenant's service level", async () => {
  const { spanId, traceId, ...span } = llmSpan({ tenantId: "acme", userId: "kim" });
  await sendSpans(gateway, [{ ...span, spanId, traceId }]);
  const callId = `${span.startMs.toString(36)}-${traceId}-${spanId}`;
  const detail = await gateway.app.reader.call({ kind: "tenant", tenantId: "acme" }, callId);
  expect(detail?.call).toMatchObject({
    origin: "ingest",
    tenantId: "acme",
    userId: "kim",
    outcome: "ok",
    latencyMs: 800,
  });
  expect(detail?.lines).toMatchObject([
    { costPico: costOfOne, source: "measured", priceId: expect.any(String) as string },
  ]);
  const { tokens } = detail?.lines[0]?.usage ?? {};
  expect((tokens?.input ?? 0) + (tokens?.output ?? 0)).toBe(tokensOfOne);
  const explained = await fetch(`${gateway.url}/api/v1/calls/${callId}/explain?format=text`, {
    headers: { "x-api-key": gateway.keys["acme"] ?? "" },
  });
  expect(await explained.text()).toContain("0.00045");
});

test("the examples' configurations take spans as they are", async () => {
  const path = new URL("../../../../examples/meetingmind/tenantry.yaml", import.meta.url).pathname;
  const { ingest } = await loadConfig({ path, env: {} });
  expect(ingest).toMatchObject({ unknownTenant: { kind: "quarantine" }, maxBodyBytes: 16 * 2 ** 20 });
});
