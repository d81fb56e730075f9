import type { Instant, PicoUsd } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromMoneyColumns, toMoneyColumns } from "./money-columns.ts";
import { createNowAndThen } from "./now-and-then.ts";
import type { Spending } from "./spending-row.ts";

/** What rolling budgets spent and when. The same scheme as `window-counts.ts`, with money. */
export interface SpendingEntries {
  /** Spent in (t − windowMs, t]. */
  spentIn(spending: Spending, windowMs: number, t: Instant): PicoUsd;
  /** When the last of it leaves the window, on the budget's clock; null when nothing counts. */
  lastLeavesAt(spending: Spending, windowMs: number, t: Instant): Instant | null;
  /**
   * When all but `mayStayPico` of what counts has left the window, open holds taken for spent at their own stamps, and
   * `pendingPico` as well, which is claimed now.
   */
  fitsAt(spending: Spending, window: RollingWindow, amounts: MoneyToLeave): Instant;
  /** Adds spent money at a stamp to the row, which the caller saves; the answer writes the entry. */
  adding(spending: Spending, stamp: Instant, amountPico: PicoUsd): () => void;
  /** Notes that money is held since a stamp (1), or is not any more (−1). */
  hold(spendingId: bigint, stamp: Instant, amountPico: PicoUsd, sign: 1 | -1): void;
  /** Takes money back from the earliest entries at or after a stamp, as `adding` adds it; never below 0. */
  takingBack(spending: Spending, from: Instant, amountPico: PicoUsd): () => void;
  /** Subtracts what left the longest window; writes nothing. */
  expire(spending: Spending, t: Instant): void;
  /** Deletes some of what counts no more; the caller saves the row. */
  deleteExpired(spending: Spending): void;
}

export interface RollingWindow {
  readonly windowMs: number;
  readonly t: Instant;
}

export interface MoneyToLeave {
  readonly mayStayPico: PicoUsd;
  readonly mustLeavePico: PicoUsd;
  readonly pendingPico: PicoUsd;
}

interface MoneySum {
  readonly hi: bigint | null;
  readonly lo: bigint | null;
}

const MAX_DELETED = 256;

