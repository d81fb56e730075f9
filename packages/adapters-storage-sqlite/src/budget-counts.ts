import {
  type BudgetState,
  type HoldClaim,
  type Instant,
  keepEndedMs,
  type PicoUsd,
  type Refusal,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { assertMoney, fromMoneyColumns, toMoneyColumns } from "./money-columns.ts";
import { createSpendingEntries } from "./spending-entries.ts";
import { advance, createSpendingRows, type Spending } from "./spending-row.ts";

/** Money held and spent. All methods run inside the caller's transaction; instants in answers are on the wall clock. */
export interface BudgetCounts {
  isHeld(attemptId: string): boolean;
  /** Says which claim does not fit, or null. Writes nothing. */
  check(claims: readonly HoldClaim[], now: Instant): CheckedHolds;
  /** Reserves all claims that were checked, and answers where they stand then. */
  take(checked: CheckedHolds, attemptId: string, ownerId: string): readonly BudgetState[];
  /** Keeps the time that refused claims met: it goes on from there (store-time.ts of core). */
  keepTime(checked: CheckedHolds): void;
  states(claims: readonly HoldClaim[], now: Instant): readonly BudgetState[];
  /** What turns the attempt's holds into spent money, in the periods they were taken in; itself it writes nothing. */
  settlement(attemptId: string, spentPico: PicoUsd): () => void;
  /** Attempts with holds of these owners, but for those with an open intent: they may have cost money (R2). */
  attemptsOf(ownerIds: readonly string[]): readonly string[];
  /** Forgets some budgets in which nothing counts any more. */
  sweep(now: Instant): void;
}

export interface CheckedHolds {
  readonly refusal: Refusal | null;
  readonly holds: readonly CheckedHold[];
  /** All that were met. */
  readonly budgets: readonly OpenBudget[];
}

interface CheckedHold {
  readonly claim: HoldClaim;
  readonly budget: OpenBudget;
  readonly spentPico: PicoUsd;
}

interface Met {
  readonly spending: Spending;
  /** The budget's time. */
  readonly t: Instant;
}

/** A budget as this admission finds it. */
interface OpenBudget extends Met {
  /** Whether the row has another time, or a shorter window, than this admission met. */
  readonly hasMoved: boolean;
  /** Claimed by this admission so far. */
  pendingPico: PicoUsd;
}

interface HoldRow {
  readonly spending_id: bigint;
  readonly stamp: bigint;
  readonly hi: bigint;
  readonly lo: bigint;
}

const MAX_SWEPT = 512;

export function createBudgetCounts(db: DatabaseSync): BudgetCounts {
  const rows = createSpendingRows(db);
  const entries = createSpendingEntries(db);
  const find = db.prepare("SELECT 1 FROM holds WHERE attempt_id = ? LIMIT 1");
  const insert = db.prepare(
    "INSERT INTO holds (attempt_id, spending_id, stamp, hi, lo, owner_id) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const ofAttempt = db.prepare("SELECT spending_id, stamp, hi, lo FROM holds WHERE attempt_id = ? ORDER BY id");
  ofAttempt.setReadBigInts(true);
  const remove = db.prepare("DELETE FROM holds WHERE attempt_id = ?");
  const ofOwner = db.prepare(`SELECT DISTINCT attempt_id AS id FROM holds WHERE owner_id = ? AND NOT EXISTS
    (SELECT 1 FROM intents WHERE intents.attempt_id = holds.attempt_id AND is_settled = 0)`);
  const nextRows = db.prepare(`SELECT id, id NOT IN (SELECT spending_id FROM holds) AND CASE
      WHEN period_to IS NULL THEN latest + keep_ms <= ?1 + offset_ms
      ELSE period_to + ${keepEndedMs} <= ?1 END AS is_over
    FROM spendings WHERE id > ?2 ORDER BY id LIMIT ${MAX_SWEPT}`);
  const deleteEntries = db.prepare("DELETE FROM spending_entries WHERE spending_id = ?");
  const deleteRow = db.prepare("DELETE FROM spendings WHERE id = ?");
  let sweptTo = 0;

  function spentOf(spending: Spending, { span }: HoldClaim, t: Instant): PicoUsd {
    return span.kind === "calendar" ? spending.spentPico : entries.spentIn(spending, span.windowMs, t);
  }

  function fitsAgainAt(
    { spending, t, pendingPico }: OpenBudget,
    claim: HoldClaim,
    excessPico: PicoUsd,
  ): Instant | null {
    const { span, limitPico, amountPico } = claim;
    if (amountPico > limitPico) return null;
    if (span.kind === "calendar") return span.period.to;
    const amounts = { mayStayPico: limitPico - amountPico, mustLeavePico: excessPico, pendingPico };
    return entries.fitsAt(spending, { windowMs: span.windowMs, t }, amounts) - spending.offsetMs;
  }

  function widen(spending: Spending, { span }: HoldClaim): void {
    if (span.kind === "rolling") spending.keepMs = Math.max(spending.keepMs, span.windowMs);
  }

  function openBudget(claim: HoldClaim, now: Instant): OpenBudget {
    const spending = rows.find(claim);
    const { offsetMs, latest, keepMs } = spending;
    const t = advance(spending, now);
    spending.since ??= now;
    widen(spending, claim);
    if (spending.period === null) entries.expire(spending, t);
    const hasMoved = offsetMs !== spending.offsetMs || latest !== spending.latest || keepMs !== spending.keepMs;
    return { spending, t, hasMoved, pendingPico: 0n };
  }

  function refusalOf(budget: OpenBudget, claim: HoldClaim, spentPico: PicoUsd): Refusal | null {
    const { budgetId, limitPico, amountPico } = claim;
    const heldPico = budget.spending.heldPico + budget.pendingPico;
    const excessPico = spentPico + heldPico + amountPico - limitPico;
    if (claim.breach === "warn" || excessPico <= 0n) return null;
    const resetAt = fitsAgainAt(budget, claim, excessPico);
    return { kind: "budget", budgetId, limitPico, spentPico, heldPico, amountPico, resetAt };
  }

  function save(spending: Spending): bigint {
    if (spending.id !== null && spending.period === null) entries.deleteExpired(spending);
    return rows.save(spending);
  }

  function stateOf(
    { budgetId, limitPico, breach, span }: HoldClaim,
    { spending, t }: Met,
    spent: PicoUsd,
  ): BudgetState {
    const leavesAt = span.kind === "rolling" ? entries.lastLeavesAt(spending, span.windowMs, t) : null;
    const resetAt = span.kind === "calendar" ? span.period.to : leavesAt === null ? null : leavesAt - spending.offsetMs;
    return { budgetId, limitPico, spentPico: spent, heldPico: spending.heldPico, breach, resetAt };
  }

  return {
    isHeld: (attemptId) => find.get(attemptId) !== undefined,
    check(claims, now) {
      const known = new Map<string, OpenBudget>();
      const holds: CheckedHold[] = [];
      for (const claim of claims) {
        const name = JSON.stringify([claim.key, claim.span.kind === "calendar" ? claim.span.period : null]);
        const budget = known.get(name) ?? openBudget(claim, now);
        known.set(name, budget);
        widen(budget.spending, claim);
        const spentPico = spentOf(budget.spending, claim, budget.t);
        const refusal = refusalOf(budget, claim, spentPico);
        if (refusal !== null) return { refusal, holds: [], budgets: [...known.values()] };
        budget.pendingPico += claim.amountPico;
        assertMoney(claim.amountPico, budget.spending.heldPico + budget.pendingPico);
        holds.push({ claim, budget, spentPico });
      }
      return { refusal: null, holds, budgets: [...known.values()] };
    },
    take({ holds, budgets }, attemptId, ownerId) {
      for (const { spending, pendingPico } of budgets) {
        spending.heldPico += pendingPico;
        save(spending);
      }
      return holds.map(({ claim, budget, spentPico }) => {
        const { hi, lo } = toMoneyColumns(claim.amountPico);
        insert.run(attemptId, budget.spending.id, budget.t, hi, lo, ownerId);
        return stateOf(claim, budget, spentPico);
      });
    },
    keepTime({ budgets }) {
      for (const { spending, hasMoved } of budgets) if (spending.id !== null && hasMoved) save(spending);
    },
    states: (claims, now) =>
      claims.map((claim) => {
        const spending = rows.find(claim);
        const t = advance(spending, now);
        return stateOf(claim, { spending, t }, spentOf(spending, claim, t));
      }),
    settlement(attemptId, spentPico) {
      const holds = ofAttempt.all(attemptId) as unknown as HoldRow[];
      if (holds.length === 0) return () => {};
      const met = new Map<bigint, Spending | null>();
      const added: (() => void)[] = [];
      for (const hold of holds) {
        // Several claims of the attempt on one budget are still one cost.
        const isFirst = !met.has(hold.spending_id);
        const spending = isFirst ? rows.get(hold.spending_id) : (met.get(hold.spending_id) ?? null);
        met.set(hold.spending_id, spending);
        if (spending === null) continue;
        spending.heldPico -= fromMoneyColumns(hold.hi, hold.lo);
        if (!isFirst || spentPico === 0n) continue;
        if (spending.period === null) added.push(entries.adding(spending, Number(hold.stamp), spentPico));
        else spending.spentPico += spentPico;
      }
      for (const spending of met.values()) if (spending !== null) assertMoney(spending.heldPico, spending.spentPico);
      return () => {
        remove.run(attemptId);
        for (const add of added) add();
        for (const spending of met.values()) if (spending !== null) rows.save(spending);
      };
    },
    attemptsOf: (ownerIds) => ownerIds.flatMap((id) => (ofOwner.all(id) as { id: string }[]).map((row) => row.id)),
    sweep(now) {
      const next = nextRows.all(now, sweptTo) as unknown as { id: number; is_over: number | null }[];
      sweptTo = next.length < MAX_SWEPT ? 0 : (next.at(-1)?.id ?? 0);
      for (const { id, is_over: isOver } of next) {
        if (isOver !== 1) continue;
        deleteEntries.run(id);
        deleteRow.run(id);
      }
    },
  };
}
