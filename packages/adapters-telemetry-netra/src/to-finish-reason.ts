const openai: Readonly<Record<string, string>> = { "tool-calls": "tool_calls", filtered: "content_filter" };

const anthropic: Readonly<Record<string, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  filtered: "refusal",
};

/** A reason in core's words, in the provider's: Netra shows what the SDK copies from the answer. */
export function toFinishReason(reason: string, provider: string): string {
  const words = provider === "anthropic" ? anthropic : openai;
  return Object.hasOwn(words, reason) ? (words[reason] ?? reason) : reason;
}
