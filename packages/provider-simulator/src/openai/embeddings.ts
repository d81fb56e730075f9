import { createHash } from "node:crypto";
import type { TokenCounts } from "../billing/token-counts.ts";
import { inputTotal, moveToCacheRead, noTokens, scaleTokens } from "../billing/token-counts.ts";
import type { Fields } from "../http/read-fields.ts";
import { VendorError } from "../http/vendor-error.ts";
import type { Work, WorkChanges } from "../http/work.ts";
import type { FoundModel } from "../models/find-model.ts";
import { findModel } from "../models/find-model.ts";
import { countTokens } from "../prompt/tokenizer.ts";
import { createSeededRandom } from "../seeded-random.ts";
import { readOpenaiModel } from "./model-rules.ts";
import { openaiFields } from "./openai-fields.ts";

const maxInputs = 2048;

interface EmbeddingInput {
  readonly key: string;
  readonly tokens: number;
}

function isTokenList(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id));
}

function readInputs(body: Fields, model: FoundModel): EmbeddingInput[] {
  const { input } = body;
  if (input === undefined || input === null) {
    throw openaiFields.failure("input", { kind: "missing" });
  }
  const list: unknown[] = Array.isArray(input) && !isTokenList(input) ? input : [input];
  if (list.length === 0 || list.length > maxInputs) {
    const expected = `an array of 1 to ${maxInputs} inputs`;
    throw openaiFields.failure("input", { kind: "value", expected });
  }
  return list.map((item, index) => {
    const tokens = isTokenList(item)
      ? item.length
      : typeof item === "string"
        ? countTokens(item, model.card.encoding)
        : null;
    if (tokens === null || tokens === 0) {
      const expected = "a string that is not empty, or an array of token ids";
      throw openaiFields.failure(`input[${index}]`, { kind: "type", expected, found: item });
    }
    if (tokens > model.card.contextTokens) {
      const message = `This model's maximum context length is ${model.card.contextTokens} tokens, however you requested ${tokens} tokens.`;
      throw new VendorError(400, message, { param: "input", code: "context_length_exceeded" });
    }
    return { key: JSON.stringify(item), tokens };
  });
}

/** A unit vector that depends on the text alone: equal texts are equal, others as good as orthogonal. */
function vectorFor(key: string, model: string, dimensions: number): Float32Array {
  const digest = createHash("sha256").update(model).update("\u0000").update(key).digest();
  const random = createSeededRandom(digest.readUInt32LE(0));
  const vector = Float32Array.from({ length: dimensions }, () => random() * 2 - 1);
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

function encodeVector(vector: Float32Array, base64: boolean): unknown {
  if (!base64) return Array.from(vector);
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

function readDimensions(body: Fields, model: FoundModel): number {
  const most = model.card.dimensions ?? 1536;
  const range = { min: 1, max: most, integer: true };
  return openaiFields.optionalNumber(body, "dimensions", range) ?? most;
}

function reportedUsage(billed: TokenCounts, usage: WorkChanges["usage"]): unknown {
  if (usage === "missing") return {};
  const tokens = inputTotal(usage === "true" ? billed : scaleTokens(billed, usage.factor));
  return { usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

/** `POST /v1/embeddings`: https://platform.openai.com/docs/api-reference/embeddings */
export function embeddingsWork(body: Fields): (changes: WorkChanges) => Work {
  const model = readOpenaiModel(body, "embedding");
  const inputs = readInputs(body, model);
  const dimensions = readDimensions(body, model);
  const encoding = openaiFields.optionalString(body, "encoding_format") ?? "float";
  if (encoding !== "float" && encoding !== "base64") {
    throw openaiFields.failure("encoding_format", { kind: "value", expected: "float or base64" });
  }
  return (changes) => {
    const other = changes.otherModel === null ? model : findModel("openai", changes.otherModel);
    const modelName = other?.reportedName ?? changes.otherModel ?? model.reportedName;
    const total = inputs.reduce((sum, input) => sum + input.tokens, 0);
    const billed = moveToCacheRead({ ...noTokens, input: total }, changes.cachedTokens);
    return {
      responseId: null,
      billedFamily: (other ?? model).card.id,
      modelName,
      billed,
      visibleTokens: 0,
      frames: null,
      json: () =>
        JSON.stringify({
          object: "list",
          data: inputs.map(({ key }, index) => ({
            object: "embedding",
            index,
            embedding: encodeVector(vectorFor(key, modelName, dimensions), encoding === "base64"),
          })),
          model: modelName,
          ...(reportedUsage(billed, changes.usage) as object),
        }),
    };
  };
}
