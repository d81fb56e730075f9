import { type Books, settleAttempt } from "@tenantry/composition";
import {
  currentLines,
  formatUsd,
  type LateUsageResult,
  type LedgerLine,
  lineView,
  parseUsd,
  type PicoUsd,
  TenantryError,
  tokenClasses,
  tokensOf,
  type Usage,
} from "@tenantry/core";
import type { Context } from "../context.ts";
import { isOpenLine } from "../is-open-line.ts";
import type { Report } from "../output/report.ts";

export interface SettleAttemptOptions {
  readonly costUsd?: string;
  /** `input=1200,output=80`. */
  readonly usage?: string;
  readonly estimated?: boolean;
  readonly replaces?: string;
  readonly by?: string;
}

const unchanged = {
  "same-figures": "nothing to change: the ledger already says so",
  "better-source": "nothing changed: the ledger has it measured, and this is an estimate",
  "higher-report": "nothing changed: an earlier report says more; if that line is wrong, name it with --replaces",
} as const;

/** `tenantry calls settle <call> [attempt]`: what is known now takes the place of what the ledger has. */
export async function settleCallAttempt(
  context: Context,
  callId: string,
  attemptId: string | undefined,
  options: SettleAttemptOptions,
): Promise<number> {
  const usage = options.usage === undefined ? null : readUsage(options.usage);
  const costPico = options.costUsd === undefined ? null : readCost(options.costUsd);
  if (usage === null && costPico === null) {
    throw TenantryError.invalidRequest("--cost-usd", "give what the provider billed, or --usage what was used");
  }
  await context.withBooks(async (books) => {
    const result = await settleAttempt(books, {
      callId,
      attemptId: attemptId ?? (await onlyOpenAttempt(books, callId)),
      source: options.estimated === true ? "estimated" : "measured",
      usage,
      costPico,
      reportedBy: options.by ?? "operator",
      replaces: options.replaces ?? null,
    });
    context.print(settledReport(callId, result));
  });
  return 0;
}

async function onlyOpenAttempt({ reader }: Books, callId: string): Promise<string> {
  const detail = await reader.call({ kind: "installation" }, callId);
  if (detail === null) throw new TenantryError("not_found", `there is no call ${callId}`);
  const lines = currentLines(detail.lines);
  const open = lines.filter(isOpenLine);
  const [only, ...more] = open.length === 0 ? lines : open;
  if (only !== undefined && more.length === 0) return only.attemptId;
  const ids = lines.map((line) => line.attemptId).join(", ");
  throw TenantryError.invalidRequest("<attempt>", ids === "" ? "no attempt has ended" : `name one of ${ids}`);
}

function settledReport(callId: string, result: LateUsageResult): Report {
  const { line } = result;
  const view = lineView(line, { showCost: true });
  const because = result.kind === "unchanged" ? result.because : null;
  return {
    title: `Attempt ${line.attemptId} of call ${callId}`,
    facts: [
      ["before", result.kind === "superseded" ? describeCost(result.replaced) : describeCost(line)],
      ["now", describeCost(line)],
      ["line", line.lineId],
    ],
    columns: [],
    rows: [],
    notes: [because === null ? `\`tenantry explain ${callId}\` shows all lines` : unchanged[because]],
    json: { result: result.kind, because, attempt: view },
    csv: {
      columns: ["result", "because", "lineId", "attemptId", "supersedes", "source", "costUsd", "chargeUsd"],
      rows: [
        {
          result: result.kind,
          because,
          lineId: line.lineId,
          attemptId: line.attemptId,
          supersedes: line.supersedes,
          source: line.source,
          costUsd: view.costUsd ?? null,
          chargeUsd: view.chargeUsd,
        },
      ],
    },
  };
}

function describeCost({ costPico, atMostPico, source }: LedgerLine): string {
  if (costPico !== null) return `$${formatUsd(costPico)}, ${source}`;
  return atMostPico === null ? `cost unknown, ${source}` : `cost unknown, at most $${formatUsd(atMostPico)}`;
}

function readCost(text: string): PicoUsd {
  const parsed = parseUsd(text);
  if (!parsed.ok) throw TenantryError.invalidRequest("--cost-usd", `is "${text}"; ${parsed.problem}`);
  if (parsed.pico < 0n) throw TenantryError.invalidRequest("--cost-usd", "must not be below 0");
  return parsed.pico;
}

function readUsage(text: string): Usage {
  const counts = text.split(",").map((part): readonly [string, number] => {
    const [name = "", count = ""] = part.split("=").map((side) => side.trim());
    const isKnown = (tokenClasses as readonly string[]).includes(name);
    if (isKnown && /^[0-9]{1,15}$/.test(count)) return [name, Number(count)];
    const example = `write it as input=1200,output=80; classes are ${tokenClasses.join(", ")}`;
    throw TenantryError.invalidRequest("--usage", `"${part.trim()}" is no count of tokens; ${example}`);
  });
  return { tokens: tokensOf(Object.fromEntries(counts)), fees: {}, serviceTier: "standard" };
}
