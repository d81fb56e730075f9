import { inputTokens, outputTokens, tokensOf, usageOf } from "@tenantry/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convertAnthropicUsage, mergeAnthropicUsage } from "./convert-anthropic-usage.ts";

// Shapes: https://platform.claude.com/docs/en/api/messages/create#response-usage and
// https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
const plain = {
  input_tokens: 2095,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: 503,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: "standard",
  inference_geo: "not_available",
  speed: null,
};

describe("usage of an answer", () => {
  it.each([
    ["a plain answer", {}, usageOf({ input: 2095, output: 503 })],
    [
      "a cache read",
      { input_tokens: 50, cache_read_input_tokens: 100_000 },
      usageOf({ input: 50, cacheRead: 100_000, output: 503 }),
    ],
    [
      "writes for five minutes and an hour",
      {
        cache_creation_input_tokens: 556,
        cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
        cache_read_input_tokens: 1800,
      },
      usageOf({ input: 2095, cacheRead: 1800, cacheWrite5m: 456, cacheWrite1h: 100, output: 503 }),
    ],
    [
      "writes without a split",
      { cache_creation_input_tokens: 556, cache_creation: null },
      usageOf({ input: 2095, cacheWrite5m: 556, output: 503 }),
    ],
    [
      "a split without a total",
      {
        cache_creation_input_tokens: null,
        cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 2 },
      },
      usageOf({ input: 2095, cacheWrite5m: 1, cacheWrite1h: 2, output: 503 }),
    ],
    [
      "thinking told apart",
      { output_tokens_details: { thinking_tokens: 400 } },
      usageOf({ input: 2095, output: 103, reasoning: 400 }),
    ],
    [
      "web searches, and fetches that are free",
      { server_tool_use: { web_search_requests: 2, web_fetch_requests: 3 } },
      { ...usageOf({ input: 2095, output: 503 }), fees: { webSearch: 2 } },
    ],
    [
      "code that ran in a container, and a tool nobody knows",
      { server_tool_use: { code_execution_requests: 2, dream_requests: 4, naps: null, walks: { long: 1 }, runs: 0 } },
      {
        ...usageOf({ input: 2095, output: 503 }),
        fees: { codeExecution: 2, "serverTool.dream_requests": 4, "serverTool.walks": 1 },
      },
    ],
    ["the batch tier", { service_tier: "batch" }, { ...usageOf({ input: 2095, output: 503 }), serviceTier: "batch" }],
    [
      "the priority tier",
      { service_tier: "priority" },
      { ...usageOf({ input: 2095, output: 503 }), serviceTier: "priority" },
    ],
    ["no tier", { service_tier: null }, usageOf({ input: 2095, output: 503 })],
    [
      "a tier nobody knows, which has no price",
      { service_tier: "overnight" },
      { ...usageOf({ input: 2095, output: 503 }), fees: { "serviceTier.overnight": 1 } },
    ],
    ["fast mode", { speed: "fast" }, { ...usageOf({ input: 2095, output: 503 }), fees: { fastMode: 1 } }],
    [
      "a region that costs more",
      { inference_geo: "us" },
      { ...usageOf({ input: 2095, output: 503 }), fees: { "inferenceGeo.us": 1 } },
    ],
    ["the global region", { inference_geo: "global" }, usageOf({ input: 2095, output: 503 })],
    [
      "a compaction, which the totals leave out",
      {
        iterations: [
          { type: "compaction", input_tokens: 180_000, output_tokens: 3500 },
          { type: "message", input_tokens: 2095, output_tokens: 503 },
        ],
      },
      usageOf({ input: 182_095, output: 4003 }),
    ],
    [
      "an iteration at another model's rates",
      { iterations: [{ type: "advisor_message", model: "claude-opus-5", input_tokens: 823, output_tokens: 1612 }] },
      { ...usageOf({ input: 2095, output: 503 }), fees: { advisorMessage: 1 } },
    ],
    ["zeros", { input_tokens: 0, output_tokens: 0 }, usageOf({})],
  ])("of %s is disjoint and complete", (_name, some, expected) => {
    expect(convertAnthropicUsage({ ...plain, ...some })).toEqual(expected);
  });

  it("of an older server, with two fields only, is read", () => {
    expect(convertAnthropicUsage({ input_tokens: 12, output_tokens: 6 })).toEqual(usageOf({ input: 12, output: 6 }));
  });

  it.each([
    ["missing", undefined],
    ["null", null],
    ["a list", []],
    ["empty", {}],
    ["without its output", { input_tokens: 12 }],
    ["negative", { ...plain, input_tokens: -1 }],
    ["fractional", { ...plain, output_tokens: 0.5 }],
    ["text", { ...plain, input_tokens: "12" }],
    ["a cache read that is text", { ...plain, cache_read_input_tokens: "12" }],
    ["above 2^53", { ...plain, output_tokens: 2 ** 53 }],
    ["a split that does not add up", { ...plain, cache_creation_input_tokens: 10 }],
    ["more thinking than output", { ...plain, output_tokens_details: { thinking_tokens: 504 } }],
    ["a tier that is no name", { ...plain, service_tier: 1 }],
    ["a count of searches below zero", { ...plain, server_tool_use: { web_search_requests: -1 } }],
    ["a count of code executions that is text", { ...plain, server_tool_use: { code_execution_requests: "1" } }],
    ["an iteration nobody knows", { ...plain, iterations: [{ type: "dream", input_tokens: 1, output_tokens: 1 }] }],
    ["an unreadable compaction", { ...plain, iterations: [{ type: "compaction" }] }],
  ])("that is %s is null, not zero", (_name, wire) => {
    expect(convertAnthropicUsage(wire)).toBeNull();
  });

  it("adds up to the provider's own totals, whatever the counts", () => {
    const count = fc.nat({ max: 1_000_000_000 });
    const counts = fc.record({ input: count, read: count, short: count, long: count, output: count, thinking: count });
    fc.assert(
      fc.property(counts, ({ input, read, short, long, output, thinking }) => {
        const usage = convertAnthropicUsage({
          input_tokens: input,
          cache_read_input_tokens: read,
          cache_creation_input_tokens: short + long,
          cache_creation: { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long },
          output_tokens: output + thinking,
          output_tokens_details: { thinking_tokens: thinking },
        });
        expect(usage?.tokens).toEqual(
          tokensOf({ input, cacheRead: read, cacheWrite5m: short, cacheWrite1h: long, output, reasoning: thinking }),
        );
        if (usage === null) return;
        expect(inputTokens(usage.tokens)).toBe(input + read + short + long);
        expect(outputTokens(usage.tokens)).toBe(output + thinking);
      }),
      { numRuns: 200 },
    );
  });
});

