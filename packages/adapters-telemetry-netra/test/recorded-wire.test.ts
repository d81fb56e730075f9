import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "vitest";
import { openNetra, type OpenedNetra } from "./open-netra.ts";
import { differencesOf, wireComparisons } from "./wire-comparison.ts";

let netra: OpenedNetra;
beforeEach(async () => {
  netra = await openNetra();
});
afterEach(async () => await netra.close());

describe("check 8: attribute by attribute what the SDK sent, but for named deviations", () => {
  it.for(wireComparisons)("$span of $recording", async (comparison) => {
    comparison.make(netra.telemetry);
    const differences = differencesOf(comparison, await netra.spans());
    assert.deepEqual(differences, Object.keys(comparison.deviations).toSorted());
  });

  it("gives a reason for every deviation", () => {
    const reasons = wireComparisons.flatMap(({ deviations }) => Object.values(deviations));
    assert.ok(reasons.every((reason) => reason.length > 10));
  });
});
