import assert from "node:assert/strict";
import type { ChatMessage } from "@tenantry/core";
import { sampleAttemptEnd, sampleAttemptStart, sampleCallEnd, sampleCallStart, sampleLine } from "@tenantry/testkit";
import fc from "fast-check";
import { afterEach, describe, it } from "vitest";
import type { OtlpTelemetryOptions } from "../src/index.ts";
import { toInputMessages, toOutputMessages } from "../src/to-messages.ts";
import { openOtlp, type OpenedOtlp } from "./open-otlp.ts";
import { spanNamed, valueIn, valuesOf } from "./read-attributes.ts";

let otlp: OpenedOtlp;
afterEach(async () => await otlp?.close());

async function attemptWith(
  messages: readonly ChatMessage[] | null,
  end: Parameters<typeof sampleAttemptEnd>[0],
  options: Partial<OtlpTelemetryOptions> = {},
): Promise<ReturnType<typeof spanNamed>> {
  otlp = await openOtlp(options);
  const call = otlp.telemetry.startCall(sampleCallStart());
  call.startAttempt(sampleAttemptStart({ messages })).end(sampleAttemptEnd(end));
  call.end(sampleCallEnd());
  return spanNamed(await otlp.spans(), "chat gpt-4o-mini");
}

function parsed(value: unknown): unknown {
  return JSON.parse(String(value));
}

const conversation: readonly ChatMessage[] = [
  { role: "system", content: "Be brief." },
  {
    role: "user",
    content: [
      { type: "text", text: "What is this?" },
      { type: "image", url: "https://x.example/a.png" },
    ],
  },
  {
    role: "assistant",
    content: "",
    toolCalls: [{ id: "call_1", name: "look", argumentsJson: '{"at":"a.png"}' }],
  },
  { role: "tool", toolCallId: "call_1", content: "a bridge" },
];

