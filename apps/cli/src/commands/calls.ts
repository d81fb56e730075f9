import {
  type CallDetail,
  type CallQuery,
  callRowView,
  costOfCall,
  formatInstant,
  formatModelRef,
  TenantryError,
} from "@tenantry/core";
import type { Books } from "@tenantry/composition";
import type { Context } from "../context.ts";
import { requireTenant } from "../known-tenant.ts";
import { formatPeriod, type PeriodOptions, readPeriod } from "../period-option.ts";

export interface ListCallsOptions extends PeriodOptions {
  readonly tenant?: string;
  readonly session?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

const mostCalls = 1000;

/** `tenantry calls list`: the latest calls with what became of them, newest first. */
export async function listCalls(context: Context, options: ListCallsOptions): Promise<number> {
  const { period, timeZone } = readPeriod(options, Date.now());
  const query: CallQuery = {
    period,
    limit: readLimit(options.limit ?? "20"),
    ...(options.tenant === undefined ? {} : { tenantId: options.tenant }),
    ...(options.session === undefined ? {} : { sessionId: options.session }),
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
  };
  const { details, nextCursor } = await context.withBooks(async (books) => await findCalls(books, query));
  const rows = details.flatMap((detail) =>
    detail.call === null ? [] : [callRowView(detail.call, detail, { showCost: true })],
  );
  const flat = details.flatMap((detail) => flatten(detail));
  context.print({
    title: `Calls, newest first, ${formatPeriod(period, timeZone)}`,
    columns: [
      { key: "at", title: "admitted (UTC)", importance: 3 },
      { key: "callId", title: "call", overflow: "keep" },
      { key: "tenantId", title: "tenant", importance: 5 },
      { key: "userId", title: "user", hideEmpty: true, importance: 1 },
      { key: "model", title: "model", importance: 2 },
      { key: "outcome", title: "outcome", overflow: "keep" },
      { key: "attempts", title: "attempts", align: "right", importance: 0 },
      { key: "ms", title: "ms", align: "right", importance: 4 },
      { key: "costUsd", title: "cost USD", align: "decimal" },
    ],
    rows: flat,
    empty: "no calls in this period",
    notes: nextCursor === null ? [] : [`older ones: --cursor ${nextCursor}, or a larger --limit`],
    json: { from: formatInstant(period.from), to: formatInstant(period.to), rows, nextCursor },
    csv: {
      columns: [
        "callId",
        "admittedAt",
        "tenantId",
        "userId",
        "sessionId",
        "feature",
        "model",
        "outcome",
        "failure",
        "attempts",
        "latencyMs",
        "ttftMs",
        "costUsd",
      ],
      rows: flat,
    },
  });
  return 0;
}

async function findCalls(
  books: Books,
  query: CallQuery,
): Promise<{ readonly details: readonly CallDetail[]; readonly nextCursor: string | null }> {
  const scope = { kind: "installation" } as const;
  const page = await books.reader.calls(scope, query);
  if (page.calls.length === 0 && query.tenantId !== undefined) await requireTenant(books, query.tenantId);
  const details = page.calls.map((call, index) => ({ call, lines: page.lines[index] ?? [] }));
  return { details, nextCursor: page.nextCursor };
}

function flatten(detail: CallDetail): Record<string, string | number | null>[] {
  const { call } = detail;
  if (call === null) return [];
  const { callId, tenantId, userId, sessionId, feature, outcome, failure, attempts, latencyMs, ttftMs } = call;
  return [
    {
      callId,
      tenantId,
      userId,
      sessionId,
      feature,
      outcome,
      failure,
      attempts,
      latencyMs,
      ttftMs,
      admittedAt: formatInstant(call.admittedAt),
      at: formatInstant(call.admittedAt).slice(0, 19).replace("T", " "),
      ms: latencyMs === null ? null : Math.round(latencyMs),
      model: formatModelRef(call.model),
      costUsd: costOfCall(detail),
    },
  ];
}

function readLimit(text: string): number {
  const limit = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= mostCalls) return limit;
  throw TenantryError.invalidRequest("--limit", `is "${text}"; give a whole number from 1 to ${mostCalls}`);
}
