import { describe, expect, it } from "vitest";
import { usd } from "../money/decimal.ts";
import { aCallRecord, aLine } from "../testing/builders.ts";
import { callDetailView, callRowView, costOfCall, explanationView, lineView } from "./call-view.ts";

const shown = { showCost: true };
const hidden = { showCost: false };
const dear = aLine({
  lineId: "a",
  attemptId: "a",
  costPico: usd("0.10"),
  chargePico: usd("0.12"),
  chargeVersion: "markup-200000ppm",
  holdPico: usd("0.5"),
  costItems: [{ of: "input", quantity: 10, ratePico: usd("0.01"), amountPico: usd("0.10") }],
});
const unknown = aLine({
  lineId: "b",
  attemptId: "b",
  source: "unknown",
  usage: null,
  costPico: null,
  chargePico: null,
  atMostPico: usd("7"),
});

describe("a call as JSON carries it", () => {
  it("adds up the lines in force, exactly", () => {
    const later = aLine({
      ...dear,
      lineId: "c",
      supersedes: "a",
      costPico: usd("0.000000000001"),
      chargePico: usd("0.000000000002"),
    });
    const row = callRowView(aCallRecord(), { lines: [dear, later] }, shown);
    expect([row.costUsd, row.chargeUsd]).toEqual(["0.000000000001", "0.000000000002"]);
  });

  it("has no sum where a part is unknown, and 0 where nothing was sent", () => {
    expect(costOfCall({ lines: [dear, unknown] })).toBeNull();
    expect(callRowView(aCallRecord(), { lines: [dear, unknown] }, hidden).chargeUsd).toBeNull();
    expect(costOfCall({ lines: [] })).toBe("0");
  });

  it("shows cost, hold, price and markup to whom they concern, and nobody else", () => {
    const detail = { call: aCallRecord(), lines: [dear, unknown] };
    const costs = /costUsd|costItems|priceId|unpricedReason|atMostUsd|holdUsd|chargeVersion|markup|"7"|0\.5/;
    for (const view of [callDetailView("call", detail, hidden), explanationView("call", detail, hidden)]) {
      expect(JSON.stringify(view)).not.toMatch(costs);
      expect(JSON.stringify(view)).toContain('"chargeUsd":"0.12"');
    }
    expect(lineView(dear, shown)).toMatchObject({ costUsd: "0.1", holdUsd: "0.5", chargeVersion: "markup-200000ppm" });
  });

  it("in flight it has what is known of it, and that is no amount", () => {
    expect(callDetailView("call", { call: null, lines: [] }, hidden)).toEqual({
      callId: "call",
      outcome: "in-flight",
      chargeUsd: null,
      attempts: [],
    });
  });
});
