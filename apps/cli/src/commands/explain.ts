import { explanationView, type LineView, TenantryError, tokenClasses } from "@tenantry/core";
import type { Context } from "../context.ts";
import { wrapText } from "../output/display-width.ts";
import { escapeCell } from "../output/escape-text.ts";
import type { Cell, Row } from "../output/report.ts";

/** `tenantry explain <call>`: the derivation of a call's cost, to be checked by hand. CSV has its ledger lines. */
export async function explain(context: Context, callId: string): Promise<number> {
  const detail = await context.withBooks(async ({ reader }) => await reader.call({ kind: "installation" }, callId));
  if (detail === null) throw noCall(callId);
  const explanation = explanationView(callId, detail, { showCost: true });
  const { lines, text } = explanation;
  if (context.format === "table") {
    const width = context.terminal.width ?? Number.POSITIVE_INFINITY;
    context.terminal.out(`${text.flatMap((line) => wrapIndented(escapeCell(line), width)).join("\n")}\n`);
    return 0;
  }
  context.print({
    title: "",
    columns: [],
    rows: [],
    json: explanation,
    csv: { columns: csvColumns, rows: lines.map((line) => toCsv(callId, line)) },
  });
  return 0;
}

function noCall(callId: string): TenantryError {
  const hint = callId.startsWith("att_")
    ? "that is the id of an attempt; its call's begins with call_"
    : "`tenantry calls list` shows the latest";
  return new TenantryError("not_found", `there is no call ${callId}; ${hint}`);
}

const csvColumns = [
  "callId",
  "ordinal",
  "attemptId",
  "lineId",
  "supersedes",
  "occurredAt",
  "provider",
  "model",
  "requested",
  "outcome",
  "status",
  "source",
  ...tokenClasses,
  "costUsd",
  "atMostUsd",
  "holdUsd",
  "chargeUsd",
  "priceId",
  "chargeVersion",
  "latencyMs",
  "responseId",
];

function toCsv(callId: string, { tokens, ...line }: LineView): Row {
  return { callId, ...(line as unknown as Record<string, Cell>), ...(tokens as Record<string, Cell> | null) };
}

/** Goes on below the line's own indent. */
function wrapIndented(line: string, width: number): readonly string[] {
  const text = line.trimStart();
  const indent = line.length - text.length;
  const [first = "", ...rest] = wrapText(text, Math.max(20, width - indent - 2));
  return [`${" ".repeat(indent)}${first}`, ...rest.map((more) => `${" ".repeat(indent + 2)}${more}`)];
}
