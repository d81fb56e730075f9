import { TenantryError, tokensOf, tokensProblem, type UpstreamFailure, type Usage } from "@tenantry/core";
import type { ChatEvent, ChatModel, ChatRequest, FinishReason, SendOptions, ToolCall } from "@tenantry/core";

/** What Kestrel, a provider that exists nowhere, puts into answers and events. */
interface Said {
  readonly kind?: "takeoff" | "words" | "call" | "landed" | "storm";
  readonly id: string;
  readonly brain: string;
  readonly words: string;
  readonly calls: readonly ToolCall[];
  readonly call: Partial<ToolCall> & { readonly index: number; readonly argumentsJson: string };
  readonly why: FinishReason;
  readonly used?: { readonly fresh: number; readonly reread: number; readonly written: number };
  readonly fault?: string;
}

export function createKestrelChatModel({ baseUrl, apiKey }: { baseUrl: string; apiKey: string }): ChatModel {
  /** Runs one exchange up to its answer; whatever goes wrong is told in the port's words. */
  async function send(request: ChatRequest, options: SendOptions, flow: boolean): Promise<Exchange> {
    const { signal, attemptId, model: brain } = options;
    const link = new AbortController();
    const onAbort = (): void => link.abort();
    const exchange: Exchange = {
      stage: "before",
      body: new Response(null),
      fail(kind, some = {}, code = "upstream_error") {
        const requestId = exchange.body.headers.get("x-kestrel-flight");
        const unknown = { provider: "kestrel", status: null, providerCode: null, retryAfterMs: null, usage: null };
        const upstream: UpstreamFailure = { ...unknown, fault: "provider", kind, requestId, ...some };
        const retry = { retryable: upstream.fault === "provider", retryAfterMs: upstream.retryAfterMs ?? undefined };
        return new TenantryError(code, `kestrel: ${kind}`, { ...retry, upstream });
      },
      explain(thrown) {
        if (signal.aborted) {
          const late = TenantryError.is(signal.reason) && signal.reason.code === "upstream_timeout";
          const kind = exchange.stage === "before" ? "not-sent" : late ? "timeout" : "aborted";
          return exchange.fail(kind, { fault: late ? "provider" : "caller" }, late ? "upstream_timeout" : "cancelled");
        }
        if (TenantryError.is(thrown)) return thrown;
        if (exchange.stage === "streaming") return exchange.fail(thrown instanceof SyntaxError ? "malformed" : "cut");
        const { message, cause } = thrown as { message: string; cause?: { code?: string } };
        const neverSent = /^(?:ECONNREFUSED|ERR_SSL)/.test(cause?.code ?? "");
        if (exchange.stage === "sending") return exchange.fail(neverSent ? "not-sent" : "reset");
        return exchange.fail(message === "terminated" ? "reset" : "malformed");
      },
      end(failure) {
        exchange.stage = "over";
        signal.removeEventListener("abort", onAbort);
        link.abort();
        return failure;
      },
    };
    try {
      if (signal.aborted) throw signal.reason;
      signal.addEventListener("abort", onAbort, { once: true });
      const headers = { "content-type": "application/json", "x-kestrel-key": apiKey, "x-client-request-id": attemptId };
      const { messages: talk, maxOutputTokens: ceiling, temperature: heat, topP: reach, stop: halt, tools } = request;
      const { toolChoice: pick, parallelToolCalls: swarm, responseFormat: shape, endUserId: rider, extra } = request;
      const asked = { ...extra, brain, flow, talk, ceiling, heat, reach, halt, tools, pick, swarm, shape, rider };
      exchange.stage = "sending";
      const init: RequestInit = { method: "POST", headers, body: JSON.stringify(asked), signal: link.signal };
      exchange.body = await fetch(`${baseUrl.replace(/\/$/, "")}/fly`, { ...init, redirect: "manual" });
      exchange.stage = "reading";
      if (!exchange.body.ok) throw await refusal(exchange);
      return exchange;
    } catch (error) {
      throw exchange.end(exchange.explain(error));
    }
  }

  return {
    provider: "kestrel",
    async complete(request, options) {
      const exchange = await send(request, options, false);
      try {
        const { id, brain, words: text, calls, why, used } = JSON.parse(await exchange.body.text()) as Said;
        if (typeof id !== "string" || typeof text !== "string") throw new SyntaxError("not an answer");
        const answer = { id, model: brain, text, toolCalls: calls, finishReason: why, usage: toUsage(used) };
        return { ...answer, reasoning: "", refusal: null };
      } catch (error) {
        throw exchange.explain(error);
      } finally {
        exchange.end();
      }
    },
    async stream(request, options) {
      const exchange = await send(request, options, true);
      const events = read(exchange);
      const leave = async (): Promise<IteratorResult<ChatEvent>> => {
        exchange.end();
        return await events.return(undefined);
      };
      return { [Symbol.asyncIterator]: () => ({ next: async () => await events.next(), return: leave }) };
    },
  };
}

interface Exchange {
  stage: "before" | "sending" | "reading" | "streaming" | "over";
  body: Response;
  fail(kind: UpstreamFailure["kind"], some?: Partial<UpstreamFailure>, code?: TenantryError["code"]): TenantryError;
  explain(thrown: unknown): TenantryError;
  end(failure?: TenantryError): TenantryError | undefined;
}

async function* read(exchange: Exchange): AsyncGenerator<ChatEvent> {
  try {
    let [rest, landed] = ["", false];
    for await (const text of exchange.body.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines.filter((written) => written.startsWith("data: "))) {
        const said = JSON.parse(line.slice(6)) as Said;
        exchange.stage = "streaming";
        if (said.kind === "storm") throw exchange.fail("server-error", { providerCode: said.fault ?? null });
        landed ||= said.kind === "landed";
        yield* toEvents(said);
      }
    }
    if (!landed) throw new Error("the stream ended early");
  } catch (error) {
    if (exchange.stage !== "over") throw exchange.explain(error);
  } finally {
    exchange.end();
  }
}

function* toEvents({ kind, id, brain, words, call, why, used }: Said): Generator<ChatEvent> {
  if (kind === "takeoff") yield { type: "start", id, model: brain };
  if (kind === "words") yield { type: "text", text: words };
  if (kind === "call") yield { type: "tool-call", ...call };
  const usage = toUsage(used);
  if (usage !== null) yield { type: "usage", usage };
  if (kind === "landed") yield { type: "end", finishReason: why };
}

function toUsage(used: Said["used"]): Usage | null {
  const tokens = tokensOf({ input: used?.fresh ?? -1, cacheRead: used?.reread ?? -1, output: used?.written ?? -1 });
  return tokensProblem(tokens) === null ? { tokens, fees: {}, serviceTier: "standard" } : null;
}

async function refusal({ body, body: { status, headers }, fail }: Exchange): Promise<TenantryError> {
  const providerCode = /^\{"fault":"([\w-]+)"/.exec(await body.text())?.[1] ?? null;
  const [ms, wait] = [headers.get("retry-after-ms"), headers.get("retry-after") ?? ""];
  const waitMs = ms !== null ? Number(ms) : /^\d+$/.test(wait) ? Number(wait) * 1000 : Date.parse(wait) - Date.now();
  const told = { status, providerCode, retryAfterMs: Number.isNaN(waitMs) ? null : waitMs };
  const fault = status === 429 || status < 400 ? "provider" : [401, 402, 403].includes(status) ? "account" : "caller";
  return status >= 500 ? fail("server-error", told) : fail(status < 400 ? "malformed" : "refused", { ...told, fault });
}
