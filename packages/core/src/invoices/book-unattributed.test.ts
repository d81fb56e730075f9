import { describe, expect, it } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createMemoryUsageStore } from "../testing/memory-usage-store.ts";
import { unattributedTenantId } from "../tenancy/unattributed.ts";
import { bookUnattributed, unattributedByDay } from "./book-unattributed.ts";
import type { ReconciledRow, ResidualAmount } from "./reconcile-invoice.ts";

const dayMs = 86_400_000;
const from = Date.UTC(2026, 9, 5);
const days = (...amounts: readonly bigint[]): ReadonlyMap<string, bigint> =>
  new Map(amounts.map((amount, index) => [new Date(from + index * dayMs).toISOString().slice(0, 10), amount]));

function row(day: string, ...residuals: readonly ResidualAmount[]): ReconciledRow {
  const place = { day, key: null, model: "m", part: null, text: null, billed: 0n, booked: 0n } as const;
  return { ...place, state: "differing", residuals, tenants: new Map() };
}

describe("what belongs to nobody", () => {
  it("is what no tenant's line can have caused, by day, and 0 on days without any", () => {
    const nobody = new Map<string, bigint>();
    const rows = [
      row("2026-10-05", { residual: "missing-here", amount: 7n, weights: nobody }),
      row("2026-10-05", { residual: "unknown", amount: 90n, weights: new Map([["apex", 1n]]) }),
      row("2026-10-05", { residual: "untracked", amount: 5n, weights: nobody }),
      row("2026-10-09", { residual: "untracked", amount: 1n, weights: nobody }),
    ];
    expect(unattributedByDay({ rows }, { from, to: from + 2 * dayMs })).toEqual(days(12n, 0n));
  });

  it("is in the sums of all tenants, is replaced by what a later invoice says, and never added twice", async () => {
    const clock = createManualClock();
    const store = createMemoryUsageStore();
    const book = async (...amounts: readonly bigint[]): Promise<number> =>
      (await bookUnattributed({ ledger: store, reader: store, clock }, "vendor", days(...amounts))).length;
    const total = async (): Promise<unknown> => {
      const period = { from, to: from + 9 * dayMs };
      const rows = await store.usage({ kind: "installation" }, { period, groupBy: ["tenant"], timeZone: "UTC" });
      return rows.map(({ tenantId, costPico, chargePico, calls }) => [tenantId, costPico, chargePico, calls]);
    };
    expect(await book(12n, 0n, 3n)).toBe(2);
    expect(await total()).toEqual([[unattributedTenantId, 15n, 0n, 0]]);
    expect(await book(12n, 0n, 3n)).toBe(0);
    expect(await book(12n, 4n, 0n)).toBe(2);
    expect(await total()).toEqual([[unattributedTenantId, 16n, 0n, 0]]);
    expect(await book(12n, 4n, 3n)).toBe(1);
    expect(await total()).toEqual([[unattributedTenantId, 19n, 0n, 0]]);
    expect(await bookUnattributed({ ledger: store, reader: store, clock }, "other", days(1n))).toEqual([
      { day: "2026-10-05", beforePico: 0n, nowPico: 1n },
    ]);
    expect(await total()).toEqual([[unattributedTenantId, 20n, 0n, 0]]);
  });

  it("booked by two at once is what one of them says, and both tell what they replaced", async () => {
    const clock = createManualClock();
    const store = createMemoryUsageStore();
    const day = "2026-10-05";
    const book = async (amount: bigint): Promise<unknown> =>
      await bookUnattributed({ ledger: store, reader: store, clock }, "vendor", days(amount));
    const total = async (): Promise<unknown> => {
      const period = { from, to: from + dayMs };
      return (await store.usage({ kind: "installation" }, { period, groupBy: [], timeZone: "UTC" }))[0]?.costPico;
    };
    expect(await Promise.all([book(12n), book(7n)])).toEqual([
      [{ day, beforePico: 0n, nowPico: 12n }],
      [{ day, beforePico: 12n, nowPico: 7n }],
    ]);
    expect(await total()).toBe(7n);
    expect(await Promise.all([book(5n), book(9n)])).toEqual([
      [{ day, beforePico: 7n, nowPico: 5n }],
      [{ day, beforePico: 5n, nowPico: 9n }],
    ]);
    expect(await total()).toBe(9n);
  });

  it("gives up, and says so, where others book the same day without end", async () => {
    const clock = createManualClock();
    const store = createMemoryUsageStore();
    let tries = 0;
    const settle: typeof store.settle = async (settlement) => {
      tries += 1;
      return settlement.line === null ? null : { ...settlement.line, costPico: 99n };
    };
    const booking = bookUnattributed({ ledger: { settle }, reader: store, clock }, "vendor", days(1n));
    await expect(booking).rejects.toMatchObject({ code: "unavailable", retryable: true });
    expect(tries).toBe(20);
  });
});
