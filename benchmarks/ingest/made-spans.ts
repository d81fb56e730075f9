import { randomBytes } from "node:crypto";

/** A value of an attribute. */
export type AttributeValue = string | number | boolean;

/** A span as it is exported. */
export interface MadeSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/**
 * What traces are made of. `pair`: the application's span of a request and one of the provider call below it, as Netra's
 * SDK makes them. `tree`: an HTTP request, a workflow and its task, and in it a call in OpenTelemetry's own words.
 */
export const shapes = ["pair", "tree"] as const;
export type Shape = (typeof shapes)[number];

export const spansOfTrace: Readonly<Record<Shape, number>> = { pair: 2, tree: 4 };

/** Tenants are `tenant-0` to `tenant-49`. */
export const tenants = 50;

export const service: Readonly<Record<string, AttributeValue>> = {
  "service.name": "meetingmind",
  "deployment.environment": "production",
  "telemetry.sdk.language": "nodejs",
};

/** Tokens of the n-th call: no two neighbours are alike. */
export function tokensOf(n: number): { readonly input: number; readonly output: number } {
  return { input: 900 + (n % 200), output: 40 + (n % 60) };
}

/** The spans of the n-th trace, which tells of one call. Ids are new each time. */
export function makeTrace(shape: Shape, n: number, atMs: number): readonly MadeSpan[] {
  return shape === "pair" ? pair(n, atMs) : tree(n, atMs);
}

function pair(n: number, atMs: number): MadeSpan[] {
  const traceId = newId(16);
  const top = newId(8);
  const { input, output } = tokensOf(n);
  const whose = {
    "netra.tenant_id": tenantOf(n),
    "netra.session_id": `session-${n % 1_000}`,
    "netra.user_id": `user-${n % 250}`,
  };
  const times = { startMs: atMs, endMs: atMs + 800 + (n % 400) };
  return [
    {
      traceId,
      spanId: top,
      parentSpanId: null,
      name: "meeting-summarization",
      ...times,
      attributes: {
        ...whose,
        "netra.span.type": "SPAN",
        tenant_id: tenantOf(n),
        tier: "professional",
        model: "gpt-4o-mini",
        "netra.usage": `[{"model":"gpt-4o-mini","cost_in_usd":0.0002,"units_used":${output},"usage_type":"chat"}]`,
        sla_met: true,
        "netra.status": "success",
        "netra.duration_ms": "0.91",
      },
    },
    {
      traceId,
      spanId: newId(8),
      parentSpanId: top,
      name: "openai.chat",
      startMs: times.startMs + 3,
      endMs: times.endMs - 2,
      attributes: {
        ...whose,
        "netra.instrumentation.name": "openai",
        "llm.request.type": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.max_tokens": 500,
        "gen_ai.request.temperature": 0.3,
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "llm.response.id": `chatcmpl-${newId(12)}`,
        "gen_ai.usage.prompt_tokens": input,
        "gen_ai.usage.completion_tokens": output,
        "llm.usage.total_tokens": input + output,
        "gen_ai.response.finish_reason": "stop",
      },
    },
  ];
}

function tree(n: number, atMs: number): MadeSpan[] {
  const traceId = newId(16);
  const { input, output } = tokensOf(n);
  const names = ["POST /summaries", "summarize.workflow", "summarize.task", "chat gpt-4o-mini"];
  const ids = names.map(() => newId(8));
  return names.map((name, depth) => ({
    traceId,
    spanId: ids[depth]!,
    parentSpanId: depth === 0 ? null : ids[depth - 1]!,
    name,
    startMs: atMs + depth,
    endMs: atMs + 1_000 - depth,
    attributes:
      depth === 3
        ? {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
            "gen_ai.response.id": `chatcmpl-${newId(12)}`,
            "gen_ai.usage.input_tokens": input,
            "gen_ai.usage.output_tokens": output,
            "server.address": "api.openai.com",
          }
        : depth === 0
          ? {
              "http.request.method": "POST",
              "http.response.status_code": 200,
              "url.path": "/summaries",
              "tenantry.tenant_id": tenantOf(n),
              "session.id": `session-${n % 1_000}`,
              "user.id": `user-${n % 250}`,
            }
          : { "traceloop.span.kind": depth === 1 ? "workflow" : "task", "traceloop.entity.name": "summarize" },
  }));
}

export function tenantOf(n: number): string {
  return `tenant-${n % tenants}`;
}

function newId(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
