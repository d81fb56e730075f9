import assert from "node:assert/strict";
import { formatUsd } from "@tenantry/core";
import { sampleLine } from "@tenantry/testkit";
import fc from "fast-check";
import { describe, it } from "vitest";
import { toUsageText } from "./to-usage-text.ts";

const gpt4 = { provider: "openai", model: "gpt-4" };
const mini = { provider: "openai", model: "gpt-4o-mini" };

describe("netra.usage", () => {
  it("carries every amount as a JSON number of its exact digits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (costPico) => {
        const text = toUsageText([sampleLine({ costPico })], costPico, "chat") ?? "";
        assert.equal(/"cost_in_usd":([^}]*)/.exec(text)?.[1], formatUsd(costPico));
        const [entry] = JSON.parse(text) as Record<string, unknown>[];
        assert.deepEqual(Object.keys(entry ?? {}), ["model", "usage_type", "units_used", "cost_in_usd"]);
        assert.equal(typeof entry?.["cost_in_usd"], "number");
      }),
      { numRuns: 200 },
    );
  });

  it("has one entry a model, adding up to the call", () => {
    const lines = [
      sampleLine({ attemptId: "1", answered: gpt4, costPico: 5_000_000_000n }),
      sampleLine({ attemptId: "2", costPico: 1n }),
      sampleLine({ attemptId: "3", costPico: 2n }),
    ];
    assert.equal(
      toUsageText(lines, 5_000_000_003n, "chat"),
      '[{"model":"gpt-4","usage_type":"chat","units_used":150,"cost_in_usd":0.005},{"model":"gpt-4o-mini","usage_type":"chat","units_used":300,"cost_in_usd":0.000000000003}]',
    );
  });

  it("states no cost at all when a part of it is unknown", () => {
    const lines = [
      sampleLine({ attemptId: "1", answered: gpt4 }),
      sampleLine({ attemptId: "2", costPico: null, usage: null }),
    ];
    assert.equal(
      toUsageText(lines, null, "chat"),
      '[{"model":"gpt-4","usage_type":"chat","units_used":150},{"model":"gpt-4o-mini","usage_type":"chat"}]',
    );
  });

  it("lets the call's own cost decide when the lines do not add up to it", () => {
    const lines = [
      sampleLine({ attemptId: "1", answered: gpt4, costPico: 7n }),
      sampleLine({ attemptId: "2", answered: mini, costPico: 7n }),
    ];
    const costs = (JSON.parse(toUsageText(lines, 20n, "chat") ?? "") as { cost_in_usd?: number }[]).map(
      (entry) => entry.cost_in_usd,
    );
    assert.deepEqual(costs, [undefined, 2e-11]);
  });

  it("leaves out lines that another one replaces", () => {
    const old = sampleLine({ lineId: "old", attemptId: "1", usage: null, costPico: null });
    const late = sampleLine({ lineId: "late", attemptId: "1", supersedes: "old", costPico: 9n });
    assert.equal(
      toUsageText([old, late], 9n, "chat"),
      '[{"model":"gpt-4o-mini","usage_type":"chat","units_used":150,"cost_in_usd":0.000000000009}]',
    );
  });

  it("says nothing about a call that made no attempt, and a cost of 0 is a cost", () => {
    assert.equal(toUsageText([], 0n, "chat"), null);
    assert.match(toUsageText([sampleLine({ costPico: 0n })], 0n, "chat") ?? "", /"cost_in_usd":0\}/);
  });

  it("stays JSON for any name of a model", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (model) => {
        const text = toUsageText([sampleLine({ answered: { provider: "p", model } })], 1n, "chat") ?? "";
        assert.equal((JSON.parse(text) as { model: string }[])[0]?.model, model.toWellFormed());
      }),
      { numRuns: 200 },
    );
  });
});
