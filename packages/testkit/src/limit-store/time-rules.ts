import assert from "node:assert/strict";
import type { Rule } from "../contract.ts";
import { admission, admits, budgetOf, calls, minuteMs, refuses, rolling, windowOf } from "./claims.ts";
import type { LimitStoreSubject } from "./subject.ts";

export const timeRules: readonly Rule<LimitStoreSubject>[] = [
  {
    id: "L46",
    sentence: "a wall clock that jumps forward frees nothing before its time, also for a process that starts after it",
    reason: "a corrected clock must not hand out a window or a budget twice (R3)",
    async check({ store, another, clock }) {
      const full = { windows: [calls("k", 1)], holds: [rolling("r", 100n, 100n)] };
      const request = admission(full);
      await admits(store, request);
      await store.settle({ callId: request.callId, attemptId: request.attemptId, spentPico: 100n });
      for (const jumpMs of [10 * minuteMs, -3 * minuteMs, 24 * 60 * minuteMs]) {
        clock.setWall(clock.now() + jumpMs);
        for (const client of [store, await another()]) {
          const { at, refusal } = await refuses(client, admission({ windows: full.windows }), "window");
          assert.equal(at, clock.now());
          assert.equal(refusal.fitsAt, at + minuteMs, "the wait is not the one that real time needs");
          const money = await refuses(client, admission({ holds: full.holds }), "budget");
          assert.equal(money.refusal.resetAt, at + minuteMs);
          assert.equal((await windowOf(client, calls("k", 1))).resetAt, at + minuteMs);
          assert.equal((await budgetOf(client, rolling("r", 100n, 0n))).resetAt, at + minuteMs);
        }
      }
      await clock.advance(minuteMs - 1);
      await refuses(store, admission({ windows: full.windows }), "window");
      await refuses(store, admission({ holds: full.holds }), "budget");
      await clock.advance(1);
      await admits(store, admission(full));
    },
  },
];
