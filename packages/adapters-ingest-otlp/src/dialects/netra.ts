import { digitsOf, parseExactJson, type PicoUsd } from "@tenantry/core";
import type { Attributes } from "../decoded-span.ts";
import { toToldCost } from "../to-told-cost.ts";
import type { ToldCall, ToldCounts } from "../told-call.ts";
import { readGenAi } from "./gen-ai.ts";

/** Whether the span was made by hand, or by a decorator, of Netra's SDK. */
export function isNetraSpan(attributes: Attributes): boolean {
  return attributes.has("netra.span.type");
}

/**
 * A span of Netra's SDK 1.8 that says by its type that it is a request. Of all other types `netra.usage` is what an
 * application says of its own work: the spans of the requests it made are counted, be they in another trace.
 */
export function readNetra(attributes: Attributes, scope: string | null): ToldCall | null {
  const type = attributes.get("netra.span.type");
  if (type !== "GENERATION" && type !== "EMBEDDING") return null;
  const told = readGenAi(attributes, scope);
  const isEmbedding = type === "EMBEDDING" || told.isEmbedding;
  const items = readItems(attributes.get("netra.usage"));
  if (items === null) return { ...told, isEmbedding };
  return {
    ...told,
    isEmbedding,
    isRequest: true,
    requestModel: told.requestModel ?? items.model,
    counts: hasCounts(told.counts) ? told.counts : toCounts(items, told.counts),
    costPico: items.costPico ?? told.costPico,
  };
}

/** What the items of `setUsage` say together. */
interface UsageItems {
  readonly model: string | null;
  readonly prompt: number | null;
  readonly completion: number | null;
  /** Units that are neither of the two, which for an embedding are all there is. */
  readonly units: number | null;
  readonly costPico: PicoUsd | null;
}

const maxLength = 16_384;
const maxItems = 32;

/** The JSON list that `setUsage` writes, with the typed keys and with those in camelCase. Null where it is none. */
function readItems(text: unknown): UsageItems | null {
  if (typeof text !== "string" || text.length > maxLength) return null;
  const list = parse(text);
  if (!Array.isArray(list) || list.length === 0) return null;
  let model: string | null = null;
  let prompt: number | null = null;
  let completion: number | null = null;
  let units: number | null = null;
  let costPico: PicoUsd | null = null;
  for (const item of list.slice(0, maxItems) as readonly unknown[]) {
    if (typeof item !== "object" || item === null) continue;
    const fields = item as { readonly [name: string]: unknown };
    const named = fields["model"];
    if (typeof named === "string" && named !== "" && named.length <= 200) model ??= named;
    const cost = toToldCost(digitsOf(fields["cost_in_usd"] ?? fields["costInUsd"]));
    if (cost !== null) costPico = (costPico ?? 0n) + cost;
    const used = countIn(fields["units_used"] ?? fields["unitsUsed"]);
    const side = sideOf(fields["usage_type"] ?? fields["usageType"]);
    if (used === null) continue;
    if (side === "prompt") prompt = (prompt ?? 0) + used;
    else if (side === "completion") completion = (completion ?? 0) + used;
    else units = (units ?? 0) + used;
  }
  return { model, prompt, completion, units, costPico };
}

function toCounts(items: UsageItems, none: ToldCounts): ToldCounts {
  return {
    ...none,
    prompt: items.prompt,
    completion: items.completion,
    total: items.prompt === null ? items.units : null,
  };
}

function hasCounts({ prompt, completion }: ToldCounts): boolean {
  return prompt !== null || completion !== null;
}

function sideOf(type: unknown): "prompt" | "completion" | null {
  if (typeof type !== "string") return null;
  if (/^(?:input|prompt)(?:[_ ]?tokens)?$/i.test(type)) return "prompt";
  return /^(?:output|completion)(?:[_ ]?tokens)?$/i.test(type) ? "completion" : null;
}

function countIn(value: unknown): number | null {
  const digits = digitsOf(value);
  return digits !== null && /^[0-9]{1,12}(?:\.0+)?$/.test(digits) ? Number(digits) : null;
}

function parse(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return null;
  }
}
