import {
  addTokens,
  noTokens,
  outputTokens,
  tokensOf,
  tokensProblem,
  type ServiceTier,
  type Tokens,
  type Usage,
} from "@tenantry/core";
import { isJsonObject, type JsonObject } from "./json-object.ts";

/**
 * `usage` of an answer, as it came over the wire, in disjoint token classes. Null when it is missing, unreadable or
 * contradicts itself (R6).
 *
 * `input_tokens` excludes what was read from or written to the cache; `output_tokens` is the billed total and includes
 * `output_tokens_details.thinking_tokens`. Cache writes without a split by lifetime are of the default, five minutes.
 * What our classes cannot express but the bill contains becomes a fee, so that it is unpriced until somebody prices it
 * rather than silently too cheap: `fastMode`, `inferenceGeo.<region>`, `advisorMessage`, `fallbackMessage`,
 * `codeExecution`, `fallbackCredit`, `serviceTier.<name>` for a tier nobody here knows, and the count of any server tool nobody here knows under its own name.
 *
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
 * https://platform.claude.com/docs/en/about-claude/pricing
 */
export function convertAnthropicUsage(wire: unknown): Usage | null {
  if (!isJsonObject(wire)) return null;
  const tier = serviceTierOf(wire["service_tier"]);
  const own = tokensOfReport(wire);
  const iterations = iterationsOf(wire["iterations"]);
  const serverTools = serverToolsOf(wire["server_tool_use"]);
  if (tier === null || own === null || iterations === null || serverTools === null) return null;
  const tokens = iterations.compactions.reduce(addTokens, own);
  if (tokensProblem(tokens) !== null) return null;
  const fees = { ...serverTools, ...iterations.fees, ...surchargesOf(wire), ...tier.fees };
  return { tokens, fees, serviceTier: tier.serviceTier };
}

/**
 * A stream's reports so far as one. Counts are cumulative: a field of the later report replaces the same field of the
 * earlier one, and what the later one leaves out (or gives as null) stands. Only `output_tokens` does not: before the
 * end it is a placeholder, so a later report without it makes the whole unreadable (R6).
 *
 * https://platform.claude.com/docs/en/build-with-claude/streaming#event-types
 */
export function mergeAnthropicUsage(earlier: unknown, later: unknown): unknown {
  if (!isJsonObject(later)) return earlier;
  if (!isJsonObject(earlier)) return later;
  const reported = Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null));
  return { ...earlier, output_tokens: undefined, ...reported, ...splitAfter(earlier, reported) };
}

/** The later report gives a new total of cache writes but not their split: it stands only if it was of one lifetime. */
function splitAfter(earlier: JsonObject, later: JsonObject): JsonObject {
  const total = later["cache_creation_input_tokens"];
  const split = earlier["cache_creation"];
  if (later["cache_creation"] !== undefined || total === undefined || !isJsonObject(split)) return {};
  const { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long } = split;
  if (short !== 0) return long === 0 ? { cache_creation: null } : {};
  if (long === 0) return { cache_creation: null };
  return { cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: total } };
}

function tokensOfReport(wire: JsonObject): Tokens | null {
  const { input_tokens: input, output_tokens: total } = wire;
  const details = wire["output_tokens_details"] ?? {};
  const writes = cacheWritesOf(wire);
  if (typeof input !== "number" || typeof total !== "number" || !isJsonObject(details) || writes === null) return null;
  const reasoning = countOf(details["thinking_tokens"]);
  const cacheRead = countOf(wire["cache_read_input_tokens"]);
  const tokens = tokensOf({ input, cacheRead, ...writes, output: total - reasoning, reasoning });
  return tokensProblem(tokens) === null ? tokens : null;
}

function cacheWritesOf(wire: JsonObject): Partial<Tokens> | null {
  const total = wire["cache_creation_input_tokens"] ?? null;
  const split = wire["cache_creation"] ?? null;
  if (split === null) return { cacheWrite5m: countOf(total) };
  if (!isJsonObject(split)) return null;
  const cacheWrite5m = countOf(split["ephemeral_5m_input_tokens"]);
  const cacheWrite1h = countOf(split["ephemeral_1h_input_tokens"]);
  return total === null || total === cacheWrite5m + cacheWrite1h ? { cacheWrite5m, cacheWrite1h } : null;
}

/** An absent count is 0; anything but a number becomes one that cannot be a count. */
function countOf(value: unknown): number {
  if (value === undefined || value === null) return 0;
  return Number.isSafeInteger(value) ? (value as number) : Number.NaN;
}

