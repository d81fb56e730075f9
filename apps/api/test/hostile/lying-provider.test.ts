import type { LedgerLine } from "@tenantry/core";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type BookedCall, bookedAfter, isAtRest } from "../support/books.ts";
import { openTestGateway, post, type TestGateway, until } from "../support/gateway.ts";
import { type Answer, type LyingUpstream, openLyingUpstream, says, saysForever } from "./lying-upstream.ts";
import { liveBytes } from "./probe.ts";

/** Of the tenants whose calls run into it on purpose. */
const timeoutMs = 300;

function tier(name: string, model: string, ms: number): string {
  return `  ${name}: { models: [${model}], budgets: [{ usd: "1000", within: 24h }], limits: [{ concurrent: 20 }], timeout: ${ms}ms, retries: 0, maxOutputTokens: 50 }`;
}

let upstream: LyingUpstream;
let elsewhere: LyingUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await openLyingUpstream();
  elsewhere = await openLyingUpstream();
  gateway = await openTestGateway({
    isSimulated: false,
    yaml: `
tiers:
${tier("gpt", "openai/gpt-4o-mini", 10_000)}
${tier("claude", "anthropic/claude-haiku-4-5", 10_000)}
${tier("hasty-gpt", "openai/gpt-4o-mini", timeoutMs)}
${tier("hasty-claude", "anthropic/claude-haiku-4-5", timeoutMs)}
tenants: { gpt-one: { tier: gpt }, claude-one: { tier: claude }, hasty-gpt-one: { tier: hasty-gpt }, hasty-claude-one: { tier: hasty-claude } }
providers:
  openai: { apiKey: sk-ours, baseUrl: "${upstream.url}/v1" }
  anthropic: { apiKey: sk-ours, baseUrl: "${upstream.url}" }
`,
  });
});
/** Whatever a provider did, nothing is held. */
afterEach(async () => {
  for (const tenant of ["gpt-one", "claude-one", "hasty-gpt-one", "hasty-claude-one"])
    await until(async () => await isAtRest(gateway.app, tenant));
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await elsewhere.close();
});

/** A caller and a provider: of one protocol, or of two. */
const ways = [
  { name: "relayed from OpenAI", tenant: "gpt-one", path: "/v1/chat/completions", speaks: "openai" },
  { name: "relayed from Anthropic", tenant: "claude-one", path: "/v1/messages", speaks: "anthropic" },
  { name: "translated from OpenAI", tenant: "gpt-one", path: "/v1/messages", speaks: "openai" },
  { name: "translated from Anthropic", tenant: "claude-one", path: "/v1/chat/completions", speaks: "anthropic" },
] as const;
type Way = Omit<(typeof ways)[number], "tenant"> & { readonly tenant: string };

interface Outcome {
  readonly status: number;
  readonly text: string;
  readonly call: BookedCall["call"];
  readonly line: LedgerLine;
}

/** One call of a caller, told what the provider does, and what was booked: one call with one line. */
async function ask({ tenant, path }: Way, streamed: boolean, answer: Answer): Promise<Outcome> {
  upstream.answer = answer;
  let status = 0;
  let text = "";
  const booked = await bookedAfter(gateway, async () => {
    const body = { messages: [{ role: "user", content: "Hello" }], max_tokens: 50, stream: streamed };
    const answered = await post(gateway, path, gateway.keys[tenant] ?? "", body);
    ({ status } = answered);
    text = await answered.text();
  });
  const [only] = booked;
  const line = only?.lines[0];
  if (only === undefined || line === undefined || booked.length > 1 || only.lines.length > 1)
    throw new Error("not one call with one line");
  return { status, text, call: only.call, line };
}

const chatUsage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
const messageUsage = { input_tokens: 9, output_tokens: 2 };

function wholeOf({ speaks }: Way, usage: unknown, more: object = {}): string {
  const body =
    speaks === "openai"
      ? {
          id: "chatcmpl-1",
          object: "chat.completion",
          created: 1,
          model: "gpt-4o-mini",
          choices: [{ index: 0, message: { role: "assistant", content: "Hello there" }, finish_reason: "stop" }],
          usage,
          ...more,
        }
      : {
          id: "msg_1",
          type: "message",
          role: "assistant",
          model: "claude-haiku-4-5",
          content: [{ type: "text", text: "Hello there" }],
          stop_reason: "end_turn",
          stop_sequence: null,
          usage,
          ...more,
        };
  return JSON.stringify(body);
}

