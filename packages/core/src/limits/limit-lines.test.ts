import { describe, expect, it } from "vitest";
import { usd } from "../money/decimal.ts";
import type { PeekedStates } from "../ports/limit-store.port.ts";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import { aTenant, aTier } from "../testing/builders.ts";
import { describeLimits, limitsView, limitTerms } from "./limit-lines.ts";

const tier = aTier({
  limits: [
    { id: "calls", metric: "calls", capacity: 10, windowMs: 60_000, scope: "tenant" },
    { id: "calls-user", metric: "calls", capacity: 3, windowMs: 60_000, scope: "user" },
  ],
  concurrency: [{ id: "at-once", capacity: 2, scope: "tenant" }],
  budgets: [
    { id: "month", limitPico: usd("5"), span: { kind: "calendar", unit: "month" }, scope: "tenant", breach: "block" },
  ],
});
const states: PeekedStates = {
  windows: [{ limitId: "calls", metric: "calls", capacity: 10, windowMs: 60_000, remaining: 4, resetAt: 0 }],
  leases: [{ limitId: "at-once", capacity: 2, inFlight: 3 }],
  budgets: [
    {
      budgetId: "month",
      limitPico: usd("5"),
      spentPico: usd("4.5"),
      heldPico: usd("0.75"),
      breach: "block",
      resetAt: null,
      rolledPico: 0n,
      toldPercent: null,
    },
  ],
};

describe("limits and where they stand", () => {
  const asked: string[] = [];
  const peek = async (claims: { readonly windows: readonly { readonly limitId: string }[] }): Promise<PeekedStates> => {
    asked.push(...claims.windows.map(({ limitId }) => limitId));
    return states;
  };
  const lines = async (): ReturnType<typeof describeLimits> =>
    await describeLimits({ peek }, aTenant(), resolvePolicy(tier, aTenant()), 0);

  it("tells what is used and left, never less than nothing", async () => {
    const [calls, , atOnce, month] = await lines();
    expect(calls).toMatchObject({ used: 6, left: 4 });
    expect(atOnce).toMatchObject({ used: 3, left: 0 });
    expect(month).toMatchObject({ limit: "5", used: "4.5", held: "0.75", left: "0" });
  });

  it("asks for no count that belongs to a user, a feature or a key", async () => {
    const [, perUser] = await lines();
    expect(perUser).toMatchObject({ limit: 3, used: null, left: null });
    expect(asked).not.toContain("calls-user");
  });

  it("tells nothing of where a budget stands to whom cost may not be shown", async () => {
    const view = limitsView(await lines(), { showCost: false });
    expect(view.at(-1)).toMatchObject({ kind: "budget", limit: "5", used: null, held: null, left: null });
    expect(view[0]).toMatchObject({ used: 6 });
    expect(limitsView(await lines(), { showCost: true }).at(-1)).toMatchObject({ used: "4.5" });
  });

  it("as bought they have no counts at all", () => {
    expect(limitTerms(tier).map(({ id, limit }) => [id, limit])).toEqual([
      ["calls", 10],
      ["calls-user", 3],
      ["at-once", 2],
      ["month", "5"],
    ]);
    expect(Object.keys(limitTerms(tier)[0] ?? {})).not.toContain("used");
  });
});
