import { TenantryError } from "../errors/tenantry-error.ts";
import { idProblem } from "../ids/external-id.ts";
import { chargeLine } from "../metering/charge-line.ts";
import { type FactIgnored, ignoredBecause, sameFigures } from "../metering/late-fact.ts";
import { linesOfAttempt, supersedingLineId } from "../metering/line-in-force.ts";
import { attributionIn, type LedgerLine, type LineMark } from "../metering/ledger-line.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { UsageReader } from "../ports/usage-reader.port.ts";
import type { ChargePolicy } from "../pricing/charge.ts";
import type { PriceBook } from "../pricing/price-book.ts";
import { tokensProblem, type Usage } from "../pricing/usage.ts";
import type { Instant } from "../time/instant.ts";
import { buildLine } from "./build-line.ts";
import type { CallPorts } from "./call-context.ts";
import { assertCorrections, supersedeLine, termsOf } from "./supersede-line.ts";

/** What an attempt turns out to have used or cost after its line was written. */
export interface LateUsage {
  readonly tenantId: string;
  readonly callId: string;
  readonly attemptId: string;
  /** `measured`: the provider says so. `estimated`: somebody counted. */
  readonly source: "measured" | "estimated";
  /** Null when only the cost is known. */
  readonly usage: Usage | null;
  /** What the provider billed, ≥ 0. Null: the usage at the price in force when the attempt was sent. */
  readonly costPico: PicoUsd | null;
  /** Who says so, 1–200 characters: `invoice:simulator`, `admin:key_1`. */
  readonly reportedBy: string;
  /** The line in force, when it is known to be wrong: it is replaced whatever it says. Null: the better report wins. */
  readonly replaces: string | null;
  /** The model that answered, in the provider's words; null when that is not news. */
  readonly reportedModel?: string | null;
  /** The provider's id of its answer; null when that is not news. */
  readonly responseId?: string | null;
}

export type LateUsageResult =
  | { readonly kind: "superseded"; readonly line: LedgerLine; readonly replaced: LedgerLine }
  | { readonly kind: "unchanged"; readonly line: LedgerLine; readonly because: FactIgnored };

export type LateUsagePorts = Pick<CallPorts, "tenants" | "tiers" | "prices" | "ledger" | "limits" | "clock"> & {
  readonly reader: Pick<UsageReader, "call">;
};

/** A billion dollars: what lies beyond is a slip of the pen, and would do harm in every sum. */
const mostCostPico: PicoUsd = 10n ** 21n;

/** Others who report on the same attempt at the same time, before we give up. */
const mostTries = 20;

/**
 * A late fact replaces what the ledger has for an attempt; it is never added to it (R7). Measured beats estimated beats
 * unknown; the result is the same in whatever order reports come in, and repeating one changes nothing. The new line has
 * the instant of the old and its own `recordedAt`; budgets get the difference in the period of that instant; calls and
 * service levels stay as they are.
 *
 * Errors: `not_found` for an attempt this tenant does not have; `conflict` when it has not ended, or when `replaces` is
 * not the line in force; `invalid_request` names the field; `unavailable` when nothing was written. After a rejection
 * the same report may be made again.
 */
export async function recordLateUsage(ports: LateUsagePorts, report: LateUsage): Promise<LateUsageResult> {
  checkReport(report);
  const terms = await termsOf(ports, report.tenantId);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const chain = await chainOf(ports, report);
    // Made again before anything else: whoever wrote the last line may have died before its money was corrected.
    await assertCorrections(ports, chain, terms);
    const inForce = chain.at(-1) as LedgerLine;
    const line = lateLine(chain, report, {
      book: ports.prices.current(),
      charge: terms?.policy.charge ?? null,
      recordedAt: ports.clock.now(),
    });
    const because =
      report.replaces === null ? ignoredBecause(inForce, line) : replacing(inForce, line, report.replaces);
    if (because !== null) return { kind: "unchanged", line: inForce, because };
    await supersedeLine(ports, inForce, line, terms, terms?.policy.charge ?? null);
    // Another report may have come first under the same id; then its line is weighed against ours.
    const written = (await chainOf(ports, report)).find(({ lineId }) => lineId === line.lineId);
    const isOurs = written !== undefined && sameFigures(written, line) && written.reportedBy === line.reportedBy;
    if (isOurs) return { kind: "superseded", line: written, replaced: inForce };
  }
  throw new TenantryError("unavailable", `attempt ${report.attemptId} keeps being reported by others; try again`, {
    retryable: true,
  });
}