describe("reports of a stream", () => {
  const start = { ...plain, input_tokens: 25, output_tokens: 1 };

  it("replace one another field by field and are never added", () => {
    const merged = mergeAnthropicUsage(mergeAnthropicUsage(start, { output_tokens: 7 }), { output_tokens: 15 });
    expect(convertAnthropicUsage(merged)).toEqual(usageOf({ input: 25, output: 15 }));
  });

  it("keep what a later one leaves out or gives as null", () => {
    const searched = { ...start, service_tier: "priority", server_tool_use: { web_search_requests: 1 } };
    const merged = mergeAnthropicUsage(searched, { input_tokens: null, output_tokens: 15, server_tool_use: null });
    expect(convertAnthropicUsage(merged)).toEqual({
      ...usageOf({ input: 25, output: 15 }),
      fees: { webSearch: 1 },
      serviceTier: "priority",
    });
  });

  it.each([{}, { output_tokens: null }, { input_tokens: 25 }])(
    "are unknown when the last one says nothing of the output: %o",
    (last) => {
      expect(convertAnthropicUsage(mergeAnthropicUsage(start, last))).toBeNull();
    },
  );

  it("take over input that grew with the turns of a server tool", () => {
    const later = {
      input_tokens: 10_682,
      cache_read_input_tokens: 40,
      output_tokens: 510,
      server_tool_use: { web_search_requests: 1 },
    };
    expect(convertAnthropicUsage(mergeAnthropicUsage(start, later))).toEqual({
      ...usageOf({ input: 10_682, cacheRead: 40, output: 510 }),
      fees: { webSearch: 1 },
    });
  });

  it.each([
    ["none so far: five minutes", [0, 0], { cacheWrite5m: 300 }],
    ["all for five minutes", [200, 0], { cacheWrite5m: 300 }],
    ["all for an hour", [0, 200], { cacheWrite1h: 300 }],
  ])("give new cache writes the lifetime of the earlier ones: %s", (_name, [short = 0, long = 0], written) => {
    const before = {
      ...start,
      cache_creation_input_tokens: short + long,
      cache_creation: { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long },
    };
    const merged = mergeAnthropicUsage(before, { cache_creation_input_tokens: 300, output_tokens: 9 });
    expect(convertAnthropicUsage(merged)).toEqual(usageOf({ input: 25, output: 9, ...written }));
  });

  it("are unknown when new cache writes could be of either lifetime", () => {
    const before = {
      ...start,
      cache_creation_input_tokens: 200,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 100 },
    };
    const same = mergeAnthropicUsage(before, { cache_creation_input_tokens: 200, output_tokens: 9 });
    const more = mergeAnthropicUsage(before, { cache_creation_input_tokens: 300, output_tokens: 9 });
    expect(convertAnthropicUsage(same)?.tokens.cacheWrite1h).toBe(100);
    expect(convertAnthropicUsage(more)).toBeNull();
  });

  it("stand without the later one when that is missing, and without the earlier one when that was", () => {
    expect(mergeAnthropicUsage(start, undefined)).toBe(start);
    expect(mergeAnthropicUsage(undefined, start)).toBe(start);
    expect(convertAnthropicUsage(mergeAnthropicUsage(undefined, { output_tokens: 15 }))).toBeNull();
  });
});
