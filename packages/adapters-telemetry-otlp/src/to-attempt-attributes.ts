import { type AttemptEnd, type AttemptStart, inputTokens, outputTokens, type Tokens } from "@tenantry/core";
import type { AttributeList } from "./attributes.ts";
import type { Conventions } from "./settings.ts";
import { toErrorType, toFinishReason, type ToldProvider, toOperation } from "./to-operation.ts";

/**
 * What is asked for.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/client-inference.md
 */
export function writeRequest(span: AttributeList, start: AttemptStart, provider: ToldProvider): void {
  const { target, request } = start;
  span.set("gen_ai.operation.name", toOperation(start.kind));
  span.set("gen_ai.provider.name", provider.name);
  span.set("gen_ai.request.model", target.model);
  span.set("server.address", provider.address);
  span.set("server.port", provider.port);
  span.set("gen_ai.request.max_tokens", request.maxOutputTokens);
  span.set("gen_ai.request.temperature", request.temperature);
  span.set("gen_ai.request.top_p", request.topP);
  if (start.streamed) span.set("gen_ai.request.stream", true);
  span.set("tenantry.attempt_id", start.attemptId);
  span.set("tenantry.attempt", start.ordinal);
  span.set("tenantry.provider", target.provider);
}

/** What came back. Usage first: whatever a backend cuts off, it keeps that. */
export function writeResponse(span: AttributeList, start: AttemptStart, end: AttemptEnd, names: Conventions): void {
  const { line } = end;
  if (line.usage !== null) writeTokens(span, line.usage.tokens, names);
  span.set("tenantry.usage_source", line.source);
  span.set("tenantry.outcome", line.outcome);
  span.set("gen_ai.response.model", line.reportedModel);
  span.set("gen_ai.response.id", line.responseId);
  const reason = toFinishReason(end);
  if (reason !== null) span.set("gen_ai.response.finish_reasons", [reason]);
  if (start.streamed && end.ttftMs !== null) span.set("gen_ai.response.time_to_first_chunk", end.ttftMs / 1_000);
  span.set("error.type", toErrorType(end));
}

/** Totals include their parts: cached and audio tokens are input, reasoning and audio tokens are output. */
function writeTokens(span: AttributeList, tokens: Tokens, names: Conventions): void {
  const cacheWrite = tokens.cacheWrite5m + tokens.cacheWrite1h;
  span.set("gen_ai.usage.input_tokens", inputTokens(tokens));
  span.set("gen_ai.usage.output_tokens", outputTokens(tokens));
  const parts: readonly (readonly [key: string, count: number])[] = [
    ["gen_ai.usage.cache_read.input_tokens", tokens.cacheRead],
    ["gen_ai.usage.cache_write.input_tokens", names === "v1.41" ? 0 : cacheWrite],
    ["gen_ai.usage.cache_creation.input_tokens", names === "current" ? 0 : cacheWrite],
    ["gen_ai.usage.reasoning.output_tokens", tokens.reasoning],
    ["gen_ai.usage.audio.input_tokens", tokens.audioInput],
    ["gen_ai.usage.audio.output_tokens", tokens.audioOutput],
  ];
  for (const [key, count] of parts) if (count > 0) span.set(key, count);
}

/** Why the attempt failed, or null when it did not. */
export function failureOf({ line, error }: AttemptEnd): string | null {
  if (line.outcome === "ok" && error === null) return null;
  return error ?? (line.status === null ? line.outcome : `${line.outcome} (status ${line.status})`);
}