async function chainOf(
  { reader }: Pick<LateUsagePorts, "reader">,
  { tenantId, callId, attemptId }: LateUsage,
): Promise<readonly LedgerLine[]> {
  const detail = await reader.call({ kind: "tenant", tenantId }, callId);
  if (detail === null) throw new TenantryError("not_found", `there is no call ${JSON.stringify(callId)}`);
  const chain = linesOfAttempt(detail.lines, attemptId);
  if (chain.length > 0) return chain;
  if (detail.call === null)
    throw new TenantryError("conflict", `attempt ${attemptId} has no line yet: its call is in flight`);
  throw new TenantryError("not_found", `call ${callId} has no attempt ${JSON.stringify(attemptId)}`);
}

/** A line named as wrong is replaced; told again, the line that replaced it is found in force. */
function replacing(inForce: LedgerLine, line: LedgerLine, replaces: string): FactIgnored | null {
  if (sameFigures(inForce, line)) return "same-figures";
  if (inForce.lineId === replaces) return null;
  throw new TenantryError("conflict", `line ${replaces} is not in force; line ${inForce.lineId} is`);
}

/** Made of the report and the attempt's own line alone, so that it does not depend on who reported before. */
function lateLine(
  chain: readonly LedgerLine[],
  { source, usage, costPico, reportedBy, reportedModel, responseId }: LateUsage,
  by: { readonly book: PriceBook; readonly charge: ChargePolicy | null; readonly recordedAt: Instant },
): LedgerLine {
  const own = chain[0] as LedgerLine;
  const inForce = chain.at(-1) as LedgerLine;
  const line = buildLine({
    intent: {
      ...attributionIn(own),
      attemptId: own.attemptId,
      callId: own.callId,
      tierId: "",
      ordinal: own.ordinal,
      target: own.requested,
      occurredAt: own.occurredAt,
      admittedAt: own.occurredAt,
      atMostPico: null,
      objectiveIds: [],
    },
    // What the provider billed says nothing against what it counted.
    facts: { outcome: own.outcome, source, usage: usage ?? (own.source === source ? own.usage : null) },
    recordedAt: by.recordedAt,
    book: by.book,
    charge: by.charge ?? { kind: "pass-through", version: "" },
    holdPico: own.holdPico,
    latencyMs: own.latencyMs,
    reportedModel: reportedModel ?? own.reportedModel,
    responseId: responseId ?? own.responseId,
    status: own.status,
  });
  const billed = costPico === null ? line : billedLine(line, costPico, by.charge);
  const { chargePico, chargeVersion } = by.charge === null ? { chargePico: null, chargeVersion: null } : billed;
  return {
    ...billed,
    chargePico,
    chargeVersion,
    lineId: supersedingLineId(inForce),
    origin: own.origin,
    supersedes: inForce.lineId,
    reportedBy,
  };
}

/** The provider's own amount stands in for ours, also where the two are equal: no price changes what was billed. */
function billedLine(line: LedgerLine, costPico: PicoUsd, charge: ChargePolicy | null): LedgerLine {
  const marks: LineMark[] = line.marks.filter((mark) => mark !== "hold-exceeded");
  if (line.holdPico !== null && costPico > line.holdPico) marks.push("hold-exceeded");
  const billed = { ...line, marks, costPico, unpricedReason: null, costItems: [], priceId: null };
  return charge === null ? billed : chargeLine(charge, billed);
}

function checkReport({ source, usage, costPico, reportedBy }: LateUsage): void {
  const refuse = (path: string, problem: string): never => {
    throw TenantryError.invalidRequest(path, problem);
  };
  if (source !== "measured" && source !== "estimated") refuse("source", "must be measured or estimated");
  if (usage === null && costPico === null) refuse("usage", "give the usage, or what it cost");
  if (costPico !== null && costPico < 0n) refuse("costUsd", "must not be below 0");
  if (costPico !== null && costPico > mostCostPico) refuse("costUsd", "is more than an attempt can cost");
  const who = idProblem(reportedBy);
  if (who !== null) refuse("reportedBy", who);
  if (usage === null) return;
  const problem = tokensProblem(usage.tokens);
  if (problem !== null) refuse("usage.tokens", problem);
  for (const [name, units] of Object.entries(usage.fees)) {
    if (!Number.isSafeInteger(units) || units < 0) refuse(`usage.fees.${name}`, "must be a whole number ≥ 0");
  }
}
