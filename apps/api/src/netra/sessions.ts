import {
  formatInstant,
  type Period,
  type QueryScope,
  sketchQuantile,
  emptySketch,
  mergeSketches,
  TenantryError,
  totalTokens,
  type UsageReader,
  type UsageRow,
} from "@tenantry/core";
import type { SessionStatsBody } from "../control-plane/schemas/netra-schemas.ts";
import { exactUsd } from "./exact-usd.ts";
import { amountOfSums, type ShownMoney } from "./shown-money.ts";

type Reader = Pick<UsageReader, "usage" | "calls" | "sla">;

/** Which sessions: of a time, and of these tenants where any are named. */
export interface SessionsQuestion {
  readonly scope: QueryScope;
  readonly period: Period;
  readonly timeZone: string;
  /** Null is all. */
  readonly tenantIds: readonly string[] | null;
  readonly money: ShownMoney;
}

interface Session {
  readonly id: string;
  requests: number;
  tokens: number;
  pico: bigint;
}

/** Sessions of one question; all of them are read to give a page in order. */
const mostGroups = 100_000;
/** Calls of one session that are read to know when it began and ended. */
const mostCalls = 10_000;

/** A page of sessions with what each came to. */
export async function sessionStats(
  reader: Reader,
  question: SessionsQuestion,
  { pagination, sortField = "session_id", sortOrder = "asc" }: SessionStatsBody,
): Promise<unknown> {
  const direction = sortOrder === "asc" ? 1 : -1;
  const sign = (a: Key, b: Key): number => direction * compare(a, b);
  const keyed = [...(await readSessions(reader, question)).values()]
    .map((session) => ({ session, key: keyOf(session, sortField) }))
    .sort((a, b) => sign(a.key, b.key));
  const after = pagination?.cursor === undefined ? null : keyIn(pagination.cursor, sortField);
  const rest = after === null ? keyed : keyed.filter(({ key }) => sign(key, after) > 0);
  const page = rest.slice(0, pagination?.limit ?? 10);
  const sessions: unknown[] = [];
  for (const { session, key } of page) {
    const { id, requests, pico } = session;
    const span = await spanOf(reader, question, id);
    sessions.push({
      session_id: id,
      session_start_time: span === null ? null : formatInstant(span.from),
      totalRequests: requests,
      totalCost: exactUsd(pico),
      session_duration: span === null ? null : ((span.to - span.from) / 1000).toFixed(3),
      cursor: cursorOf(key, sortField),
    });
  }
  return { sessions, pageInfo: { hasNextPage: rest.length > page.length } };
}

/** All sessions together, and what they cost by model. */
export async function sessionSummary(reader: Reader, question: SessionsQuestion): Promise<unknown> {
  const rows = await sessionRows(reader, question, ["session", "model"]);
  const models = new Map<string, { tokens: number; pico: bigint }>();
  for (const row of rows) {
    const name = row.model?.slice(row.model.indexOf("/") + 1) ?? "";
    const sum = models.get(name) ?? { tokens: 0, pico: 0n };
    models.set(name, {
      tokens: sum.tokens + totalTokens(row.tokens),
      pico: sum.pico + amountOfSums(row, question.money),
    });
  }
  const latency = emptySketch();
  for (const of of await latenciesOf(reader, question)) mergeSketches(latency, of);
  return {
    totalSessions: new Set(rows.map(({ sessionId }) => sessionId)).size,
    totalRequests: rows.reduce((sum, { calls }) => sum + calls, 0),
    totalTokens: [...models.values()].reduce((sum, { tokens }) => sum + tokens, 0),
    totalCost: exactUsd([...models.values()].reduce((sum, { pico }) => sum + pico, 0n)),
    latencyMs: {
      p50: sketchQuantile(latency, 0.5),
      p90: sketchQuantile(latency, 0.9),
      p95: sketchQuantile(latency, 0.95),
      p99: sketchQuantile(latency, 0.99),
    },
    costByModel: [...models]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([model, { tokens, pico }]) => ({ model_name: model, totalTokens: tokens, totalCost: exactUsd(pico) })),
  };
}

