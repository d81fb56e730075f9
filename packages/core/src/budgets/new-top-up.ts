import type { Issue } from "../errors/issue.ts";
import { idProblem } from "../ids/external-id.ts";
import { formatUsd, parseUsd } from "../money/decimal.ts";
import type { Policy, Tenant } from "../tenancy/tenant.ts";
import { formatInstant, type Instant } from "../time/instant.ts";
import type { Budget } from "./budget.ts";
import { isTopUpOver, type TopUp, topUpPeriod } from "./top-up.ts";

/** A top-up as an operator writes it. */
export interface NewTopUp {
  /** Unique within the tenant: whoever repeats it adds nothing. */
  readonly id: string;
  readonly budgetId: string;
  /** Decimal string of USD, above 0. */
  readonly amountUsd: string;
  /** One user, feature or key of the budget's scope; default: the tenant's own count, or every one. */
  readonly scopeId?: string;
  /** Within the period it is for; default: now. */
  readonly at?: Instant;
  readonly note?: string;
}

/** Records are read with every call, so they do not grow without end. */
export const mostTopUps = 200;
const longestNote = 200;

/** The top-up, or every field at fault. */
export function readTopUp(
  given: NewTopUp,
  policy: Policy,
  moment: { readonly now: Instant; readonly timeZone: string },
): { readonly topUp: TopUp; readonly issues: readonly Issue[] } {
  const { id, budgetId, amountUsd, scopeId = null, at = moment.now, note = null } = given;
  const issues: Issue[] = [];
  const report = (path: string, message: string | null): void => {
    if (message !== null) issues.push({ path, message });
  };
  const budget = policy.budgets.find((one) => one.id === budgetId);
  const amount = parseUsd(amountUsd);
  report("id", idProblem(id));
  report("budgetId", budget === undefined ? unknownBudget(budgetId, policy) : null);
  report("amountUsd", amount.ok ? (amount.pico > 0n ? null : "must be more than 0") : amount.problem);
  report("scopeId", scopeId === null ? null : scopeProblem(scopeId, budget));
  report("note", note === null || note.length <= longestNote ? null : `must be at most ${longestNote} characters`);
  const topUp = { id, budgetId, scopeId, amountPico: amount.ok ? amount.pico : 0n, at, note };
  if (budget !== undefined) report("at", periodProblem(budget, topUp, moment));
  return { topUp, issues };
}

/** The top-ups with one more; those that count for nothing any more are gone. */
export function withTopUp(
  { topUps = [], timeZone }: Tenant,
  topUp: TopUp,
  { budgets }: Policy,
  now: Instant,
): readonly TopUp[] {
  return [...topUps.filter((one) => !isTopUpOver(one, budgets, { now, timeZone })), topUp];
}

/** Whether adding is a repetition: the same id stands for the same money. Otherwise the id is taken. */
export function sameTopUp(a: TopUp, b: TopUp): boolean {
  return a.budgetId === b.budgetId && a.scopeId === b.scopeId && a.amountPico === b.amountPico;
}

function unknownBudget(budgetId: string, { budgets, tierId }: Policy): string {
  const known = budgets.map(({ id }) => id).join(", ");
  const told = known === "" ? `tier ${tierId} has none` : `known are ${known}`;
  return `is ${JSON.stringify(budgetId)}, which is no budget of the tenant; ${told}`;
}

function scopeProblem(scopeId: string, budget: Budget | undefined): string | null {
  if (budget?.scope === "tenant") return `does not apply: budget ${budget.id} has one count for the whole tenant`;
  return idProblem(scopeId);
}

function periodProblem(
  budget: Budget,
  topUp: TopUp,
  { now, timeZone }: { readonly now: Instant; readonly timeZone: string },
): string | null {
  try {
    const { to } = topUpPeriod(budget, topUp, timeZone);
    return to > now ? null : `lies in a period that ended at ${formatInstant(to)}; nothing can be spent there`;
  } catch {
    return "must be an instant of the years 1000 to 9998";
  }
}

/** A top-up as JSON carries it. */
export interface TopUpView extends Omit<TopUp, "amountPico" | "at"> {
  readonly amountUsd: string;
  readonly at: string;
  /** When it counts: [from, to). */
  readonly from: string;
  readonly to: string;
}

/** The top-ups of a tenant whose budgets are there: one of a budget that is gone counts nowhere, and has no view. */
export function topUpViews({ topUps = [], timeZone }: Tenant, budgets: readonly Budget[]): readonly TopUpView[] {
  return topUps.flatMap((topUp) => {
    const budget = budgets.find(({ id }) => id === topUp.budgetId);
    return budget === undefined ? [] : [topUpView(topUp, budget, timeZone)];
  });
}

function topUpView(topUp: TopUp, budget: Budget, timeZone: string): TopUpView {
  const { amountPico, at, ...rest } = topUp;
  const { from, to } = topUpPeriod(budget, topUp, timeZone);
  return {
    ...rest,
    amountUsd: formatUsd(amountPico),
    at: formatInstant(at),
    from: formatInstant(from),
    to: formatInstant(to),
  };
}
