import { expect, it } from "vitest";
import { createNowAndThen } from "./now-and-then.ts";

it("gives whoever comes around at regular turns about an eighth, and never leaves one out for long", () => {
  for (let every = 1; every <= 64; every++) {
    for (const first of [0, every - 1]) {
      const isNow = createNowAndThen();
      let yes = 0;
      let longest = 0;
      let since = 0;
      for (let turn = 0; turn < 1_000 * every; turn++) {
        const said = isNow();
        if (turn % every !== first) continue;
        since = said ? 0 : since + 1;
        yes += said ? 1 : 0;
        longest = Math.max(longest, since);
      }
      expect(yes).toBeGreaterThan(100);
      expect(yes).toBeLessThan(150);
      // What waits meanwhile goes with one deletion (MAX_DELETED of window-counts.ts).
      expect(longest).toBeLessThan(256);
    }
  }
});
