import assert from "node:assert/strict";
import type { Rule } from "../contract.ts";
import { rejectsWith } from "../rejections.ts";
import {
  admission,
  admits,
  budgetOf,
  calls,
  hold,
  inFlight,
  lease,
  refuses,
  rolling,
  tokens,
  windowOf,
} from "./claims.ts";
import type { LimitStoreSubject } from "./subject.ts";

export const recoveryRules: readonly Rule<LimitStoreSubject>[] = [
  {
    id: "L26",
    sentence: "recover drops leases and holds of the dead, leaves the living alone, and frees no slot",
    reason: "a crash must not lock a tenant out, and starting a second process must not open the gates (R3)",
    async check({ store, another, flush, crash }) {
      const living = await another();
      const some = { windows: [calls("w", 2)], leases: [lease("l", 2)], holds: [hold("h", 100n, 50n)] };
      await admits(store, admission(some));
      await flush();
      await admits(living, admission(some));
      assert.deepEqual(await living.recover(), { leases: 0, holds: 0 });
      const next = await crash();
      await refuses(next, admission({ leases: [lease("l", 2)] }), "lease");
      assert.equal((await budgetOf(next, hold("h", 100n, 0n))).heldPico, 100n);
      assert.deepEqual(await next.recover(), { leases: 1, holds: 1 });
      assert.deepEqual(await next.recover(), { leases: 0, holds: 0 });
      assert.equal(await inFlight(next, lease("l", 2)), 1);
      assert.equal((await budgetOf(next, hold("h", 100n, 0n))).heldPico, 50n);
      await refuses(next, admission({ windows: [calls("w", 2)] }), "window");
      await admits(next, admission({ leases: [lease("l", 2)], holds: [hold("h", 100n, 50n)] }));
    },
  },
  {
    id: "L27",
    sentence: "windows and spent money outlive the process, and a new one can settle what a dead one held",
    reason: "restarting must not be a way past a limit (R3)",
    async check({ store, flush, crash }) {
      const open = admission({ windows: [tokens("t", 100, 80)], holds: [hold("h", 100n, 50n)] });
      await admits(store, open);
      const done = admission({ windows: [calls("w", 1)], holds: [hold("h", 100n, 50n), rolling("r", 100n, 50n)] });
      await admits(store, done);
      await flush();
      await store.settle({ callId: done.callId, attemptId: done.attemptId, spentPico: 30n });
      await store.release({ callId: done.callId, tokens: null });
      await flush();
      const next = await crash();
      await refuses(next, admission({ windows: [calls("w", 1)] }), "window");
      assert.equal((await windowOf(next, tokens("t", 100, 0))).remaining, 20);
      assert.equal((await budgetOf(next, rolling("r", 100n, 0n))).spentPico, 30n);
      await next.settle({ callId: open.callId, attemptId: open.attemptId, spentPico: 45n });
      const { spentPico, heldPico } = await budgetOf(next, hold("h", 100n, 0n));
      assert.deepEqual([spentPico, heldPico], [75n, 0n]);
    },
  },
  {
    id: "L28",
    sentence: "a store that cannot write says unavailable, takes nothing, and works again when it can",
    reason: "a full disk must neither admit without counting nor count without admitting",
    async check({ store, flush, breakWrites, mendWrites }) {
      const some = { windows: [calls("w", 1)], leases: [lease("l", 1)], holds: [hold("h", 10n, 10n)] };
      await breakWrites();
      await rejectsWith("unavailable", async () => {
        await store.admit(admission(some));
        await flush();
      });
      await mendWrites();
      assert.equal((await windowOf(store, calls("w", 1))).remaining, 1);
      assert.equal(await inFlight(store, lease("l", 1)), 0);
      assert.equal((await budgetOf(store, hold("h", 10n, 0n))).heldPico, 0n);
      await admits(store, admission(some));
    },
  },
];
