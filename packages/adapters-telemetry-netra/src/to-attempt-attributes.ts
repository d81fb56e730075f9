import type { Attributes } from "@opentelemetry/api";
import {
  type AttemptEnd,
  type AttemptStart,
  inputTokens,
  type LedgerLine,
  type ModelRef,
  outputTokens,
  totalTokens,
  type Usage,
} from "@tenantry/core";
import { toFinishReason } from "./to-finish-reason.ts";

/** `openai.chat`; `anthropic.stream` for its streams, which the SDK names apart. */
export function attemptName({ target, kind, streamed }: AttemptStart): string {
  return target.provider === "anthropic" && streamed && kind === "chat"
    ? "anthropic.stream"
    : `${target.provider}.${kind}`;
}

/** What is asked for, in the vocabulary of the SDK's own instrumentation. */
export function toRequestAttributes(start: AttemptStart, callId: string): Attributes {
  const { target, request, kind, streamed } = start;
  const isAnthropic = target.provider === "anthropic";
  return {
    // The SDK marks its scopes, but for Anthropic's.
    ...(isAnthropic ? {} : { "netra.instrumentation.name": target.provider }),
    "tenantry.call_id": callId,
    "tenantry.attempt_id": start.attemptId,
    "tenantry.attempt": start.ordinal,
    "llm.request.type": kind,
    "gen_ai.system": target.provider,
    "gen_ai.request.model": target.model,
    "gen_ai.request.max_tokens": request.maxOutputTokens,
    ...(request.temperature === null ? {} : { "gen_ai.request.temperature": request.temperature }),
    ...(request.topP === null ? {} : { "gen_ai.request.top_p": request.topP }),
    ...(streamed ? { [isAnthropic ? "llm.streaming" : "llm.is_streaming"]: true } : {}),
  };
}

/** What came back. Token counts first, so that no cap on attributes can lose them. */
export function toResponseAttributes(start: AttemptStart, { line, finishReason }: AttemptEnd): Attributes {
  const { provider } = start.target;
  const reason = finishReason === null ? null : toFinishReason(finishReason, provider);
  return {
    ...(line.usage === null ? {} : toTokenAttributes(line.usage, provider)),
    "tenantry.usage_source": line.source,
    "tenantry.outcome": line.outcome,
    ...(line.reportedModel === null ? {} : { "gen_ai.response.model": line.reportedModel }),
    // The SDK knows the id of whole answers only.
    ...(line.responseId === null || start.streamed ? {} : { "llm.response.id": line.responseId }),
    ...(reason === null ? {} : { "llm.response.finish_reason": reason, "gen_ai.response.finish_reason": reason }),
    ...durationOf(line),
  };
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
function toTokenAttributes({ tokens }: Usage, provider: string): Attributes {
  const output = outputTokens(tokens);
  if (provider === "anthropic") {
    return {
      "gen_ai.usage.prompt_tokens": tokens.input,
      "gen_ai.usage.completion_tokens": output,
      "gen_ai.usage.cache_read_input_tokens": tokens.cacheRead,
      "gen_ai.usage.cache_creation_input_tokens": tokens.cacheWrite5m + tokens.cacheWrite1h,
    };
  }
  return {
    "gen_ai.usage.prompt_tokens": inputTokens(tokens),
    "gen_ai.usage.completion_tokens": output,
    "llm.usage.total_tokens": totalTokens(tokens),
    "gen_ai.usage.cache_read_input_tokens": tokens.cacheRead,
    "gen_ai.usage.reasoning_tokens": tokens.reasoning,
  };
}

function durationOf({ latencyMs }: LedgerLine): Attributes {
  return latencyMs === null || !Number.isFinite(latencyMs) ? {} : { "llm.response.duration": latencyMs / 1_000 };
}
