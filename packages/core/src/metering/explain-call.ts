import { formatUsd } from "../money/decimal.ts";
import type { CallDetail } from "../ports/usage-reader.port.ts";
import { tokenClasses, totalTokens } from "../pricing/usage.ts";
import { formatModelRef } from "../tenancy/model-ref.ts";
import { formatInstant } from "../time/instant.ts";
import { explainCharge, explainItem } from "./explain-charge.ts";
import type { LedgerLine } from "./ledger-line.ts";

/** A call's derivation as lines of text a person can check by hand: the same in every app. */
export function explainCall(detail: CallDetail, options: { readonly showCost: boolean }): readonly string[] {
  const replaced = new Set(detail.lines.map((line) => line.supersedes));
  return [
    ...explainRecord(detail),
    ...detail.lines.flatMap((line) => ["", ...explainLine(line, replaced.has(line.lineId), options.showCost)]),
    "",
    ...explainTotal(
      detail.lines.filter((line) => !replaced.has(line.lineId)),
      options.showCost,
    ),
  ];
}

function explainRecord({ call, lines }: CallDetail): string[] {
  if (call === null) return [`call ${lines[0]?.callId ?? ""} is in flight; ${lines.length} of its attempts have ended`];
  const ids = [
    `tenant ${call.tenantId}`,
    ...(call.userId === null ? [] : [`user ${call.userId}`]),
    ...(call.sessionId === null ? [] : [`session ${call.sessionId}`]),
    ...(call.feature === null ? [] : [`feature ${call.feature}`]),
  ];
  const used = call.featuresUsed.length === 0 ? "" : `, using ${call.featuresUsed.join(", ")}`;
  const latency = call.latencyMs === null ? "unknown latency" : `${ms(call.latencyMs)} to the last byte`;
  const first = call.ttftMs === null ? "" : `, ${ms(call.ttftMs)} to the first`;
  const verdicts = call.verdicts.map(({ objectiveId, verdict }) => `objective ${objectiveId}: ${verdict}`);
  return [
    `call ${call.callId}: ${call.outcome}${call.failure === null ? "" : ` (${call.failure})`}`,
    `  ${ids.join(", ")}; tier ${call.tierId}${used}`,
    `  admitted ${formatInstant(call.admittedAt)}, ${call.attempts} ${call.attempts === 1 ? "attempt" : "attempts"}, ${latency}${first}`,
    ...(verdicts.length === 0 ? ["  no objective: best effort"] : verdicts.map((verdict) => `  ${verdict}`)),
  ];
}

function explainLine(line: LedgerLine, isReplaced: boolean, showCost: boolean): string[] {
  const answered = formatModelRef(line.answered);
  const asked = formatModelRef(line.requested);
  const reported =
    line.reportedModel === null || line.reportedModel === line.answered.model ? "" : ` as ${line.reportedModel}`;
  const model = answered === asked ? `${asked}${reported}` : `${asked}, answered by ${answered}${reported}`;
  const status = line.status === null ? "" : `, HTTP ${line.status}`;
  return [
    `attempt ${line.ordinal} ${line.attemptId}: ${line.outcome}${status}${isReplaced ? " (superseded)" : ""}`,
    ...(line.supersedes === null ? [] : [explainSupersession(line, showCost)]),
    `  model ${model}`,
    `  sent ${formatInstant(line.occurredAt)}${line.latencyMs === null ? "" : `, took ${ms(line.latencyMs)}`}`,
    ...(line.responseId === null ? [] : [`  provider's response ${line.responseId}`]),
    ...explainUsage(line),
    ...(showCost ? explainCost(line) : []),
    ...explainCharge(line, showCost),
    ...(line.marks.length === 0 ? [] : [`  marks: ${line.marks.join(", ")}`]),
  ];
}

/** Who told it is for the operator: it may be the name of a key or of a colleague. */
function explainSupersession(line: LedgerLine, showCost: boolean): string {
  const by = line.reportedBy === undefined || !showCost ? "" : `, told by ${line.reportedBy}`;
  return `  line ${line.lineId} of ${formatInstant(line.recordedAt)} supersedes line ${line.supersedes ?? ""}${by}`;
}

function explainUsage(line: LedgerLine): string[] {
  if (line.usage === null) {
    return line.source === "unknown"
      ? [`  usage unknown: the provider was asked and we never heard how much it used`]
      : [`  usage not told, only what it cost`];
  }
  const { tokens, fees } = line.usage;
  const classes = tokenClasses.filter((name) => tokens[name] > 0).map((name) => `${tokens[name]} ${name}`);
  const units = Object.entries(fees).map(([name, quantity]) => `${quantity} ${name}`);
  const parts = [...classes, ...units];
  const by = line.source === "estimated" ? "estimated by us" : "measured by the provider";
  return [`  usage ${by}: ${parts.length === 0 ? "none" : `${parts.join(" + ")} = ${totalTokens(tokens)} tokens`}`];
}

function explainCost(line: LedgerLine): string[] {
  const items = line.costItems.map(explainItem);
  const hold = line.holdPico === null ? "" : `; held $${formatUsd(line.holdPico)} before it was sent`;
  if (line.costPico !== null && line.reportedBy !== undefined && line.priceId === null) {
    const by = line.source === "measured" ? "billed by the provider" : "estimated";
    return [`  cost $${formatUsd(line.costPico)}, ${by}, not computed here${hold}`];
  }
  if (line.costPico !== null) {
    return [
      `  cost $${formatUsd(line.costPico)}, exact, no rounding; price ${line.priceId ?? "none"}${hold}`,
      ...items,
    ];
  }
  if (line.unpricedReason !== null) return [`  cost unknown: unpriced, ${line.unpricedReason}${hold}`];
  const most = line.atMostPico === null ? "without a known bound" : `at most $${formatUsd(line.atMostPico)}`;
  return [`  cost unknown, ${most}${hold}`];
}

function explainTotal(lines: readonly LedgerLine[], showCost: boolean): string[] {
  const sum = (amountOf: (line: LedgerLine) => bigint | null): bigint =>
    lines.reduce((total, line) => total + (amountOf(line) ?? 0n), 0n);
  const except = (amountOf: (line: LedgerLine) => bigint | null, name: string): string => {
    const unknown = lines.filter((line) => amountOf(line) === null).length;
    return unknown === 0 ? "" : `, except ${unknown} of unknown ${name}`;
  };
  const total = (name: "cost" | "charge"): string => {
    const amountOf = (line: LedgerLine): bigint | null => line[`${name}Pico`];
    if (lines.length > 0 && lines.every((line) => amountOf(line) === null)) return `total ${name} unknown`;
    return `total ${name} $${formatUsd(sum(amountOf))}${except(amountOf, name)}`;
  };
  return [...(showCost ? [total("cost")] : []), total("charge")];
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
