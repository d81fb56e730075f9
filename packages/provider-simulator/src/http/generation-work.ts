import { generate } from "../answers/generate.ts";
import { UnsatisfiableSchemaError } from "../answers/minimal-json.ts";
import type { TokenCounts } from "../billing/token-counts.ts";
import { moveToCacheRead, scaleTokens } from "../billing/token-counts.ts";
import type { FoundModel } from "../models/find-model.ts";
import { findModel } from "../models/find-model.ts";
import type { GenerationRequest } from "../prompt/generation-request.ts";
import type { Answer } from "./answer.ts";
import type { Fields } from "./read-fields.ts";
import type { StreamFrame } from "./send-stream.ts";
import { VendorError } from "./vendor-error.ts";
import type { Work, WorkChanges } from "./work.ts";
import { countAnswer } from "./work.ts";

/** How an endpoint writes its answers. */
export interface AnswerForm {
  idOf(key: string): string;
  whole(answer: Answer): unknown;
  frames(answer: Answer): Iterable<StreamFrame>;
}

export interface GenerationContext {
  readonly form: AnswerForm;
  readonly body: Fields;
  readonly key: string;
  readonly createdAtMs: number;
  /** Input tokens by class, as the vendor's prompt cache has them. */
  countInput(request: GenerationRequest): TokenCounts;
}

function answeringModel(asked: FoundModel, other: string | null): FoundModel {
  if (other === null) return asked;
  const found = findModel(asked.card.provider, other);
  // A model nobody has heard of: it is reported under its name and billed as what was asked for.
  return found?.card.kind === asked.card.kind ? found : { ...asked, reportedName: other };
}

function report(billed: TokenCounts, usage: WorkChanges["usage"]): TokenCounts | null {
  if (usage === "missing") return null;
  return usage === "true" ? billed : scaleTokens(billed, usage.factor);
}

/** Generates the answer to a request. What it bills and what it reports are two things from here on. */
export function generationWork(asked: GenerationRequest, changes: WorkChanges, context: GenerationContext): Work {
  const model = answeringModel(asked.model, changes.otherModel);
  const request = { ...asked, model };
  const input = moveToCacheRead(context.countInput(request), changes.cachedTokens);
  const choices = generateOrRefuse(request, changes);
  const billed = countAnswer(input, choices);
  const answer: Answer = {
    key: context.key,
    createdAtSeconds: Math.floor(context.createdAtMs / 1000),
    modelName: model.reportedName,
    request,
    body: context.body,
    choices,
    reported: report(billed, changes.usage),
  };
  return {
    responseId: context.form.idOf(context.key),
    billedFamily: model.card.id,
    modelName: model.reportedName,
    billed,
    visibleTokens: billed.output,
    json: () => JSON.stringify(context.form.whole(answer)),
    frames: request.stream ? () => context.form.frames(answer) : null,
  };
}

function generateOrRefuse(request: GenerationRequest, changes: WorkChanges) {
  try {
    return generate(request, changes);
  } catch (error) {
    if (!(error instanceof UnsatisfiableSchemaError)) throw error;
    throw new VendorError(400, `Invalid schema: ${error.message}`, { code: null });
  }
}