const chatFacts = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-4o-mini" };

function beginning({ speaks }: Way): string {
  if (speaks === "openai") {
    return `data: ${JSON.stringify({ ...chatFacts, choices: [{ index: 0, delta: { role: "assistant", content: "Hello" }, finish_reason: null }] })}\n\n`;
  }
  return [
    event("message_start", {
      message: JSON.parse(
        wholeOf({ speaks } as Way, { ...messageUsage, output_tokens: 1 }, { content: [], stop_reason: null }),
      ) as object,
    }),
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "Hello" } }),
  ].join("");
}

function ending({ speaks }: Way, usage: unknown): string {
  if (speaks === "openai") {
    const stop = { ...chatFacts, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
    return `data: ${JSON.stringify(stop)}\n\ndata: ${JSON.stringify({ ...chatFacts, choices: [], usage })}\n\ndata: [DONE]\n\n`;
  }
  return [
    event("content_block_stop", { index: 0 }),
    event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage }),
    event("message_stop", {}),
  ].join("");
}

function event(type: string, more: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
}

const json = "application/json";
const sse = "text/event-stream";

function honestUsage({ speaks }: Way): object {
  return speaks === "openai" ? chatUsage : messageUsage;
}

describe.each(ways)("$name", (way) => {
  const hasty = { ...way, tenant: `hasty-${way.tenant}` };
  const honest = honestUsage(way);
  const names = Object.keys(honest);

  test("an honest answer is measured, so that all the rest here means something", async () => {
    const whole = await ask(way, false, says(json, wholeOf(way, honest)));
    expect([whole.status, whole.line.source, whole.line.usage?.tokens.input]).toEqual([200, "measured", 9]);
    const stream = await ask(way, true, says(sse, beginning(way) + ending(way, honest)));
    expect([stream.status, stream.line.source, stream.line.usage?.tokens.output]).toEqual([200, "measured", 2]);
  });

  const lies: readonly (readonly [string, unknown])[] = [
    ["that is negative", { ...honest, [names[0] ?? ""]: -5, [names[1] ?? ""]: -6, total_tokens: -11 }],
    ["of fractions", { ...honest, [names[1] ?? ""]: 0.5 }],
    ["beyond all counts", { ...honest, [names[1] ?? ""]: 1e300 }],
    ["in words", { ...honest, [names[1] ?? ""]: "many" }],
    ["of nothing", {}],
    ["that is no object", "lots"],
    ["that is a list", [1, 2]],
    ["that is null", null],
    [
      "of more that was cached than there was",
      way.speaks === "openai"
        ? { ...chatUsage, prompt_tokens_details: { cached_tokens: 500 } }
        : {
            ...messageUsage,
            cache_creation_input_tokens: 5,
            cache_creation: { ephemeral_5m_input_tokens: 50, ephemeral_1h_input_tokens: -45 },
          },
    ],
  ];
  test.each(lies)("usage %s is counted by us and said to be, and the answer is delivered", async (_name, usage) => {
    const whole = await ask(way, false, says(json, wholeOf(way, usage)));
    const stream = await ask(way, true, says(sse, beginning(way) + ending(way, usage)));
    for (const { status, text, call, line } of [whole, stream]) {
      expect(status).toBe(200);
      expect(text).toContain("Hello");
      expect([call.outcome, line.outcome]).toEqual(["ok", "ok"]);
      expect(line.source).toBe("estimated");
      expect(line.costPico).toBeGreaterThan(0n);
      expect(line.costPico).toBeLessThanOrEqual(line.holdPico ?? 0n);
    }
  });

  test("usage that can be true and was never asked for is booked, marked, and stops nobody", async () => {
    const usage =
      way.speaks === "openai"
        ? { prompt_tokens: 9, completion_tokens: 10_000_000, total_tokens: 10_000_009 }
        : { input_tokens: 9, output_tokens: 10_000_000 };
    for (const [streamed, answer] of [
      [false, says(json, wholeOf(way, usage))],
      [true, says(sse, beginning(way) + ending(way, usage))],
    ] as const) {
      const { status, line } = await ask(way, streamed, answer);
      expect([status, line.source, line.usage?.tokens.output]).toEqual([200, "measured", 10_000_000]);
      expect(line.marks).toContain("hold-exceeded");
    }
  });

  test("a model that nobody asked for, or none at all, is priced as the one that was", async () => {
    for (const model of ["gpt-nobody-knows", "x".repeat(5_000), "", "__proto__"]) {
      const { status, line } = await ask(way, false, says(json, wholeOf(way, honest, { model })));
      expect([status, line.source]).toEqual([200, "measured"]);
      expect(line.costPico).toBeGreaterThan(0n);
    }
  });

  const noAnswers: readonly (readonly [string, Answer])[] = [
    [
      "an error in the body of a 200",
      says(json, '{"error":{"message":"overloaded","type":"server_error","code":"overloaded"}}'),
    ],
    [
      "an error of the other vendor in a 200",
      says(json, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'),
    ],
    ["a page in HTML", says("text/html", "<html><body>Sign in</body></html>")],
    ["a page in HTML that says it is JSON", says(json, "<html><body>Sign in</body></html>")],
    ["nothing", says(json, "")],
    ["JSON of something else", says(json, '{"hello":"world"}')],
    ["null", says(json, "null")],
    ["half of an answer", says(json, wholeOf(way, honest).slice(0, 60))],
    [
      "bytes that are packed, unasked",
      says(json, Buffer.from("1f8b0800000000000003", "hex"), { "content-encoding": "gzip" }),
    ],
    ["bytes that are no text", says(json, Buffer.from([0xff, 0xfe, 0x00, 0x7b]))],
    ["no content, with 204", (_req, res) => void res.writeHead(204).end()],
    ["part of a content, with 206", (_req, res) => void res.writeHead(206, { "content-type": json }).end("{}")],
    ["the end of the connection", (req) => void req.socket.destroy()],
    ["something that is no HTTP", (req) => void req.socket.end("220 smtp.example ESMTP\r\n")],
    ["a status beyond all statuses", (req) => void req.socket.end("HTTP/1.1 999 Strange\r\ncontent-length: 0\r\n\r\n")],
    [
      "less than it announced",
      (req) => void req.socket.end(`HTTP/1.1 200 OK\r\ncontent-type: ${json}\r\ncontent-length: 5000\r\n\r\n{"id":`),
    ],
  ];
  test.each(noAnswers)(
    "%s is no answer: 502 in the caller's envelope, and a cost that is not zero by accident",
    async (_name, answer) => {
      for (const streamed of [false, true]) {
        const { status, text, call, line } = await ask(way, streamed, answer);
        const told = JSON.parse(text) as { error: { code?: string; message: string } };
        expect([status, told.error.code]).toEqual([502, "upstream_error"]);
        expect(call.outcome).toBe("failed");
        expect(line.source === "unknown" || line.outcome === "refused").toBe(true);
        if (line.source === "unknown") {
          expect(line.costPico).toBeNull();
          expect(line.atMostPico).toBeGreaterThan(0n);
        }
        expect(text).not.toMatch(/sk-ours|127\.0\.0\.1/);
      }
    },
  );

  test("a stream where an answer was asked for, and an answer where a stream was, are none", async () => {
    const stream = await ask(way, false, says(sse, beginning(way) + ending(way, honest)));
    const whole = await ask(way, true, says(json, wholeOf(way, honest)));
    expect([stream.status, whole.status]).toEqual([502, 502]);
    expect([stream.line.costPico, whole.line.costPico]).toEqual([null, null]);
  });

  test.each([301, 302, 303, 307, 308])("a redirect (%i) is not followed: our key goes nowhere else", async (code) => {
    for (const streamed of [false, true]) {
      const location = `${elsewhere.url}/v1/chat/completions`;
      const { status } = await ask(way, streamed, (_req, res) => void res.writeHead(code, { location }).end());
      expect(status).toBe(502);
    }
    expect(elsewhere.requests()).toBe(0);
  });

  test("headers of a provider's do not pass as ours", async () => {
    const headers = {
      "x-tenantry-charge-usd": "0",
      "x-tenantry-call-id": "call_forged",
      "set-cookie": "a=b",
      "transfer-encoding": "chunked",
      location: "/elsewhere",
    };
    upstream.answer = says(json, wholeOf(way, honest), headers);
    const body = { messages: [{ role: "user", content: "Hello" }], max_tokens: 50 };
    const answer = await post(gateway, way.path, gateway.keys[way.tenant] ?? "", body);
    expect(answer.headers.get("x-tenantry-call-id")).toMatch(/^call_[0-9a-z]{20,}$/);
    expect([
      answer.headers.get("x-tenantry-charge-usd"),
      answer.headers.get("set-cookie"),
      answer.headers.get("location"),
    ]).toEqual([expect.stringMatching(/^0\.0*[1-9]/), null, null]);
  });

  test("a stream without end is ended at the deadline, and its provider let go", async () => {
    const more =
      way.speaks === "openai"
        ? beginning(way)
        : event("content_block_delta", { index: 0, delta: { type: "text_delta", text: " more" } });
    const before = liveBytes();
    const startedAt = performance.now();
    const { status, text, call, line } = await ask(
      hasty,
      true,
      saysForever(sse, beginning(way), () => more),
    );
    expect(performance.now() - startedAt).toBeLessThan(timeoutMs + 4_000);
    expect(status).toBe(200);
    expect(text).toContain("upstream_timeout");
    expect(call).toMatchObject({ outcome: "failed", failure: "upstream_timeout" });
    expect([line.outcome, line.source]).toEqual(["timeout", "estimated"]);
    await until(() => upstream.running() === 0);
    expect(liveBytes() - before).toBeLessThan(30_000_000);
  });

  test("a line without end is not kept, whatever it is a line of", async () => {
    const before = liveBytes();
    const chunk = Buffer.alloc(1_000_000, "x");
    const { status, call, line } = await ask(
      hasty,
      true,
      saysForever(sse, `${beginning(way)}data: {"text":"`, () => chunk),
    );
    expect(status).toBe(200);
    expect(call.outcome).toBe("failed");
    expect(line.source).toBe("estimated");
    expect(liveBytes() - before).toBeLessThan(30_000_000);
    await until(() => upstream.running() === 0);
  });

  test("an answer that never ends, and one that never begins, are a 504", async () => {
    const slow: Answer = (_req, res) => void res.writeHead(200, { "content-type": json }).write('{"id":');
    const silent: Answer = () => undefined;
    for (const answer of [slow, silent]) {
      const { status, line } = await ask(hasty, false, answer);
      expect([status, line.outcome, line.source]).toEqual([504, "timeout", "unknown"]);
    }
    await until(() => upstream.running() === 0);
  });

  test("what comes behind the end of a stream changes nothing that was booked", async () => {
    const rest = ending(way, { ...honest, [names[1] ?? ""]: 40 });
    const { status, line } = await ask(
      way,
      true,
      says(sse, beginning(way) + ending(way, honest) + rest + beginning(way)),
    );
    expect([status, line.source, line.usage?.tokens.output]).toEqual([200, "measured", 2]);
  });

  test("noise in the frames of a stream always comes to an end that is booked", { timeout: 60_000 }, async () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.json({ maxDepth: 2 }).map((text) => Buffer.from(`data: ${text}\n\n`)),
      fc
        .constantFrom(
          beginning(way),
          ending(way, honest),
          "data: [DONE]\n\n",
          "data:\n\n",
          "event: message_stop\n\n",
          ": hi\n\n",
          "\r\r\n\n",
          "data: {\n\n",
          "id: 1\nretry: 0\n\n",
          "\ufeffdata: {}\n\n",
        )
        .map((text) => Buffer.from(text)),
    );
    for (const frames of fc.sample(fc.array(frame, { maxLength: 8 }), { numRuns: 40, seed: 11 })) {
      const bytes = Buffer.concat(frames);
      const { status, call, line } = await ask(way, true, says(sse, bytes));
      const told = `${status} ${call.outcome} ${line.outcome}: ${bytes.toString("latin1")}`;
      expect([200, 502], told).toContain(status);
      expect([status === 200 || call.outcome === "failed", told]).toEqual([true, told]);
      expect([line.source !== "unknown" || line.costPico === null, told]).toEqual([true, told]);
    }
  });
});