/** How many sessions a tenant, or everybody, had. */
export async function countSessions(reader: Pick<UsageReader, "usage">, question: SessionsQuestion): Promise<number> {
  return new Set((await sessionRows(reader, question, ["session"])).map(({ sessionId }) => sessionId)).size;
}

/** Sessions by id: one that several tenants have is one to who sees them all. */
async function readSessions(reader: Reader, question: SessionsQuestion): Promise<ReadonlyMap<string, Session>> {
  const sessions = new Map<string, Session>();
  for (const row of await sessionRows(reader, question, ["session"])) {
    const id = row.sessionId ?? "";
    const session = sessions.get(id) ?? { id, requests: 0, tokens: 0, pico: 0n };
    session.requests += row.calls;
    session.pico += amountOfSums(row, question.money);
    sessions.set(id, session);
  }
  return sessions;
}

/** Rows of calls with a session. */
async function sessionRows(
  reader: Pick<UsageReader, "usage">,
  { scope, period, timeZone, tenantIds }: SessionsQuestion,
  groupBy: readonly ("session" | "model")[],
): Promise<readonly UsageRow[]> {
  const rows = await Promise.all(
    (tenantIds ?? [undefined]).map(
      async (tenantId) =>
        await reader.usage(scope, {
          period,
          timeZone,
          groupBy,
          mostGroups,
          ...(tenantId === undefined ? {} : { tenantId }),
        }),
    ),
  );
  return rows.flat().filter(({ sessionId, calls, attempts }) => typeof sessionId === "string" && calls + attempts > 0);
}

async function latenciesOf(
  reader: Reader,
  { scope, period, tenantIds }: SessionsQuestion,
): Promise<readonly ReturnType<typeof emptySketch>[]> {
  const { latencies } = await reader.sla(scope, { period });
  return latencies
    .filter(({ tenantId }) => tenantIds === null || tenantIds.includes(tenantId))
    .map(({ latency }) => latency);
}

/** From a session's first call to the end of its last, within the time asked for; null where it has too many calls. */
async function spanOf(
  reader: Reader,
  { scope, period, tenantIds }: SessionsQuestion,
  sessionId: string,
): Promise<Period | null> {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  let cursor: string | null = null;
  for (let read = 0; read < mostCalls; read += 1_000) {
    const page = await reader.calls(scope, {
      period,
      sessionId,
      limit: 1_000,
      ...(cursor === null ? {} : { cursor }),
    });
    for (const { tenantId, admittedAt, latencyMs } of page.calls) {
      if (tenantIds !== null && !tenantIds.includes(tenantId)) continue;
      from = Math.min(from, admittedAt);
      to = Math.max(to, admittedAt + Math.round(latencyMs ?? 0));
    }
    cursor = page.nextCursor;
    if (cursor === null) return from <= to ? { from, to } : null;
  }
  return null;
}

type SortField = NonNullable<SessionStatsBody["sortField"]>;
type Key = readonly [value: bigint, id: string];

function keyOf({ id, requests, pico }: Session, field: SortField): Key {
  return [field === "totalRequests" ? BigInt(requests) : field === "totalCost" ? pico : 0n, id];
}

function compare([a, x]: Key, [b, y]: Key): number {
  if (a !== b) return a < b ? -1 : 1;
  return x === y ? 0 : x < y ? -1 : 1;
}

function cursorOf([value, id]: Key, field: SortField): string {
  return Buffer.from(JSON.stringify([field, String(value), id])).toString("base64url");
}

function keyIn(cursor: string, field: SortField): Key {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(value) && value.length === 3 && value[0] === field) {
      const [, amount, id] = value as [unknown, unknown, unknown];
      if (typeof amount === "string" && /^-?\d{1,60}$/.test(amount) && typeof id === "string")
        return [BigInt(amount), id];
    }
  } catch {
    // Refused below like every other text that is no cursor of ours.
  }
  throw TenantryError.invalidRequest("pagination.cursor", "must be the cursor of an item of the page before");
}
