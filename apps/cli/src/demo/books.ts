import { formatUsd, type LedgerLine, type Period, reconcile, type Reconciliation } from "@tenantry/core";
import type { MeetingResult } from "@tenantry/meetings";
import type { ProviderSimulator } from "@tenantry/composition";
import { readCompliance, slaTable } from "../commands/sla-report.ts";
import { usageTable } from "../commands/usage-report.ts";
import { renderReport } from "../output/report.ts";
import { cast, type Stage } from "./stage.ts";

/** Seed, step 7: usage and cost, out of the ledger, earlier runs included. */
export async function usageAndCost(stage: Stage, period: Period): Promise<void> {
  stage.heading("Usage and cost (step 7)");
  const query = { period, groupBy: ["tenant", "model"], timeZone: "UTC" } as const;
  const rows = await stage.app.reader.usage({ kind: "installation" }, query);
  stage.terminal.out(renderReport(usageTable(["tenant", "model"], rows, period), "table", stage.terminal.width));
}

/** Seed, step 8: PASS or FAIL of each meeting, then the exact shares over the period. */
export async function serviceLevels(stage: Stage, results: readonly MeetingResult[], period: Period): Promise<void> {
  stage.heading("Service levels (step 8)");
  for (const [index, { tenantId }] of cast.entries()) {
    const result = results[index];
    if (result === undefined || result.kind !== "ok") {
      stage.say(`${tenantId}: no answer to judge`);
      continue;
    }
    const status = result.slaMet === null ? "no objective (best effort)" : result.slaMet ? "PASS" : "FAIL";
    stage.say(`${tenantId} (${result.tier}): ${Math.round(result.latencyMs)} ms, ${status}`);
  }
  stage.say("");
  stage.terminal.out(
    renderReport(slaTable(await readCompliance(stage.app, period), period), "table", stage.terminal.width),
  );
}

/** Seed, step 9: what each tenant used, asked of the ledger itself. */
export async function tenantMetrics(stage: Stage, period: Period): Promise<void> {
  stage.heading("Tenant metrics, from Tenantry's own ledger (step 9)");
  const { reader } = stage.app;
  for (const { tenantId } of cast) {
    const scope = { kind: "tenant", tenantId } as const;
    const [total] = await reader.usage(scope, { period, groupBy: [], timeZone: "UTC" });
    const sessions = await reader.usage(scope, { period, groupBy: ["session"], timeZone: "UTC" });
    if (total === undefined) stage.say(`${tenantId}: no calls in this period`);
    else {
      const named = sessions.filter(({ sessionId }) => sessionId !== null).length;
      stage.say(`${tenantId}: ${total.calls} requests in ${named} sessions, $${formatUsd(total.costPico)}`);
    }
  }
}

/** The headline: every attempt of this run against every line of the provider's invoice. */
export async function reconcileRun(stage: Stage, simulator: ProviderSimulator): Promise<Reconciliation> {
  stage.heading("The books against the provider's invoice");
  const lines: LedgerLine[] = [];
  for (const callId of stage.callIds) {
    const detail = await stage.app.reader.call({ kind: "installation" }, callId);
    lines.push(...(detail?.lines ?? []));
  }
  const entries = simulator.invoice().lines.map((line) => ({
    entryId: line.id,
    attemptId: line.clientRequestId,
    responseId: line.responseId,
    model: line.model,
    amountPico: line.amountPico,
  }));
  const result = reconcile(lines, entries);
  stage.say(`  ledger    $${formatUsd(result.bookedPico)} in ${lines.length} attempts`);
  stage.say(`  invoice   $${formatUsd(result.billedPico)} in ${entries.length} billed requests`);
  stage.say(`  matched   ${result.matched} exactly, ${result.freeOfCharge} free of charge on both sides`);
  for (const { residual, line, bookedPico, billedPico } of result.differences) {
    const booked = bookedPico === null ? "unknown" : `$${formatUsd(bookedPico)}`;
    stage.say(
      `  ${residual.padEnd(9)} ${line?.attemptId ?? ""}: booked ${booked}, billed $${formatUsd(billedPico ?? 0n)}`,
    );
  }
  stage.say("", verdict(result));
  return result;
}

function verdict(result: Reconciliation): string {
  const explained =
    result.explainedPico === 0n
      ? ""
      : ` after $${formatUsd(result.explainedPico)} that the ledger marks as estimated or unknown`;
  return result.balanced
    ? `Reconciled to the last 10⁻¹² dollar: unexplained difference $${formatUsd(result.unexplainedPico)}${explained}.`
    : `NOT RECONCILED: unexplained difference $${formatUsd(result.unexplainedPico)}.`;
}
