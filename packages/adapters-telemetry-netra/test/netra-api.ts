import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { formatUsd } from "@tenantry/core";
import { type CountedRequest, type PlatformFault, sumCounted, within } from "@tenantry/testkit";

/** One request as it came. */
export interface AskedRequest {
  readonly method: string;
  /** As sent, with its query. */
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Netra's API over what was counted, in the envelopes that netra-sdk 1.8.0 reads. */
export interface NetraApiServer {
  readonly origin: string;
  readonly requests: CountedRequest[];
  readonly asked: AskedRequest[];
  meet(fault: PlatformFault): Promise<void>;
  close(): Promise<void>;
}

export async function openNetraApi(): Promise<NetraApiServer> {
  const requests: CountedRequest[] = [];
  const asked: AskedRequest[] = [];
  let fault: PlatformFault | null = null;
  const server = createServer((req, res) => {
    void readAll(req).then((body) => {
      const target = req.url ?? "";
      asked.push({ method: req.method ?? "", target, headers: req.headers, body });
      if (fault !== null) return failAs(fault, res);
      const answer = answerTo(requests, req.method ?? "", target, body);
      res.writeHead(answer === null ? 404 : 200, { "content-type": "application/json" }).end(answer ?? "{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    asked,
    close,
    async meet(met) {
      fault = met;
      if (met === "gone") await close();
    },
  };
}

async function readAll(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function failAs(fault: PlatformFault, res: ServerResponse): void {
  const fail = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): void =>
    void res.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  switch (fault) {
    case "refuses":
      return fail(401, `{"error":{"message":"no"}}`);
    case "fails":
      return fail(500, `{"error":{"message":"no"}}`);
    case "unreadable":
      return fail(200, "<html>welcome</html>");
    case "redirects":
      return fail(302, "", { location: "http://127.0.0.1:9/" });
    case "breaks-off":
      res.writeHead(200, { "content-length": "1000" }).write(`{"data":`);
      setTimeout(() => res.destroy(), 20);
      return;
    case "hangs":
    case "gone":
  }
}

type Body = { startTime: string; endTime: string; filters: { field: string; value: string }[] } & {
  pagination: { limit: number; cursor?: string };
};

/** Amounts are written with the digits they were counted with: `JSON.stringify` would pass them through a float. */
function answerTo(requests: readonly CountedRequest[], method: string, target: string, body: string): string | null {
  const url = new URL(target, "http://localhost");
  const [first, second, third, fourth] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  if (method === "GET" && first === "usage") {
    const period = { from: Date.parse(timeIn(url, "startTime")), to: Date.parse(timeIn(url, "endTime")) };
    const [key, id] =
      second === "tenants" ? (["tenantId", "tenant_id"] as const) : (["sessionId", "session_id"] as const);
    return usageOf(
      within(period, requests).filter((request) => request[key] === third),
      id,
      third ?? "",
    );
  }
  if (method === "GET" && first === "sdk" && fourth === "spans") {
    return pageOf(requests.filter(({ traceId }) => traceId === third).map(spanText), 0, 100);
  }
  if (method === "POST" && target === "/public/dashboard/query-data") return `{"data":[]}`;
  if (method !== "POST" || target !== "/sdk/traces") return null;
  const { startTime, endTime, filters, pagination } = JSON.parse(body) as Body;
  const found = within({ from: Date.parse(startTime), to: Date.parse(endTime) }, requests)
    .filter((request) => filters.every(({ field, value }) => fieldOf(request, field) === value))
    .toSorted((a, b) => b.at - a.at);
  const from = pagination.cursor === undefined ? 0 : Number(pagination.cursor.slice(1)) + 1;
  return pageOf(found.map(traceText), from, pagination.limit);
}

function timeIn(url: URL, name: string): string {
  return url.searchParams.get(name) ?? "";
}

function usageOf(requests: readonly CountedRequest[], id: string, value: string): string {
  const sums = sumCounted(requests);
  // What has no row is told by a row without an id.
  if (sums === null) return `{"data":{"${id}":"","tokenCount":0,"requestsCount":0,"totalCost":0}}`;
  const cost = requests.length === 1 ? requests[0]?.cost : formatUsd(sums.costPico);
  const sessions = id === "tenant_id" ? `,"organisation_id":"org","sessionsCount":${sums.sessions}` : "";
  return `{"data":{"${id}":${JSON.stringify(value)},"tokenCount":${sums.tokens},"requestsCount":${sums.requests}${sessions},"totalCost":${cost}}}`;
}

function fieldOf(request: CountedRequest, field: string): string | null {
  return { tenant_id: request.tenantId, user_id: request.userId, session_id: request.sessionId }[field] ?? null;
}

type ItemText = (cursor: string) => string;

function traceText({ traceId, tenantId, userId, sessionId, at, tokens, cost }: CountedRequest): ItemText {
  const whose = JSON.stringify({ tenant_id: tenantId, user_id: userId, session_id: sessionId }).slice(1, -1);
  const time = new Date(at).toISOString();
  return (cursor) =>
    `{"id":"${traceId}","name":"call","kind":null,"latency_ms":12.5,"start_time":"${time}","cursor":"${cursor}",${whose},"models":["gpt-4o-mini"],"total_tokens":${tokens},"total_cost":${cost},"has_error":false}`;
}

function spanText({ traceId, at, tokens, cost }: CountedRequest): ItemText {
  const time = new Date(at).toISOString();
  return (cursor) =>
    `{"id":"${traceId}-1","trace_id":"${traceId}","parent_span_id":"","name":"call","latency_ms":1,"start_time":"${time}","cursor":"${cursor}","model_name":"gpt-4o-mini","total_tokens":${tokens},"total_cost":${cost},"has_error":false}`;
}

function pageOf(items: readonly ItemText[], from: number, limit: number): string {
  const page = items.slice(from, from + limit).map((item, index) => item(`c${from + index}`));
  return `{"data":{"data":[${page.join(",")}],"pageInfo":{"hasNextPage":${from + limit < items.length}}}}`;
}
