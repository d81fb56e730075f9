import assert from "node:assert/strict";
import { sampleAttemptEnd, sampleAttemptStart, sampleCallStart, type OtlpSpan } from "@tenantry/testkit";
import { afterEach, describe, it } from "vitest";
import type { NetraTelemetryOptions } from "../src/index.ts";
import { openNetra, type OpenedNetra } from "./open-netra.ts";
import { attribute, attributesOf, attributeTypes, spanNamed } from "./read-span.ts";

let netra: OpenedNetra;
afterEach(async () => await netra?.close());

async function attemptSpan(
  start: Parameters<typeof sampleAttemptStart>[0],
  end: Parameters<typeof sampleAttemptEnd>[0],
  options: Partial<NetraTelemetryOptions> = {},
): Promise<OtlpSpan> {
  netra = await openNetra(options);
  netra.telemetry.startCall(sampleCallStart()).startAttempt(sampleAttemptStart(start)).end(sampleAttemptEnd(end));
  return spanNamed(await netra.spans(), "openai.chat").span;
}

const messages = [
  { role: "system", content: "You are an expert meeting summarizer." },
  { role: "user", content: "Summarize: John said hello." },
] as const;

describe("check 9: content only where the tier allows it", () => {
  it("without content exactly the prompt and completion attributes are absent, and input and output are empty", async () => {
    const full = await attemptSpan({ messages }, { text: "Hello." });
    await netra.close();
    const bare = await attemptSpan({}, {});
    const extra = attributeTypes(full).filter((type) => !attributeTypes(bare).includes(type));
    assert.deepEqual(extra, [
      "gen_ai.completion.0.content: stringValue",
      "gen_ai.completion.0.role: stringValue",
      "gen_ai.prompt.0.content: stringValue",
      "gen_ai.prompt.0.role: stringValue",
      "gen_ai.prompt.1.content: stringValue",
      "gen_ai.prompt.1.role: stringValue",
    ]);
    assert.deepEqual([attribute(bare, "input"), attribute(bare, "output")], ["", ""]);
    assert.equal(attribute(full, "input"), JSON.stringify(messages));
    assert.equal(attribute(full, "output"), '[{"role":"assistant","content":"Hello."}]');
  });

  it("deviation: images are named and not copied; parts are written as JSON", async () => {
    const image = { type: "image" as const, base64: "A".repeat(50_000), mediaType: "image/png" };
    const span = await attemptSpan(
      { messages: [{ role: "user", content: [{ type: "text", text: "see" }, image] }] },
      {},
    );
    assert.equal(
      attribute(span, "gen_ai.prompt.0.content"),
      '[{"type":"text","text":"see"},{"type":"image","mediaType":"image/png","base64Length":50000}]',
    );
  });
});

describe("check 10: long content", () => {
  it("is cut to 30,000 characters with the SDK's two markers", async () => {
    const content = "x".repeat(40_000);
    const span = await attemptSpan({ messages: [{ role: "user", content }] }, { text: content });
    const prompt = String(attribute(span, "gen_ai.prompt.0.content"));
    assert.equal(prompt.length, 30_000);
    assert.ok(prompt.endsWith("x...[TRUNCATED]"));
    for (const key of ["input", "output"]) {
      const text = String(attribute(span, key));
      assert.ok(text.length <= 30_000 && text.length > 29_900, `${key}: ${text.length}`);
      assert.deepEqual((JSON.parse(text) as unknown[]).at(-1), { __truncated__: true });
    }
  });

  it("is cut at attributeMaxLength, between characters", async () => {
    const span = await attemptSpan({}, { text: "\u{1f600}".repeat(100) }, { attributeMaxLength: 65 });
    const text = String(attribute(span, "gen_ai.completion.0.content"));
    assert.ok(text.isWellFormed() && text.length <= 65 && text.endsWith("...[TRUNCATED]"));
  });

  it("does no harm to usage when there are megabytes of it", async () => {
    const span = await attemptSpan(
      { messages: Array(200).fill({ role: "user", content: '\u0000\\"'.repeat(50_000) }) },
      {},
    );
    assert.equal(attribute(span, "gen_ai.usage.prompt_tokens"), 120);
    assert.ok(String(attribute(span, "input")).length <= 30_000);
  });
});

describe("the scrubbing hook", () => {
  const scrub = (text: string): string => text.replaceAll("John", "[SCRUBBED]");

  it("is applied to prompts, answers and providers' errors", async () => {
    const span = await attemptSpan({ messages }, { text: "John", error: "John is not allowed" }, { scrub });
    assert.ok(!JSON.stringify(span).includes("John"));
    assert.equal(attributesOf(span)["gen_ai.prompt.1.content"], "Summarize: [SCRUBBED] said hello.");
    assert.equal(span.status.message, "[SCRUBBED] is not allowed");
  });

  it("that throws leaves the content out and the span in", async () => {
    const broken = (): never => {
      throw new Error("no");
    };
    const span = await attemptSpan({ messages }, { text: "John", error: "John" }, { scrub: broken });
    assert.ok(!JSON.stringify(span).includes("John"));
    assert.equal(attribute(span, "gen_ai.usage.prompt_tokens"), 120);
    assert.equal(netra.log[0]?.event, "telemetry_content_left_out");
  });
});
