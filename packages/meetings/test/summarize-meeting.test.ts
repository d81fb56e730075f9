import { createCancelSource, type Objective, usageOf } from "@tenantry/core";
import { describe, expect, it } from "vitest";
import { type MeetingInput, type MeetingResult, type MeetingSummary, summarizeMeeting } from "../src/index.ts";
import { aDesk, askedOf, type Desk, large, small, transcript } from "./desk.ts";

const under = (thresholdMs: number): Objective => ({
  id: `latency-p95-${thresholdMs}ms`,
  metric: "latency",
  quantile: 0.95,
  thresholdMs,
  minCalls: 20,
});
const oneCallAMinute = {
  id: "calls-1m",
  metric: "calls",
  capacity: 1,
  windowMs: 60_000,
  scope: "tenant",
} as const;

async function summarize(desk: Desk, input: Partial<MeetingInput> = {}): Promise<MeetingResult> {
  return await summarizeMeeting(desk.tenantry, { tenantId: "tenant-a", transcript, ...input });
}

async function summaryOf(desk: Desk, input: Partial<MeetingInput> = {}): Promise<MeetingSummary> {
  const result = await summarize(desk, input);
  if (result.kind !== "ok") throw new Error(`not summarized: ${result.kind}`);
  return result;
}

describe("the request", () => {
  it("holds the whole transcript, after the instructions", async () => {
    const desk = aDesk();
    await summaryOf(desk, { transcript: `\n${transcript}\n` });
    const prompt = desk.model.sent[0]?.request.messages.at(-1)?.content;
    expect(prompt).toMatch(/^Summarize this meeting[\s\S]*\nMeeting Transcript:\n/);
    expect(typeof prompt === "string" && prompt.endsWith(`\n${transcript}`)).toBe(true);
  });

  it("is booked under the feature meeting-summary and traced as meeting-summarization", async () => {
    const desk = aDesk({ tier: { features: ["summary", "decisions"] } });
    const { record } = await summaryOf(desk, { userId: "ann", sessionId: "s-1", keyId: "key-1" });
    expect(record).toMatchObject({
      tenantId: "tenant-a",
      userId: "ann",
      sessionId: "s-1",
      keyId: "key-1",
      feature: "meeting-summary",
      featuresUsed: ["decisions", "summary"],
    });
    expect(desk.telemetry.calls.map(({ start }) => start.operation)).toEqual(["meeting-summarization"]);
  });

  it("goes to the model of the tier that was asked for, and to no other", async () => {
    const desk = aDesk();
    expect(await summaryOf(desk, { model: "example/small-1" })).toMatchObject({ model: "example/small-1" });
    expect(desk.model.sent.map(({ model }) => model)).toEqual([small.model]);
    expect(await summarize(desk, { model: "example/huge-1" })).toMatchObject({
      kind: "denied",
      denial: { code: "model_not_in_tier" },
    });
  });
});

