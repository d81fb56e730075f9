import assert from "node:assert/strict";
import type { AdmitRequest, LimitStore } from "@tenantry/core";
import { awkwardIds } from "../awkward-ids.ts";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import {
  admission,
  admits,
  budgetOf,
  calls,
  claims,
  hold,
  inFlight,
  lease,
  refuses,
  tokens,
  windowOf,
} from "./claims.ts";
import type { LimitStoreSubject } from "./subject.ts";

export const admissionRules: readonly Rule<LimitStoreSubject>[] = [
  {
    id: "L9",
    sentence: "a refused admission takes nothing, whichever of its claims did not fit",
    reason: "a denied call that consumes part of a limit denies the next one too",
    async check({ store }) {
      const fits = {
        windows: [calls("w", 5), tokens("t", 100, 50)],
        leases: [lease("l", 5)],
        holds: [hold("h", 100n, 60n)],
      };
      const misfits: Partial<AdmitRequest>[] = [
        { ...fits, windows: [...fits.windows, calls("full", 0)] },
        { ...fits, leases: [...fits.leases, lease("full", 0)] },
        { ...fits, holds: [...fits.holds, hold("full", 0n, 1n)] },
      ];
      for (const misfit of misfits) assert.equal((await store.admit(admission(misfit))).kind, "refused");
      await assertUntouched(store);
      await admits(store, admission(fits));
    },
  },
  {
    id: "L10",
    sentence: "a refusal names the first claim that does not fit, in the order windows, leases, holds",
    reason: "the caller is told one reason and how to get past it; it must be the same on every store",
    async check({ store }) {
      const windows = [calls("free", 9), calls("w1", 0), calls("w2", 0)];
      const leases = [lease("l1", 0), lease("l2", 0)];
      const holds = [hold("h1", 1n, 2n), hold("h2", 1n, 2n)];
      const window = await refuses(store, admission({ windows, leases, holds }), "window");
      assert.equal(window.refusal.limitId, "limit-w1");
      const full = await refuses(store, admission({ leases, holds }), "lease");
      assert.deepEqual(full.refusal, { kind: "lease", limitId: "lease-l1", capacity: 0 });
      assert.equal((await refuses(store, admission({ holds }), "budget")).refusal.budgetId, "budget-h1");
    },
  },
  {
    id: "L11",
    sentence: "fifty admissions at once on ten places admit exactly ten, for windows, leases and money alike",
    reason: "limits that only hold one call at a time are no limits (R3)",
    async check({ store }) {
      for (const some of [
        { windows: [calls("w", 10)] },
        { leases: [lease("l", 10)] },
        { holds: [hold("h", 10n, 1n)] },
      ]) {
        assert.equal(
          await admittedOf(
            Array.from({ length: 50 }, () => store),
            some,
          ),
          10,
        );
      }
    },
  },
  {
    id: "L12",
    sentence: "two clients of the same data share every count, also when both admit at once",
    reason: "a second process or replica must not double the limits (R3)",
    async check({ store, another }) {
      const other = await another();
      const stores = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? store : other));
      for (const some of [
        { windows: [calls("w", 10)] },
        { leases: [lease("l", 10)] },
        { holds: [hold("h", 10n, 1n)] },
      ]) {
        assert.equal(await admittedOf(stores, some), 10);
      }
      const mine = admission({ leases: [lease("one", 1)], holds: [hold("m", 10n, 10n)] });
      await admits(store, mine);
      await refuses(other, admission({ leases: [lease("one", 1)] }), "lease");
      await refuses(other, admission({ holds: [hold("m", 10n, 1n)] }), "budget");
      await store.settle({ callId: mine.callId, attemptId: mine.attemptId, spentPico: 4n });
      await store.release({ callId: mine.callId, tokens: null });
      await admits(other, admission({ leases: [lease("one", 1)], holds: [hold("m", 10n, 6n)] }));
    },
  },
  {
    id: "L13",
    sentence: "fewer than capacity calls in flight hold a lease; release frees them, once however often it is called",
    reason: "a leaked lease blocks a tenant for ever; a double release lets one too many in",
    async check({ store }) {
      const first = admission({ leases: [lease("k", 2), lease("wide", 9)] });
      const { states } = await admits(store, first);
      assert.deepEqual(states.leases, [
        { limitId: "lease-k", capacity: 2, inFlight: 1 },
        { limitId: "lease-wide", capacity: 9, inFlight: 1 },
      ]);
      await admits(store, admission({ leases: [lease("k", 2)] }));
      await refuses(store, admission({ leases: [lease("k", 2)] }), "lease");
      for (let time = 0; time < 3; time += 1) await store.release({ callId: first.callId, tokens: null });
      await store.release({ callId: "unknown", tokens: 5 });
      assert.equal(await inFlight(store, lease("wide", 9)), 0);
      await admits(store, admission({ leases: [lease("k", 2)] }));
      await refuses(store, admission({ leases: [lease("k", 2)] }), "lease");
    },
  },
  {
    id: "L14",
    sentence: "an attempt that already holds money cannot hold again: conflict, and nothing is taken",
    reason: "two attempts under one id would settle as one and leak the other's hold",
    async check({ store }) {
      const first = admission({ holds: [hold("h", 100n, 60n)] });
      await admits(store, first);
      const again = { ...first, windows: [calls("w", 5)], holds: [hold("h", 100n, 10n)] };
      await rejectsWith("conflict", () => store.admit(again));
      assert.equal((await windowOf(store, calls("w", 5))).remaining, 5);
      assert.equal((await budgetOf(store, hold("h", 100n, 0n))).heldPico, 60n);
      await admits(store, admission({ callId: first.callId, holds: [hold("h", 100n, 40n)] }));
    },
  },
  {
    id: "L15",
    sentence: "keys are told apart exactly and may hold any character",
    reason: "a key that is read as a pattern, folded or cut makes one tenant pay for another (R4)",
    async check({ store }) {
      for (const [index, id] of awkwardIds.entries()) {
        const some = {
          windows: [calls(id, index + 1)],
          leases: [lease(id, 2)],
          holds: [hold(id, 1_000n, BigInt(index + 1))],
        };
        for (let call = 0; call <= index; call += 1) await admits(store, admission({ windows: some.windows }));
        await admits(store, admission({ leases: some.leases, holds: some.holds }));
      }
      for (const [index, id] of awkwardIds.entries()) {
        await refuses(store, admission({ windows: [calls(id, index + 1)] }), "window");
        assert.equal(await inFlight(store, lease(id, 2)), 1, id);
        assert.equal((await budgetOf(store, hold(id, 1_000n, 0n))).heldPico, BigInt(index + 1), id);
      }
    },
  },
  {
    id: "L16",
    sentence: "peek ignores amounts, changes nothing, and shows an untouched key as empty",
    reason: "a dashboard that looks must not use up what it looks at (R9)",
    async check({ store, clock }) {
      const at = clock.now();
      const some = claims({ windows: [calls("w", 1)], leases: [lease("l", 1)], holds: [hold("h", 10n, 10n)] });
      await assertUntouched(store);
      for (let look = 0; look < 3; look += 1) {
        const states = await store.peek(some);
        const { resetAt } = states.windows[0] ?? {};
        assert.deepEqual([states.windows[0]?.remaining, resetAt, states.leases[0]?.inFlight], [1, at, 0]);
        assert.deepEqual([states.budgets[0]?.spentPico, states.budgets[0]?.heldPico], [0n, 0n]);
      }
      await admits(store, admission(some));
      assert.equal((await windowOf(store, calls("w", 1))).remaining, 0);
      assert.equal((await budgetOf(store, hold("h", 10n, 10n))).heldPico, 10n);
    },
  },
];

async function admittedOf(stores: readonly LimitStore[], some: Partial<AdmitRequest>): Promise<number> {
  const results = await Promise.all(stores.map((store) => store.admit(admission(some))));
  return results.filter(({ kind }) => kind === "admitted").length;
}

async function assertUntouched(store: LimitStore): Promise<void> {
  assert.equal((await windowOf(store, calls("w", 5))).remaining, 5);
  assert.equal((await windowOf(store, tokens("t", 100, 0))).remaining, 100);
  assert.equal(await inFlight(store, lease("l", 5)), 0);
  const { spentPico, heldPico } = await budgetOf(store, hold("h", 100n, 0n));
  assert.deepEqual([spentPico, heldPico], [0n, 0n]);
}
