import {
  type AttemptEnd,
  type AttemptStart,
  inputTokens,
  type ModelRef,
  outputTokens,
  totalTokens,
  type Usage,
} from "@tenantry/core";
import type { AttributeSink } from "./attribute-text.ts";
import { toFinishReason } from "./to-finish-reason.ts";

/** `openai.chat`; `anthropic.stream` for its streams, which the SDK names apart. */
export function attemptName({ target, kind, streamed }: AttemptStart): string {
  return target.provider === "anthropic" && streamed && kind === "chat"
    ? "anthropic.stream"
    : `${target.provider}.${kind}`;
}

/** What is asked for, in the vocabulary of the SDK's own instrumentation. */
export function writeRequest(span: AttributeSink, start: AttemptStart, callId: string): void {
  const { target, request, kind, streamed } = start;
  const isAnthropic = target.provider === "anthropic";
  // The SDK marks its scopes, but for Anthropic's.
  if (!isAnthropic) span.set("netra.instrumentation.name", target.provider);
  span.set("tenantry.call_id", callId);
  span.set("tenantry.attempt_id", start.attemptId);
  span.set("tenantry.attempt", start.ordinal);
  span.set("llm.request.type", kind);
  span.set("gen_ai.system", target.provider);
  span.set("gen_ai.request.model", target.model);
  span.set("gen_ai.request.max_tokens", request.maxOutputTokens);
  span.set("gen_ai.request.temperature", request.temperature);
  span.set("gen_ai.request.top_p", request.topP);
  if (streamed) span.set(isAnthropic ? "llm.streaming" : "llm.is_streaming", true);
}

/** What came back. Token counts first, so that no cap on attributes can lose them. */
export function writeResponse(span: AttributeSink, start: AttemptStart, { line, finishReason }: AttemptEnd): void {
  const { provider } = start.target;
  if (line.usage !== null) writeTokens(span, line.usage, provider);
  span.set("tenantry.usage_source", line.source);
  span.set("tenantry.outcome", line.outcome);
  span.set("gen_ai.response.model", line.reportedModel);
  // The SDK knows the id of whole answers only.
  if (!start.streamed) span.set("llm.response.id", line.responseId);
  const reason = finishReason === null ? null : toFinishReason(finishReason, provider);
  span.set("llm.response.finish_reason", reason);
  span.set("gen_ai.response.finish_reason", reason);
  if (line.latencyMs !== null) span.set("llm.response.duration", line.latencyMs / 1_000);
}

/** Why the attempt failed, or null when it did not. */
export function failureOf({ line, error }: AttemptEnd): string | null {
  if (line.outcome === "ok" && error === null) return null;
  return error ?? (line.status === null ? line.outcome : `${line.outcome} (status ${line.status})`);
}

/** The scope of an attempt's span, after the provider. */
export function scopeOf({ provider }: ModelRef): string {
  return `netra.instrumentation.${provider}`;
}

/**
 * Counts as the provider reports them, which is what Netra prices: OpenAI's prompt tokens include cached ones,
 * Anthropic's do not. https://docs.claude.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance
 */
function writeTokens(span: AttributeSink, { tokens }: Usage, provider: string): void {
  const isAnthropic = provider === "anthropic";
  span.set("gen_ai.usage.prompt_tokens", isAnthropic ? tokens.input : inputTokens(tokens));
  span.set("gen_ai.usage.completion_tokens", outputTokens(tokens));
  span.set("gen_ai.usage.cache_read_input_tokens", tokens.cacheRead);
  if (isAnthropic) {
    span.set("gen_ai.usage.cache_creation_input_tokens", tokens.cacheWrite5m + tokens.cacheWrite1h);
    return;
  }
  span.set("llm.usage.total_tokens", totalTokens(tokens));
  span.set("gen_ai.usage.reasoning_tokens", tokens.reasoning);
}
