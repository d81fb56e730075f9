import { createManualClock } from "@tenantry/core/testing";
import { idSourceContract, testContract } from "@tenantry/testkit";
import { describe, expect, it } from "vitest";
import { createRandomIds } from "../src/index.ts";

testContract(idSourceContract, {
  name: "random",
  open: () => ({ subject: { ids: createRandomIds(), another: () => createRandomIds() }, close: () => {} }),
});

describe("createRandomIds", () => {
  it("keeps the order of creation when the wall clock steps back", async () => {
    const clock = createManualClock();
    const ids = createRandomIds({ clock });
    const made = [ids.next("call")];
    clock.setWall(clock.now() - 3_600_000);
    made.push(ids.next("call"), ids.next("call"));
    await clock.advance(2 * 3_600_000);
    made.push(ids.next("call"));
    expect(made.toSorted()).toEqual(made);
  });

  it("uses every character about equally often", () => {
    const ids = createRandomIds();
    const seen = new Map<string, number>();
    const count = 9_000;
    for (let made = 0; made < count; made += 1) {
      for (const character of ids.next("ses").slice(-16)) seen.set(character, (seen.get(character) ?? 0) + 1);
    }
    const expected = (count * 16) / 36;
    expect(seen.size).toBe(36);
    // Seven standard deviations of a fair choice.
    for (const times of seen.values()) expect(Math.abs(times - expected)).toBeLessThan(7 * Math.sqrt(expected));
  });
});
