import type { Attributes, AttributeValue } from "./decoded-span.ts";
import type { KnownAttribute } from "./known-attributes.ts";

/** Facts to show beside a span, under the names they came with. None of them has room for content (R10). */
const shown: readonly KnownAttribute[] = [
  "gen_ai.operation.name",
  "gen_ai.output.type",
  "gen_ai.request.temperature",
  "gen_ai.request.top_p",
  "gen_ai.request.max_tokens",
  "gen_ai.request.stream",
  "gen_ai.response.finish_reasons",
  "gen_ai.response.finish_reason",
  "llm.request.type",
  "llm.response.finish_reason",
  "llm.finish_reason",
  "llm.is_streaming",
  "llm.streaming",
  "openinference.span.kind",
  "traceloop.span.kind",
  "netra.span.type",
  "netra.trace.llm.call",
  "ai.operationId",
  "ai.response.finishReason",
  "anthropic.message.stop_reason",
  "error.type",
  "http.response.status_code",
  "http.status_code",
  "tenantry.call_id",
  "tenantry.outcome",
  "tenantry.attempt",
  "tenantry.attempts",
  "tenantry.usage_source",
  "tenantry.tier",
  "tenantry.denied",
  "tenantry.sla_met",
  "tier",
  "sla_met",
];

const maxShown = 32;

/** A word, as names of operations, reasons and classes of errors are: a sentence does not pass. */
const word = /^[\w.:/@+-]{1,64}$/;

export function toShownAttributes(attributes: Attributes): Readonly<Record<string, string | number | boolean>> {
  const facts: Record<string, string | number | boolean> = {};
  let left = maxShown;
  for (const key of shown) {
    const value = attributes.get(key);
    if (value === undefined) continue;
    const fact = toFact(value);
    if (fact === null) continue;
    facts[key] = fact;
    if (--left === 0) break;
  }
  return facts;
}

/** Of a list the first, which is that of the first answer. */
function toFact(value: AttributeValue): string | number | boolean | null {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  const text = typeof value === "string" ? value : value[0];
  return text !== undefined && word.test(text) ? text : null;
}
