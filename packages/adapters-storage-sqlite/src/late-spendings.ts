import {
  forgetAt,
  type HoldClaim,
  type Instant,
  lateStamp,
  type LimitSpending,
  type PicoUsd,
  wasClaimedBy,
} from "@tenantry/core";
import type { DatabaseSync } from "node:sqlite";
import { assertRow, type ColumnKind } from "./assert-row.ts";
import { assertMoney } from "./money-columns.ts";
import { createSpendingEntries } from "./spending-entries.ts";
import { advance, periodOf, type Spending, type SpendingRows } from "./spending-row.ts";

/** Money that is told of after the fact. All methods run inside the caller's transaction. */
export interface LateSpendings {
  /** What counts the fact unless it is known; itself it writes nothing. */
  spending(fact: LimitSpending, now: Instant): () => void;
  /** Forgets facts that can count no more. */
  sweep(now: Instant): void;
}

const kinds: readonly ColumnKind[] = ["text", "integer"];
const MAX_SWEPT = 512;

export function createLateSpendings(db: DatabaseSync, rows: SpendingRows): LateSpendings {
  const entries = createSpendingEntries(db);
  const insert = db.prepare("INSERT INTO late_spendings (id, forget_at) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const forget = db.prepare(`DELETE FROM late_spendings WHERE id IN
    (SELECT id FROM late_spendings WHERE forget_at <= ? ORDER BY forget_at LIMIT ${MAX_SWEPT})`);

  /** What counts the amount in one budget, or null when it does not count there. */
  function counting(claim: HoldClaim, { amountPico, at }: LimitSpending, now: Instant): (() => void) | null {
    const spending = rows.find(claim.key, periodOf(claim));
    if (amountPico < 0n && (spending.since === null || !wasClaimedBy(spending.since, at))) return null;
    spending.since ??= at;
    const t = advance(spending, now);
    const stamp = lateStamp(claim, { amountPico, at }, { now, t, offsetMs: spending.offsetMs });
    if (stamp === null) return null;
    return amountPico < 0n ? takingBack(spending, stamp, -amountPico) : adding(spending, claim, { stamp, amountPico });
  }

  function takingBack(spending: Spending, stamp: Instant, amountPico: PicoUsd): () => void {
    if (spending.period === null) {
      const lower = entries.takingBack(spending, stamp, amountPico);
      return () => {
        lower();
        rows.save(spending);
      };
    }
    spending.spentPico -= amountPico < spending.spentPico ? amountPico : spending.spentPico;
    return () => {
      rows.save(spending);
    };
  }

  function adding(
    spending: Spending,
    { span }: HoldClaim,
    { stamp, amountPico }: { readonly stamp: Instant; readonly amountPico: PicoUsd },
  ): () => void {
    assertMoney(amountPico, spending.spentPico + amountPico);
    if (span.kind === "rolling") {
      spending.keepMs = Math.max(spending.keepMs, span.windowMs);
      return () => {
        // An entry needs the row's id.
        spending.id ??= rows.save(spending);
        entries.adding(spending, stamp, amountPico)();
        rows.save(spending);
      };
    }
    spending.spentPico += amountPico;
    return () => {
      rows.save(spending);
    };
  }

  return {
    spending(fact, now) {
      const { spendingId, claims, amountPico, at } = fact;
      const row = [spendingId, forgetAt(claims, at)] as const;
      assertRow(row, kinds);
      const budgets = new Map(claims.map((claim) => [nameOf(claim), claim]));
      const counts = amountPico === 0n ? [] : [...budgets.values()].map((claim) => counting(claim, fact, now));
      // Whether the fact is known shows when it is noted: most are new, and are not looked for first.
      return () => {
        if (insert.run(...row).changes === 0) return;
        for (const count of counts) count?.();
      };
    },
    sweep: (now) => {
      forget.run(now);
    },
  };
}

function nameOf({ key, span }: HoldClaim): string {
  return JSON.stringify(span.kind === "calendar" ? [key, span.period] : [key]);
}