describe("content", () => {
  it("is not there where the tier does not allow it", async () => {
    const span = await attemptWith(null, { text: null });
    assert.deepEqual(
      span.attributes.filter(({ key }) => /messages|content/.test(key)),
      [],
    );
  });

  it("is in the conventions' form where it does, after everything else", async () => {
    const span = await attemptWith(conversation, { text: "It is a bridge." });
    assert.deepEqual(parsed(valueIn(span, "gen_ai.input.messages")), [
      { role: "system", parts: [{ type: "text", content: "Be brief." }] },
      {
        role: "user",
        parts: [
          { type: "text", content: "What is this?" },
          { type: "uri", modality: "image", uri: "https://x.example/a.png" },
        ],
      },
      { role: "assistant", parts: [{ type: "tool_call", id: "call_1", name: "look", arguments: { at: "a.png" } }] },
      { role: "tool", parts: [{ type: "tool_call_response", id: "call_1", response: "a bridge" }] },
    ]);
    assert.deepEqual(parsed(valueIn(span, "gen_ai.output.messages")), [
      { role: "assistant", parts: [{ type: "text", content: "It is a bridge." }], finish_reason: "stop" },
    ]);
    const keys = span.attributes.map(({ key }) => key);
    const usage = Math.max(...keys.flatMap((key, index) => (key.startsWith("gen_ai.usage.") ? [index] : [])));
    assert.ok(usage < keys.findIndex((key) => key.endsWith(".messages")));
    assert.ok(keys.slice(-2).every((key) => key.endsWith(".messages")));
  });

  it("has the tools that were offered, by name, and those that the answer calls, beside its text", async () => {
    otlp = await openOtlp();
    const tools = [{ name: "look", description: "secret plan", parameters: { type: "object" } }];
    const toolCalls = [
      { id: "call_1", name: "look", argumentsJson: '{"at":"a.png"}' },
      { id: "call_2", name: "look", argumentsJson: '{"at":' },
    ];
    const attempt = otlp.telemetry.startCall(sampleCallStart()).startAttempt(sampleAttemptStart({ tools }));
    attempt.end(sampleAttemptEnd({ text: "Let me look.", toolCalls, finishReason: "tool-calls" }));
    const span = spanNamed(await otlp.spans(), "chat gpt-4o-mini");
    assert.deepEqual(parsed(valueIn(span, "gen_ai.tool.definitions")), [{ type: "function", name: "look" }]);
    assert.deepEqual(parsed(valueIn(span, "gen_ai.output.messages")), [
      {
        role: "assistant",
        parts: [
          { type: "text", content: "Let me look." },
          { type: "tool_call", id: "call_1", name: "look", arguments: { at: "a.png" } },
          { type: "tool_call", id: "call_2", name: "look", arguments: '{"at":' },
        ],
        finish_reason: "tool_call",
      },
    ]);
    assert.equal(valueIn(span, "gen_ai.input.messages"), undefined);
  });

  it("of an answer that only calls tools is the calls alone", async () => {
    const toolCalls = [{ id: "call_1", name: "look", argumentsJson: "" }];
    const span = await attemptWith(null, { text: "", toolCalls, finishReason: "tool-calls" });
    assert.deepEqual(parsed(valueIn(span, "gen_ai.output.messages")), [
      {
        role: "assistant",
        parts: [{ type: "tool_call", id: "call_1", name: "look", arguments: "" }],
        finish_reason: "tool_call",
      },
    ]);
  });

  it("names images that are sent as bytes, and does not copy them", async () => {
    const bytes = "iVBORw0KGgo".repeat(10_000);
    const image = [
      { type: "image", base64: bytes, mediaType: "image/png" },
      { type: "image", url: `data:image/png;base64,${bytes}` },
    ] as const;
    const span = await attemptWith([{ role: "user", content: image }], { text: null });
    assert.deepEqual(parsed(valueIn(span, "gen_ai.input.messages")), [
      {
        role: "user",
        parts: [
          { type: "image_left_out", mime_type: "image/png", base64_length: bytes.length },
          { type: "image_left_out", url_length: bytes.length + 22 },
        ],
      },
    ]);
  });

  it("of any length is cut so that it stays JSON within the limit, says so, and costs no other attribute", async () => {
    const messages: readonly ChatMessage[] = Array.from({ length: 5_000 }, (_, index) => ({
      role: "user",
      content: `${index} ${"ä".repeat(500)}`,
    }));
    const span = await attemptWith(messages, { text: "y".repeat(500_000) });
    for (const key of ["gen_ai.input.messages", "gen_ai.output.messages"]) {
      const text = String(valueIn(span, key));
      assert.ok(text.length <= 30_000 && text.length > 29_000, `${key} has ${text.length}`);
      assert.ok(Array.isArray(JSON.parse(text)));
    }
    assert.equal(valueIn(span, "tenantry.content_truncated"), true);
    assert.equal(valueIn(span, "gen_ai.usage.input_tokens"), 120);
    assert.equal(valueIn(span, "gen_ai.response.id"), "chatcmpl-1");
  });

  it("passes the hook first: prompts, tools' arguments and answers, images' addresses and providers' errors", async () => {
    const scrub = (text: string): string => text.replaceAll(/\w*secret\w*/g, "***");
    const messages: readonly ChatMessage[] = [
      {
        role: "user",
        content: [
          { type: "text", text: "my secret" },
          { type: "image", url: "https://x/secret" },
        ],
      },
      { role: "assistant", content: "secret1", toolCalls: [{ id: "1", name: "f", argumentsJson: '{"a":"secret2"}' }] },
      { role: "tool", toolCallId: "1", content: "secret3" },
    ];
    const line = sampleLine({ outcome: "failed", status: 500 });
    const toolCalls = [
      { id: "2", name: "g", argumentsJson: '{"b":["s\\u0065cret6"]}' },
      { id: "3", name: "g", argumentsJson: '{"c":secret7' },
    ];
    const end = { text: "secret4", toolCalls, line, error: "bad prompt: secret5" };
    const span = await attemptWith(messages, end, { scrub });
    assert.doesNotMatch(JSON.stringify([valuesOf(span.attributes), span.status]), /secret/);
    assert.equal(span.status.message, "bad prompt: ***");
  });

  it("is left out, and told of, when the hook throws; the span arrives with its usage", async () => {
    const scrub = (): string => {
      throw new Error("no");
    };
    const line = sampleLine({ outcome: "failed", status: 500 });
    const span = await attemptWith(conversation, { text: "answer", error: "quoted prompt", line }, { scrub });
    assert.deepEqual(
      span.attributes.filter(({ key }) => key.endsWith(".messages")),
      [],
    );
    assert.equal(valueIn(span, "gen_ai.usage.input_tokens"), 120);
    assert.doesNotMatch(span.status.message ?? "", /quoted/);
    assert.ok(otlp.log.some(({ event }) => event === "telemetry_content_left_out"));
  });

  it("never gives the hook megabytes to work on", async () => {
    const lengths: number[] = [];
    const scrub = (text: string): string => (lengths.push(text.length), text);
    await attemptWith([{ role: "user", content: "x".repeat(5_000_000) }], { text: "y".repeat(5_000_000) }, { scrub });
    assert.ok(Math.max(...lengths) <= 120_000);
  });
});

describe("messages as JSON", () => {
  const text = fc.string({ unit: "binary", maxLength: 60 });
  const message = fc.record({ role: fc.constantFrom("system", "user", "assistant"), content: text });

  it("are whole, well-formed JSON within the limit, and a beginning of what was said", () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 64, max: 600 }),
        (said, maxLength) => {
          const limits = { maxLength, scrub: (value: string) => value };
          const content = toInputMessages(said as readonly ChatMessage[], limits);
          const json = content?.json ?? "";
          assert.ok(json.length <= maxLength && json.isWellFormed());
          const kept = JSON.parse(json) as { role: string; parts: { content?: string }[] }[];
          assert.equal(
            content?.truncated,
            kept.length < said.length || kept.some(({ parts }, index) => isShorter(parts, said[index])),
          );
          kept.forEach(({ role, parts }, index) => {
            assert.equal(role, said[index]?.role);
            assert.ok((said[index]?.content ?? "").toWellFormed().startsWith(parts[0]?.content ?? ""));
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("of an empty conversation or answer are none", () => {
    const limits = { maxLength: 100, scrub: (value: string) => value };
    assert.equal(toInputMessages([], limits), null);
    assert.equal(toOutputMessages("", [], "stop", limits), null);
  });
});

function isShorter(parts: readonly { content?: string }[], said: { content: string } | undefined): boolean {
  return (parts[0]?.content ?? "") !== (said?.content ?? "").toWellFormed();
}
