import type { PlatformPage, PlatformSpan, PlatformTrace, PlatformUsage } from "@tenantry/core";
import { type AnswerFields, fieldsOf, isObject, type Json } from "./answer-fields.ts";
import { unreadable } from "./ask-netra.ts";

/** What one tenant used; null where Netra has no row for it. */
export function readTenantUsage(answer: unknown): PlatformUsage | null {
  return readUsage(answer, "tenant_id", (fields) => fields.count("sessionsCount") ?? 0);
}

export function readSessionUsage(answer: unknown): PlatformUsage | null {
  return readUsage(answer, "session_id", () => null);
}

/** Netra says that it has nothing by a row without an id; what it counts as nothing it leaves out. */
function readUsage(
  answer: unknown,
  id: string,
  sessions: (fields: AnswerFields) => number | null,
): PlatformUsage | null {
  const row = dataOf(answer);
  if (row === null) return null;
  const fields = fieldsOf(row);
  if ((fields.text(id) ?? "") === "") return null;
  return {
    tokens: fields.count("tokenCount") ?? 0,
    requests: fields.count("requestsCount") ?? 0,
    sessions: sessions(fields),
    costPico: fields.money("totalCost") ?? 0n,
  };
}

/** `{data: …}`, or the object itself, as the SDK takes it. */
function dataOf(answer: unknown): Json | null {
  if (!isObject(answer)) throw unreadable("its answer is no object");
  if (!Object.hasOwn(answer, "data")) return answer;
  const { data } = answer;
  if (data === null) return null;
  if (!isObject(data)) throw unreadable("data is no object");
  return data;
}

export function readTraces(answer: unknown): PlatformPage<PlatformTrace> {
  return readPage(answer, (fields) => ({
    ...commonOf(fields),
    tenantId: fields.text("tenant_id"),
    userId: fields.text("user_id"),
    sessionId: fields.text("session_id"),
    models: fields.texts("models"),
    hasError: fields.flag("has_error"),
  }));
}

export function readSpans(answer: unknown): PlatformPage<PlatformSpan> {
  return readPage(answer, (fields) => ({
    ...commonOf(fields),
    traceId: fields.text("trace_id"),
    parentId: fields.text("parent_span_id") || null,
    model: fields.text("model_name") || null,
    hasError: fields.flag("has_error"),
  }));
}

type Common = "id" | "name" | "startedAt" | "latencyMs" | "tokens" | "costPico";

function commonOf(fields: AnswerFields): Pick<PlatformTrace, Common> {
  const id = fields.text("id");
  if (id === null) throw unreadable("an item has no id");
  return {
    id,
    name: fields.text("name"),
    startedAt: fields.instant("start_time"),
    latencyMs: fields.number("latency_ms"),
    tokens: fields.count("total_tokens"),
    costPico: fields.money("total_cost"),
  };
}

/** The next part begins at the last item's cursor. */
function readPage<Item>(answer: unknown, readItem: (fields: AnswerFields) => Item): PlatformPage<Item> {
  const data = dataOf(answer);
  const list = data?.["data"];
  if (!Array.isArray(list)) throw unreadable("data.data is no list");
  const rows = list.map((item, index) => {
    if (!isObject(item)) throw unreadable(`item ${index} is no object`);
    return fieldsOf(item);
  });
  const info = data?.["pageInfo"];
  const hasNext = isObject(info) && info["hasNextPage"] === true;
  const cursor = rows.at(-1)?.text("cursor") ?? null;
  if (hasNext && (cursor === null || cursor === "")) throw unreadable("there is a next page, but no cursor to it");
  return { items: rows.map(readItem), next: hasNext ? cursor : null };
}
