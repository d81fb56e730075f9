import assert from "node:assert/strict";
import { type CallRecord, foldUsage, type LedgerLine, type UsageDimension, type UsageReader } from "@tenantry/core";
import { callsBetween, dayMs as day, type HistoryShape, pastCall } from "./history.ts";

const groupings: readonly (readonly UsageDimension[])[] = [
  [],
  ["tenant"],
  ["tenant", "user"],
  ["tenant", "feature", "model", "day"],
  ["featureUsed"],
];
/** A stretch of the month may have so many calls; a longer one is cut. */
const mostCalls = 60_000;

/**
 * Holds the store's answers against the fold of the very lines that were written, over stretches that begin and end in
 * the middle of hours and days. Answers what was compared.
 *
 * @throws AssertionError when they differ.
 */
export async function checkSample(reader: UsageReader, shape: HistoryShape): Promise<string> {
  const stretchMs = Math.min(3.3 * day, (mostCalls * day) / shape.callsADay);
  let compared = 0;
  let rows = 0;
  for (const from of [0.6, 16.95, 27].map((days) => shape.beginsAt + days * day)) {
    const period = { from: Math.floor(from) + 1, to: Math.floor(from + stretchMs) };
    const lines: LedgerLine[] = [];
    const calls: CallRecord[] = [];
    for (const index of callsBetween(shape, period.from, period.to)) {
      const past = pastCall(shape, index);
      lines.push(...past.lines);
      calls.push(past.call);
    }
    for (const groupBy of groupings) {
      const query = { period, groupBy, timeZone: "UTC" };
      const read = await reader.usage({ kind: "installation" }, query);
      assert.deepEqual(read, foldUsage(lines, calls, [], query));
      rows += read.length;
    }
    compared += lines.length;
    // Single calls, as they are explained: nothing of them was lost on the way to their day.
    for (const { callId } of calls.slice(0, 20)) {
      const detail = await reader.call({ kind: "installation" }, callId);
      assert.deepEqual(
        detail?.call,
        calls.find((call) => call.callId === callId),
      );
      assert.deepEqual(
        detail?.lines,
        lines.filter((line) => line.callId === callId),
      );
    }
  }
  return `roll-ups equal the fold of the lines: ${compared.toLocaleString("en")} lines in 3 stretches, ${rows.toLocaleString("en")} rows`;
}
