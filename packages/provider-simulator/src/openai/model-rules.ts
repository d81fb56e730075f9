import { VendorError } from "../http/vendor-error.ts";
import type { Fields } from "../http/read-fields.ts";
import type { FoundModel } from "../models/find-model.ts";
import { findModel } from "../models/find-model.ts";
import { countPrompt } from "../prompt/count-prompt.ts";
import type { GenerationRequest } from "../prompt/generation-request.ts";
import { openaiFields } from "./openai-fields.ts";

/** The requested model, or OpenAI's 404. */
export function readOpenaiModel(body: Fields, kind: "chat" | "embedding"): FoundModel {
  const name = openaiFields.requiredString(body, "model");
  const found = findModel("openai", name);
  if (!found) {
    const message = `The model \`${name}\` does not exist or you do not have access to it.`;
    throw new VendorError(404, message, { code: "model_not_found" });
  }
  if (found.card.kind !== kind) {
    const message = `The model \`${name}\` is not supported by this endpoint.`;
    throw new VendorError(404, message, { param: "model", code: "model_not_found" });
  }
  return found;
}

const effortUnits: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 0,
  low: 1,
  medium: 2,
  high: 4,
  xhigh: 8,
};

/**
 * Hidden reasoning of reasoning models: multiples of 64 tokens, as OpenAI reports them, growing with the
 * effort and varying a little with the prompt.
 */
export function reasoningTokensFor(model: FoundModel, effort: string | null, path: string, prompt: string): number {
  if (effort !== null && effortUnits[effort] === undefined) {
    const expected = `one of ${Object.keys(effortUnits).join(", ")}`;
    throw openaiFields.failure(path, { kind: "value", expected });
  }
  if (!model.card.reasoning) return 0;
  const units = effortUnits[effort ?? "medium"] ?? 0;
  return 64 * units * (1 + (prompt.length % 3));
}

/** Sampling knobs are checked, and refused where reasoning models refuse them. */
export function checkSampling(body: Fields, model: FoundModel): void {
  const ranges = { temperature: [0, 2], top_p: [0, 1] } as const;
  for (const [name, [min, max]] of Object.entries(ranges)) {
    const value = openaiFields.optionalNumber(body, name, { min, max });
    if (value === null || value === 1 || !model.card.reasoning) continue;
    throw new VendorError(
      400,
      `Unsupported value: '${name}' does not support ${value} with this model. Only the default (1) value is supported.`,
      { param: name, code: "unsupported_value" },
    );
  }
}

/** OpenAI's 400 when prompt and answer cannot fit the model's context. */
export function checkContext(request: GenerationRequest, param: string): void {
  const { contextTokens } = request.model.card;
  const prompt = countPrompt(request);
  const completion = request.maxOutputTokens ?? 0;
  if (prompt + completion <= contextTokens) return;
  const asked =
    completion === 0
      ? `your messages resulted in ${prompt} tokens`
      : `you requested ${prompt + completion} tokens (${prompt} in the messages, ${completion} in the completion)`;
  throw new VendorError(400, `This model's maximum context length is ${contextTokens} tokens. However, ${asked}.`, {
    param,
    code: "context_length_exceeded",
  });
}
