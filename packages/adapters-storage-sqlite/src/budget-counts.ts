import type { BudgetState, HoldClaim, Instant, PicoUsd, Refusal } from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { fromMoneyColumns, toMoneyColumns } from "./money-columns.ts";
import { createSpendingEntries } from "./spending-entries.ts";
import { advance, createSpendingRows, type Spending } from "./spending-row.ts";

/** Money held and spent. All methods run inside the caller's transaction; instants in answers are on the wall clock. */
export interface BudgetCounts {
  isHeld(attemptId: string): boolean;
  check(claims: readonly HoldClaim[], now: Instant): CheckedHolds;
  /** Reserves all claims that were checked. */
  take(checked: CheckedHolds, attemptId: string, ownerId: string): void;
  states(claims: readonly HoldClaim[], now: Instant): readonly BudgetState[];
  /** Turns the attempt's holds into spent money, in the periods they were taken in. */
  settle(attemptId: string, spentPico: PicoUsd): void;
  /** Attempts with holds of these owners, but for those with an open intent: they may have cost money (R2). */
  attemptsOf(ownerIds: readonly string[]): readonly string[];
  /** Forgets some budgets in which nothing counts any more. */
  sweep(now: Instant): void;
}

export interface CheckedHolds {
  readonly refusal: Refusal | null;
  readonly holds: readonly { readonly claim: HoldClaim; readonly spending: Spending; readonly t: Instant }[];
}

/** A budget as this admission finds it. */
interface OpenBudget {
  readonly spending: Spending;
  readonly t: Instant;
  /** Claimed by this admission so far. */
  pendingPico: PicoUsd;
}

interface HoldRow {
  readonly spending_id: bigint;
  readonly stamp: bigint;
  readonly hi: bigint;
  readonly lo: bigint;
}

/** How long an ended calendar period is kept: a call admitted just before its end, or a clock put back, may still ask. */
const KEEP_ENDED_MS = 32 * 86_400_000;
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
      ELSE period_to + ${KEEP_ENDED_MS} <= ?1 END AS is_over
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
    widen(spending, claim);
    if (spending.period === null) entries.expire(spending, t);
    // Kept also when the claim is refused: time goes on from here (store-time.ts of core).
    const hasMoved = offsetMs !== spending.offsetMs || latest !== spending.latest || keepMs !== spending.keepMs;
    if (spending.id !== null && hasMoved) rows.save(spending);
    return { spending, t, pendingPico: 0n };
  }

  function refusalOf(budget: OpenBudget, claim: HoldClaim): Refusal | null {
    const { budgetId, limitPico, amountPico } = claim;
    const spentPico = spentOf(budget.spending, claim, budget.t);
    const heldPico = budget.spending.heldPico + budget.pendingPico;
    const excessPico = spentPico + heldPico + amountPico - limitPico;
    if (claim.breach === "warn" || excessPico <= 0n) return null;
    const resetAt = fitsAgainAt(budget, claim, excessPico);
    return { kind: "budget", budgetId, limitPico, spentPico, heldPico, amountPico, resetAt };
  }

  function stateOf(claim: HoldClaim, now: Instant): BudgetState {
    const spending = rows.find(claim);
    const t = advance(spending, now);
    const { budgetId, limitPico, breach, span } = claim;
    const leavesAt = span.kind === "rolling" ? entries.lastLeavesAt(spending, span.windowMs, t) : null;
    return {
      budgetId,
      limitPico,
      spentPico: spentOf(spending, claim, t),
      heldPico: spending.heldPico,
      breach,
      resetAt: span.kind === "calendar" ? span.period.to : leavesAt === null ? null : leavesAt - spending.offsetMs,
    };
  }

  return {
    isHeld: (attemptId) => find.get(attemptId) !== undefined,
    check(claims, now) {
      const known = new Map<string, OpenBudget>();
      const holds: { claim: HoldClaim; spending: Spending; t: Instant }[] = [];
      for (const claim of claims) {
        const name = JSON.stringify([claim.key, claim.span.kind === "calendar" ? claim.span.period : null]);
        const budget = known.get(name) ?? openBudget(claim, now);
        known.set(name, budget);
        widen(budget.spending, claim);
        const refusal = refusalOf(budget, claim);
        if (refusal !== null) return { refusal, holds: [] };
        budget.pendingPico += claim.amountPico;
        holds.push({ claim, spending: budget.spending, t: budget.t });
      }
      return { refusal: null, holds };
    },
    take(checked, attemptId, ownerId) {
      for (const { claim, spending, t } of checked.holds) {
        spending.heldPico += claim.amountPico;
        const { hi, lo } = toMoneyColumns(claim.amountPico);
        insert.run(attemptId, rows.save(spending), t, hi, lo, ownerId);
      }
    },
    states: (claims, now) => claims.map((claim) => stateOf(claim, now)),
    settle(attemptId, spentPico) {
      const holds = ofAttempt.all(attemptId) as unknown as HoldRow[];
      if (holds.length === 0) return;
      remove.run(attemptId);
      const spentIn = new Set<bigint>();
      for (const hold of holds) {
        const spending = rows.get(hold.spending_id);
        if (spending === null) continue;
        spending.heldPico -= fromMoneyColumns(hold.hi, hold.lo);
        // Several claims of the attempt on one budget are still one cost.
        if (!spentIn.has(hold.spending_id) && spentPico !== 0n) {
          if (spending.period === null) entries.add(spending, Number(hold.stamp), spentPico);
          else spending.spentPico += spentPico;
        }
        spentIn.add(hold.spending_id);
        rows.save(spending);
      }
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
