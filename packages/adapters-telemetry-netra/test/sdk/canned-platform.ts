/** The platform's answers, in the envelopes that the SDK's client reads; `{}` to spans. */
export function cannedAnswer(method: string, target: string, body: string): unknown {
  const path = target.split("?")[0] ?? "";
  if (method === "GET" && path === "/usage/tenants/apex-legal") return { data: tenantUsage };
  if (method === "GET" && path.startsWith("/usage/tenants/")) return { data: { ...nothing, tenant_id: "" } };
  if (method === "GET" && path.startsWith("/usage/sessions/")) return { data: sessionUsage };
  if (path === "/sdk/traces") return paged(body.includes('"limit"'), body.includes('"cursor"'), trace);
  if (path.endsWith("/spans")) return paged(target.includes("limit="), target.includes("cursor="), span);
  if (path === "/public/dashboard/query-data") return { data: series };
  if (path === "/public/dashboard/sessions/stats") return stats(body.includes('"cursor"'));
  if (path === "/public/dashboard/sessions/summary") return { data: { totalSessions: 2, totalCost: 0.0108 } };
  return {};
}

const nothing = { tokenCount: 0, requestsCount: 0, sessionsCount: 0, totalCost: 0 };
const tenantUsage = {
  ...{ tenant_id: "apex-legal", organisation_id: "meetingmind" },
  ...{ tokenCount: 300, requestsCount: 2, sessionsCount: 1, totalCost: 0.0108 },
};
const sessionUsage = { session_id: "session-1", tokenCount: 150, requestsCount: 1, totalCost: 0.0054 };

function trace(number: number): object {
  return {
    ...{
      id: `trace-${number}`,
      name: "meeting-summarization",
      kind: "CLIENT",
      latency_ms: 2_345,
      cursor: `c${number}`,
    },
    ...{ start_time: "2026-11-20T10:00:00.000Z", end_time: "2026-11-20T10:00:02.345Z" },
    ...{ organisation_id: "meetingmind", project_id: "p1", session_id: "session-1", tenant_id: "apex-legal" },
    ...{ user_id: "john", environment: "production", service: "meetingmind", models: ["gpt-4"] },
    ...{ prompt_tokens: 120, completion_tokens: 30, cached_tokens: 20, total_tokens: 150 },
    ...{ prompt_tokens_cost: 0.0036, completion_tokens_cost: 0.0018, cached_tokens_cost: 0, total_cost: 0.0054 },
    ...{ has_pii: false, pii_entities: [], has_violation: false, violations: [], has_error: false },
  };
}

function span(number: number): object {
  return {
    ...trace(number),
    ...{ id: `span-${number}`, name: "openai.chat", trace_id: "trace-1", parent_span_id: number === 1 ? "" : "span-1" },
    ...{ start_time_ms: 1_795_000_000_000, end_time_ms: 1_795_000_002_345, model_name: "gpt-4" },
    ...{
      pii_actions: [],
      violation_actions: [],
      status: "OK",
      attributes: { tier: "enterprise" },
      events: [],
      links: [],
    },
    ...{ resources: { "service.name": "meetingmind" }, metadata: {}, created_at: "2026-11-20T10:00:03.000Z" },
  };
}

/** One item a page and two pages where a limit is asked for, else both at once. */
function paged(isLimited: boolean, isNext: boolean, item: (number: number) => object): unknown {
  const data = isLimited ? [item(isNext ? 2 : 1)] : [item(1), item(2)];
  return { data: { data, pageInfo: { hasNextPage: isLimited && !isNext } } };
}

const series = {
  timeSeries: [
    { date: "2026-11-20T10:00:00.000Z", value: 0.0054 },
    { date: "2026-11-20T11:00:00.000Z", value: 0.0054 },
  ],
};

function stats(isNext: boolean): unknown {
  const number = isNext ? 2 : 1;
  const session = {
    ...{ session_id: `session-${number}`, session_start_time: "2026-11-20T10:00:00.000Z" },
    ...{ totalRequests: 1, totalCost: 0.0054, session_duration: "2.3s", cursor: `s${number}` },
  };
  return { data: { sessions: [session], pageInfo: { hasNextPage: !isNext } } };
}
