import assert from "node:assert/strict";
import type { Rule } from "../contract.ts";
import { admission, admits, calls, minuteMs, refuses, tokens, windowOf } from "./claims.ts";
import type { LimitStoreSubject } from "./subject.ts";

export const windowRules: readonly Rule<LimitStoreSubject>[] = [
  {
    id: "L1",
    sentence: "a window admits exactly its capacity, and capacity 0 admits nothing",
    reason: "one call too many breaks what the tier promises the provider's bill; one too few breaks what it sells",
    async check({ store }) {
      for (let call = 0; call < 3; call += 1) await admits(store, admission({ windows: [calls("k", 3)] }));
      await refuses(store, admission({ windows: [calls("k", 3)] }), "window");
      await refuses(store, admission({ windows: [calls("none", 0)] }), "window");
    },
  },
  {
    id: "L2",
    sentence: "a slot is free again exactly one window after its stamp, each at its own time",
    reason: "fixed windows let twice the limit through at their border; freeing late denies what was bought",
    async check({ store, clock }) {
      const request = (): ReturnType<typeof admission> => admission({ windows: [calls("k", 2)] });
      await admits(store, request());
      await clock.advance(minuteMs - 1_000);
      await admits(store, request());
      await clock.advance(999);
      await refuses(store, request(), "window");
      await clock.advance(1);
      await admits(store, request());
      await clock.advance(minuteMs - 1_001);
      await refuses(store, request(), "window");
      await clock.advance(1);
      await admits(store, request());
      await refuses(store, request(), "window");
    },
  },
  {
    id: "L3",
    sentence:
      "a refused window claim says what is left and the earliest instant at which it fits, or that it never does",
    reason: "Retry-After is made of it: too early and clients hammer, too late and they idle",
    async check({ store, clock }) {
      const start = clock.now();
      await admits(store, admission({ windows: [tokens("k", 10, 4)] }));
      await clock.advance(1_000);
      await admits(store, admission({ windows: [tokens("k", 10, 3)] }));
      await clock.advance(1_000);
      const four = await refuses(store, admission({ windows: [tokens("k", 10, 4)] }), "window");
      assert.deepEqual(four, {
        kind: "refused",
        at: start + 2_000,
        refusal: {
          kind: "window",
          limitId: "limit-k",
          metric: "tokens",
          capacity: 10,
          remaining: 3,
          fitsAt: start + minuteMs,
        },
      });
      const nine = await refuses(store, admission({ windows: [tokens("k", 10, 9)] }), "window");
      assert.equal(nine.refusal.fitsAt, start + 1_000 + minuteMs);
      const eleven = await refuses(store, admission({ windows: [tokens("k", 10, 11)] }), "window");
      assert.equal(eleven.refusal.fitsAt, null);
    },
  },
  {
    id: "L4",
    sentence: "an admission reports where every window stands after it and when it is empty again",
    reason: "rate-limit headers are made of it",
    async check({ store, clock }) {
      const start = clock.now();
      await admits(store, admission({ windows: [calls("k", 5)] }));
      await clock.advance(1_500);
      const { at, states } = await admits(store, admission({ windows: [calls("k", 5), tokens("t", 100, 30)] }));
      assert.equal(at, start + 1_500);
      const resetAt = start + 1_500 + minuteMs;
      assert.deepEqual(states.windows, [
        { limitId: "limit-k", metric: "calls", capacity: 5, windowMs: minuteMs, remaining: 3, resetAt },
        { limitId: "limit-t", metric: "tokens", capacity: 100, windowMs: minuteMs, remaining: 70, resetAt },
      ]);
    },
  },
  {
    id: "L5",
    sentence: "a wall clock that steps back frees no slot, and time goes on from there",
    reason: "a corrected clock must neither double the limit nor block a tenant until it has caught up",
    async check({ store, clock }) {
      const request = (): ReturnType<typeof admission> => admission({ windows: [calls("k", 1)] });
      await admits(store, request());
      clock.setWall(clock.now() - 10 * minuteMs);
      const refused = await refuses(store, request(), "window");
      assert.equal((refused.refusal.fitsAt ?? 0) - refused.at, minuteMs);
      await clock.advance(minuteMs - 1);
      await refuses(store, request(), "window");
      await clock.advance(1);
      await admits(store, request());
      await refuses(store, request(), "window");
    },
  },
  {
    id: "L6",
    sentence: "release replaces a call's stamped tokens by what was used, at the same stamp, debt included",
    reason: "the worst case would block for a minute what was never used; a debt forgotten is a limit exceeded",
    async check({ store, clock }) {
      const small = admission({ windows: [tokens("k", 10, 10)] });
      await admits(store, small);
      await clock.advance(1_000);
      await store.release({ callId: small.callId, tokens: 4 });
      assert.equal((await windowOf(store, tokens("k", 10, 0))).remaining, 6);
      const large = admission({ windows: [tokens("k", 10, 5)] });
      await admits(store, large);
      await store.release({ callId: large.callId, tokens: 25 });
      await store.release({ callId: large.callId, tokens: 25 });
      assert.equal((await windowOf(store, tokens("k", 10, 0))).remaining, 0);
      await clock.advance(minuteMs - 1_000);
      const refused = await refuses(store, admission({ windows: [tokens("k", 10, 1)] }), "window");
      assert.equal(refused.refusal.fitsAt, clock.now() + 1_000);
      await clock.advance(1_000);
      await admits(store, admission({ windows: [tokens("k", 10, 10)] }));
    },
  },
  {
    id: "L7",
    sentence: "release without a token count leaves the worst case; with 0 it leaves none; calls keep their slot",
    reason: "unknown is not zero (R6), and a failed call was admitted all the same (R3)",
    async check({ store }) {
      const unknown = admission({ windows: [tokens("t", 10, 6), calls("k", 2)] });
      await admits(store, unknown);
      await store.release({ callId: unknown.callId, tokens: null });
      assert.equal((await windowOf(store, tokens("t", 10, 0))).remaining, 4);
      const nothing = admission({ windows: [tokens("t", 10, 4), calls("k", 2)], holds: [] });
      await admits(store, nothing);
      await store.settle({ callId: nothing.callId, attemptId: nothing.attemptId, spentPico: 0n });
      await store.release({ callId: nothing.callId, tokens: 0 });
      assert.equal((await windowOf(store, tokens("t", 10, 0))).remaining, 4);
      await refuses(store, admission({ windows: [calls("k", 2)] }), "window");
    },
  },
  {
    id: "L8",
    sentence: "claims of one request that share a key count together, and a claim of 0 takes nothing",
    reason: "otherwise naming a key twice would be a way past its limit",
    async check({ store }) {
      const twice = { windows: [calls("k", 3), calls("k", 3, { limitId: "again" })] };
      await admits(store, admission(twice));
      const refused = await refuses(store, admission(twice), "window");
      assert.equal(refused.refusal.limitId, "again");
      assert.equal((await windowOf(store, calls("k", 3))).remaining, 1);
      await admits(store, admission({ windows: [calls("k", 3, { amount: 0 })] }));
      assert.equal((await windowOf(store, calls("k", 3))).remaining, 1);
    },
  },
];