const knownTiers: readonly unknown[] = ["standard", "priority", "batch"] satisfies ServiceTier[];

function serviceTierOf(value: unknown): Pick<Usage, "serviceTier" | "fees"> | null {
  if (value === undefined || value === null) return { serviceTier: "standard", fees: {} };
  if (knownTiers.includes(value)) return { serviceTier: value as ServiceTier, fees: {} };
  return typeof value === "string" ? { serviceTier: "standard", fees: { [`serviceTier.${value}`]: 1 } } : null;
}

/** What an answer says beside its usage that the bill depends on. */
export interface AnswerTerms {
  readonly container: unknown;
  readonly stopReason: unknown;
}

/**
 * The usage that is billed for an answer; null as for `convertAnthropicUsage`.
 *
 * An answer that came with a container is billed by the hour, which no count tells: a fee where the usage has none for it
 * yet (https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool). One that was refused before
 * anything was written is not billed, whatever its prompt was (release notes of 2 June 2026,
 * https://platform.claude.com/docs/en/release-notes/overview).
 */
export function billedAnthropicUsage(wire: unknown, { container, stopReason }: AnswerTerms): Usage | null {
  const usage = convertAnthropicUsage(wire);
  if (usage === null) return null;
  const fees = container === undefined || container === null ? usage.fees : { codeExecution: 1, ...usage.fees };
  const isFree = stopReason === "refusal" && outputTokens(usage.tokens) === 0 && Object.keys(fees).length === 0;
  return { ...usage, fees, tokens: isFree ? noTokens : usage.tokens };
}

const serverToolFees: ReadonlyMap<string, string> = new Map([
  ["web_search_requests", "webSearch"],
  ["code_execution_requests", "codeExecution"],
]);

/** Web fetches are free of charge: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-fetch-tool */
function serverToolsOf(value: unknown): Record<string, number> | null {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) return null;
  const fees: [string, number][] = [];
  for (const [name, told] of Object.entries(value)) {
    if (name === "web_fetch_requests") continue;
    const fee = serverToolFees.get(name);
    const count = countOf(told);
    const isCount = Number.isSafeInteger(count) && count >= 0;
    if (!isCount && fee !== undefined) return null;
    // What nobody knows may be no count at all, and is a reason to look, not to doubt the rest.
    if (count !== 0) fees.push([fee ?? `serverTool.${name}`, isCount ? count : 1]);
  }
  return Object.fromEntries(fees);
}

/**
 * Speed and region multiply every rate of the model; `not_available` is what models without a choice of region answer. A
 * redeemed credit bills the prompt as if another request had never been.
 */
function surchargesOf(wire: JsonObject): Record<string, number> {
  const fees: Record<string, number> = {};
  const { speed, inference_geo: geo, fallback_credit: credit } = wire;
  const status = isJsonObject(credit) && isJsonObject(credit["status"]) ? credit["status"]["type"] : null;
  if (isJsonObject(credit) && status !== "not_applied") fees["fallbackCredit"] = 1;
  if (speed === "fast") fees["fastMode"] = 1;
  if (typeof geo === "string" && !["", "global", "not_available"].includes(geo)) fees[`inferenceGeo.${geo}`] = 1;
  return fees;
}

/** Iterations billed at another model's rates, which one line of usage cannot hold. */
const foreignIterations: Readonly<Record<string, string>> = {
  advisor_message: "advisorMessage",
  fallback_message: "fallbackMessage",
};

interface Iterations {
  readonly compactions: readonly Tokens[];
  readonly fees: Record<string, number>;
}

/** Of the iterations a beta answer lists, the top-level counts contain the messages but not the compactions. */
function iterationsOf(value: unknown): Iterations | null {
  if (value === undefined || value === null) return { compactions: [], fees: {} };
  if (!Array.isArray(value)) return null;
  const compactions: Tokens[] = [];
  const fees: Record<string, number> = {};
  for (const iteration of value as unknown[]) {
    if (!isJsonObject(iteration)) return null;
    const { type } = iteration;
    if (type === "message") continue;
    const tokens = type === "compaction" ? tokensOfReport(iteration) : null;
    const fee = foreignIterations[String(type)];
    if (tokens !== null) compactions.push(tokens);
    else if (fee !== undefined) fees[fee] = (fees[fee] ?? 0) + 1;
    else return null;
  }
  return { compactions, fees };
}
