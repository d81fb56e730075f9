import type { ProviderReport } from "@tenantry/core";
import type { Attributes, DecodedSpan } from "./decoded-span.ts";
import { readGenAi } from "./dialects/gen-ai.ts";
import { isNetraSpan, readNetra } from "./dialects/netra.ts";
import { isOpenInferenceSpan, readOpenInference } from "./dialects/open-inference.ts";
import { isVercelAiSpan, readVercelAi } from "./dialects/vercel-ai.ts";
import { countOf, textOf } from "./read-attributes.ts";
import { toServedModel } from "./to-provider.ts";
import { toUsage } from "./to-usage.ts";
import type { ToldCall } from "./told-call.ts";

/**
 * What the span tells of a request to a provider, whichever dialect it speaks; null where it names no model, or names
 * one without being a request, having usage, a cost or an answer's id. Spans around requests that sum them up are told
 * as well.
 */
export function toReport(decoded: DecodedSpan, scope: string | null, startedAt: number): ProviderReport | null {
  const { attributes } = decoded;
  if (attributes.size === 0) return null;
  const told = tell(attributes, scope);
  if (told === null) return null;
  const model = told.requestModel ?? told.responseModel;
  if (model === null) return null;
  const attemptId = textOf(attributes, "tenantry.attempt_id");
  const usage = toUsage(told.counts, told.isEmbedding || /embed/i.test(model), told.serviceTier);
  const isReport =
    told.isRequest || attemptId !== null || usage !== null || told.responseId !== null || told.costPico !== null;
  if (!isReport) return null;
  const served = toServedModel(told.provider, model);
  return {
    attemptId,
    responseId: told.responseId === null || inventedId.test(told.responseId) ? null : told.responseId,
    requested: served,
    reportedModel: told.responseModel,
    usage,
    toldCostPico: told.costPico,
    outcome: outcomeOf(decoded),
    status: statusOf(attributes),
    ttftMs: told.ttftMs ?? firstChunkMs(decoded, startedAt),
  };
}

/** What the Vercel AI SDK makes up where a provider gives its answer no id. */
const inventedId = /^ai(?:txt|obj)-/;

function tell(attributes: Attributes, scope: string | null): ToldCall | null {
  if (isNetraSpan(attributes)) return readNetra(attributes, scope);
  if (isOpenInferenceSpan(attributes)) return readOpenInference(attributes);
  if (isVercelAiSpan(attributes)) return readVercelAi(attributes);
  return readGenAi(attributes, scope);
}

const aborts = /^(?:AbortError|APIUserAbortError|aborted|cancell?ed|CancelledError|context canceled|cut)$/i;

/** Our own word where the span has it, else the span's status; `error.type` tells an abort from a failure. */
function outcomeOf({ attributes, status }: DecodedSpan): ProviderReport["outcome"] {
  const own = textOf(attributes, "tenantry.outcome");
  if (own !== null) return own === "ok" ? "ok" : aborts.test(own) ? "aborted" : "failed";
  const error = textOf(attributes, "error.type");
  if (error !== null && aborts.test(error)) return "aborted";
  return status === 2 || error !== null ? "failed" : "ok";
}

/** `error.type` is the status of an answer that was none, by the conventions for HTTP. */
function statusOf(attributes: Attributes): number | null {
  const status = countOf(attributes, "http.response.status_code", "http.status_code", "error.type");
  return status !== null && status >= 100 && status <= 599 ? status : null;
}

function firstChunkMs({ firstChunkAt, endedAt }: DecodedSpan, startedAt: number): number | null {
  if (firstChunkAt === null || firstChunkAt < startedAt || firstChunkAt > Math.max(endedAt, startedAt)) return null;
  return firstChunkAt - startedAt;
}