export function createSpendingEntries(db: DatabaseSync): SpendingEntries {
  const sum = db.prepare(
    "SELECT sum(hi) AS hi, sum(lo) AS lo FROM spending_entries WHERE spending_id = ? AND stamp > ? AND stamp <= ?",
  );
  sum.setReadBigInts(true);
  const newest = db.prepare(`SELECT stamp FROM spending_entries WHERE spending_id = ? AND stamp > ?
    AND (hi > 0 OR (hi = 0 AND lo > 0)) ORDER BY stamp DESC LIMIT 1`);
  const counting = `SELECT stamp, hi, lo FROM spending_entries WHERE spending_id = ?1 AND stamp > ?2
    UNION ALL SELECT stamp, hi, lo FROM rolling_holds WHERE spending_id = ?1 ORDER BY stamp`;
  const oldestFirst = db.prepare(counting);
  const newestFirst = db.prepare(`${counting} DESC`);
  oldestFirst.setReadBigInts(true);
  newestFirst.setReadBigInts(true);
  const upsert = db.prepare(`INSERT INTO spending_entries (spending_id, stamp, hi, lo) VALUES (?, ?, ?, ?)
    ON CONFLICT (spending_id, stamp) DO UPDATE SET hi = hi + excluded.hi, lo = lo + excluded.lo`);
  const deleteExpired = db.prepare(`DELETE FROM spending_entries WHERE spending_id = ?1 AND stamp IN
    (SELECT stamp FROM spending_entries WHERE spending_id = ?1 AND stamp <= ?2 ORDER BY stamp LIMIT ${MAX_DELETED})`);
  const hold = db.prepare(`INSERT INTO rolling_holds (spending_id, stamp, hi, lo) VALUES (?, ?, ?, ?)
    ON CONFLICT (spending_id, stamp) DO UPDATE SET hi = hi + excluded.hi, lo = lo + excluded.lo`);
  const dropHold = db.prepare("DELETE FROM rolling_holds WHERE spending_id = ? AND stamp = ? AND hi = 0 AND lo = 0");
  const countingFrom = db.prepare(
    "SELECT stamp, hi, lo FROM spending_entries WHERE spending_id = ? AND stamp > ? AND stamp >= ? ORDER BY stamp",
  );
  countingFrom.setReadBigInts(true);
  const lower = db.prepare("UPDATE spending_entries SET hi = ?, lo = ? WHERE spending_id = ? AND stamp = ?");
  const isNow = createNowAndThen();

  function sumOf(id: bigint, after: Instant, upTo: Instant): PicoUsd {
    if (upTo <= after) return 0n;
    const { hi, lo } = sum.get(id, after, upTo) as unknown as MoneySum;
    return fromMoneyColumns(hi ?? 0n, lo ?? 0n);
  }

  return {
    spentIn(spending, windowMs, t) {
      if (spending.id === null) return 0n;
      const from = t - windowMs;
      return windowMs === spending.keepMs
        ? spending.spentPico - sumOf(spending.id, spending.countedTo, from)
        : sumOf(spending.id, Math.max(from, spending.countedTo), t);
    },
    lastLeavesAt(spending, windowMs, t) {
      if (spending.id === null) return null;
      const from = Math.max(t - windowMs, spending.countedTo);
      const last = newest.get(spending.id, from) as { stamp: number } | undefined;
      return last === undefined ? null : last.stamp + windowMs;
    },
    fitsAt(spending, { windowMs, t }, { mayStayPico, mustLeavePico, pendingPico }) {
      const from = Math.max(t - windowMs, spending.countedTo);
      // From the end that is nearer, for a refusal has to stay cheap. What is claimed now is the newest.
      const fromNewest = mustLeavePico > mayStayPico;
      let left = fromNewest ? mayStayPico - pendingPico : mustLeavePico;
      if (spending.id === null || (fromNewest && left < 0n)) return t + windowMs;
      for (const row of (fromNewest ? newestFirst : oldestFirst).iterate(spending.id, from)) {
        const { stamp, hi, lo } = row as unknown as { stamp: bigint; hi: bigint; lo: bigint };
        left -= fromMoneyColumns(hi, lo);
        if (fromNewest ? left < 0n : left <= 0n) return Math.max(t, Number(stamp) + windowMs);
      }
      return t + windowMs;
    },
    adding(spending, stamp, amountPico) {
      const { id, countedTo } = spending;
      if (id === null || stamp <= countedTo) return () => {};
      const { hi, lo } = toMoneyColumns(amountPico);
      spending.spentPico += amountPico;
      return () => {
        upsert.run(id, stamp, hi, lo);
      };
    },
    hold(spendingId, stamp, amountPico, sign) {
      const { hi, lo } = toMoneyColumns(amountPico);
      hold.run(spendingId, stamp, BigInt(sign) * hi, BigInt(sign) * lo);
      if (sign === -1) dropHold.run(spendingId, stamp);
    },
    takingBack(spending, from, amountPico) {
      const lowered: (readonly [hi: bigint, lo: bigint, stamp: bigint])[] = [];
      let left = amountPico;
      for (const row of countingFrom.iterate(spending.id, spending.countedTo, from)) {
        const { stamp, hi, lo } = row as unknown as { stamp: bigint; hi: bigint; lo: bigint };
        const there = fromMoneyColumns(hi, lo);
        const taken = there < left ? there : left;
        left -= taken;
        const rest = toMoneyColumns(there - taken);
        lowered.push([rest.hi, rest.lo, stamp]);
        if (left === 0n) break;
      }
      spending.spentPico -= amountPico - left;
      return () => {
        for (const [hi, lo, stamp] of lowered) lower.run(hi, lo, spending.id, stamp);
      };
    },
    expire(spending, t) {
      const countedTo = Math.max(spending.countedTo, t - spending.keepMs);
      if (spending.id !== null) spending.spentPico -= sumOf(spending.id, spending.countedTo, countedTo);
      spending.countedTo = countedTo;
    },
    deleteExpired(spending) {
      if (isNow()) deleteExpired.run(spending.id, spending.countedTo);
    },
  };
}
