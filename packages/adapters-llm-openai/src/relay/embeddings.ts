import {
  plainField,
  readRelayBody,
  textsWithin,
  type FieldRule,
  type Reading,
  type RelayBody,
  type TenantryError,
  type Usage,
} from "@tenantry/core";
import { convertOpenAIUsage } from "../convert-openai-usage.ts";
import { isJsonObject, objectOf, textOf } from "../json-object.ts";
import { translateOpenAIErrorChunk } from "../translate-openai-error.ts";
import type { WholeAnswer } from "./operation.ts";
import { parsedJson } from "./wire-text.ts";

/** https://developers.openai.com/api/reference/resources/embeddings/methods/create */
const rules: ReadonlyMap<string, FieldRule> = new Map(
  ["model", "input", "dimensions", "encoding_format", "user"].map((name) => [name, plainField] as const),
);

export function readEmbeddingsBody(text: string): RelayBody {
  return readRelayBody(text, rules, ["input"]);
}

export function embeddingsText(body: RelayBody): string {
  return textsWithin(parsedJson(body.raw("input") ?? "null"), () => undefined);
}

/** A list of embeddings. It writes nothing, so its usage has no output. */
export function readWholeEmbeddings(
  wire: unknown,
  reading: Reading,
  { context, head }: WholeAnswer,
): TenantryError | "malformed" | null {
  const { data, error, model, usage } = objectOf(wire);
  if (isJsonObject(error)) return translateOpenAIErrorChunk(wire, head, context);
  if (!Array.isArray(data)) return "malformed";
  reading.model = textOf(model) || null;
  reading.usage = usageOfEmbeddings(usage);
  reading.finishReason = "stop";
  return null;
}

function usageOfEmbeddings(usage: unknown): Usage | null {
  return isJsonObject(usage) ? convertOpenAIUsage({ ...usage, completion_tokens: 0 }, undefined) : null;
}