describe("the summary", () => {
  it("says who, on which tier, by which model, for what and how much", async () => {
    const usage = usageOf({ input: 70, cacheRead: 30, output: 15, reasoning: 5 });
    const desk = aDesk({
      tier: { charge: { kind: "markup", version: "markup-1", markupPpm: 200_000n } },
      script: (clock) => [
        {
          type: "answer",
          answer: { text: "## Executive Summary\n\nAll well.", usage },
          before: async () => await clock.advance(850),
        },
      ],
    });
    const summary = await summaryOf(desk);
    // 70 × 100 + 30 × 50 + 20 × 400 = 16,500 pico-USD, and a fifth on top.
    expect(summary).toMatchObject({
      kind: "ok",
      tenantId: "tenant-a",
      tier: "tier-a",
      model: "example/large-1",
      features: ["summary"],
      summary: "## Executive Summary\n\nAll well.",
      tokenUsage: { prompt: 100, completion: 20, total: 120 },
      latencyMs: 850,
      slaMet: null,
      costUsd: "0.0000000165",
      chargeUsd: "0.0000000198",
      attempts: 1,
    });
    expect(summary.callId).toBe(summary.record.callId);
    expect(summary.lines.map(({ callId }) => callId)).toEqual([summary.callId]);
  });

  it.for([
    [[], 999_999, null],
    [[under(30_000)], 2_000, true],
    [[under(2_000)], 2_000, true],
    [[under(2_000)], 2_001, false],
    [[under(3_000), under(2_000)], 2_500, false],
  ] as const)("judges objectives %j by %i ms: %s", async ([objectives, afterMs, slaMet]) => {
    const desk = aDesk({
      tier: { objectives, timeoutMs: 1_000_000 },
      script: (clock) => [{ type: "answer", before: async () => await clock.advance(afterMs) }],
    });
    expect(await summaryOf(desk)).toMatchObject({ slaMet, latencyMs: afterMs });
  });

  it("adds up the attempts of a fallback, with the time they took", async () => {
    const desk = aDesk({
      tier: { objectives: [under(2_000)] },
      script: (clock) => [
        {
          type: "fail",
          failure: { kind: "server-error", status: 503, usage: usageOf({ input: 100 }) },
          before: async () => await clock.advance(1_500),
        },
        { type: "answer", before: async () => await clock.advance(1_000) },
      ],
    });
    const summary = await summaryOf(desk);
    // 100 × 100 for the attempt that failed, 100 × 10 + 20 × 40 for the one that answered.
    expect(summary).toMatchObject({
      model: "example/small-1",
      attempts: 2,
      latencyMs: 2_500,
      slaMet: false,
      tokenUsage: { prompt: 200, completion: 20, total: 220 },
      costUsd: "0.0000000118",
    });
    expect(summary.lines.map(({ requested }) => requested)).toEqual([large, small]);
    expect(askedOf(desk)).toEqual([["Executive Summary"], ["Executive Summary"]]);
  });

  it("has no token usage, cost and charge when one attempt's are unknown, and never 0", async () => {
    const desk = aDesk({
      script: [{ type: "fail", failure: { kind: "server-error", status: 500 } }, { type: "answer" }],
    });
    const summary = await summaryOf(desk);
    expect(summary).toMatchObject({ attempts: 2, tokenUsage: null, costUsd: null, chargeUsd: null, summary: "ok" });
    expect(summary.lines.map(({ source }) => source)).toEqual(["unknown", "measured"]);
  });

  it("has no cost and charge, but its token usage, when the model has no price", async () => {
    const desk = aDesk({ tier: { route: [{ provider: "example", model: "unpriced-1" }], unpriced: "allow" } });
    expect(await summaryOf(desk)).toMatchObject({
      tokenUsage: { prompt: 100, completion: 20, total: 120 },
      costUsd: null,
      chargeUsd: null,
    });
  });

  it("costs nothing for an attempt that was refused before work", async () => {
    const desk = aDesk({ script: [{ type: "fail", failure: { kind: "refused", status: 429 } }, { type: "answer" }] });
    expect(await summaryOf(desk)).toMatchObject({ attempts: 2, costUsd: "0.0000000018", tokenUsage: { total: 120 } });
  });
});

describe("what is no summary", () => {
  it.for(["", "  \n\t "])("an empty transcript (%j) is an invalid request and consumes nothing", async (empty) => {
    const desk = aDesk({ tier: { limits: [oneCallAMinute] } });
    await expect(summarize(desk, { transcript: empty })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("transcript") as string,
    });
    expect(desk.model.sent).toEqual([]);
    expect((await summarize(desk)).kind).toBe("ok");
  });

  it.for([undefined, ["summary"], ["nonsense"], []])("an unknown tenant asking for %j is denied", async (features) => {
    const desk = aDesk();
    const result = await summarize(desk, { tenantId: "nobody", ...(features === undefined ? {} : { features }) });
    expect(result).toMatchObject({ kind: "denied", denial: { code: "unknown_tenant" } });
    expect(desk.model.sent).toEqual([]);
  });

  it("a suspended tenant is denied", async () => {
    const desk = aDesk({ tenant: { status: "suspended" } });
    expect(await summarize(desk)).toMatchObject({ kind: "denied", denial: { code: "tenant_suspended" } });
  });

  it("a denial comes through whole, with the time to wait", async () => {
    const desk = aDesk({ tier: { limits: [oneCallAMinute] } });
    await summaryOf(desk);
    await desk.clock.advance(20_000);
    const denied = await summarize(desk);
    expect(denied).toMatchObject({
      kind: "denied",
      callId: expect.any(String) as string,
      denial: { code: "rate_limited", limitId: "calls-1m", limit: 1, remaining: 0, retryAfterMs: 40_000 },
    });
    expect(desk.model.sent).toHaveLength(1);
    await desk.clock.advance(40_000);
    expect((await summarize(desk)).kind).toBe("ok");
  });

  it("a failure comes through whole, with its lines and what it may have cost", async () => {
    const desk = aDesk({ script: [{ type: "fail", failure: { kind: "server-error", status: 500 } }] });
    const failed = await summarize(desk);
    expect(failed).toMatchObject({
      kind: "failed",
      error: { code: "upstream_error" },
      denial: null,
      costPico: null,
      record: { outcome: "failed", feature: "meeting-summary", attempts: 2 },
      lines: [{ source: "unknown" }, { source: "unknown" }],
    });
  });

  it("a caller who gives up is told so, and the attempt is on the books", async () => {
    const caller = createCancelSource();
    const desk = aDesk({ script: [{ type: "hang" }] });
    const result = summarize(desk, { signal: caller.signal });
    while (desk.model.sent.length === 0) await Promise.resolve();
    caller.cancel(new Error("enough"));
    expect(await result).toMatchObject({
      kind: "failed",
      error: { code: "cancelled" },
      record: { outcome: "aborted" },
      lines: [{ outcome: "aborted" }],
    });
  });
});
