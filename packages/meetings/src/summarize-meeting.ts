import {
  type CallInput,
  type CallRecord,
  type CallResult,
  type Denial,
  formatModelRef,
  formatUsd,
  inputTokens,
  type LedgerLine,
  outputTokens,
  type Policy,
  TenantryError,
  type Tenantry,
} from "@tenantry/core";
import { meetingRequest } from "./meeting-request.ts";
import { type Section, sections, sectionsFor } from "./sections.ts";

/** A meeting to summarize. */
export interface MeetingInput extends Pick<
  CallInput,
  "tenantId" | "userId" | "sessionId" | "keyId" | "signal" | "model" | "traceparent" | "beforeFirstAttempt"
> {
  /** Who said what, as text; not empty. */
  readonly transcript: string;
  /** Sections wanted, by feature name. Absent: all the tier has. */
  readonly features?: readonly string[];
}

/** A summary with everything the tenant's team asks about it. Money is decimal strings of USD. */
export interface MeetingSummary {
  readonly kind: "ok";
  readonly callId: string;
  readonly tenantId: string;
  readonly tier: string;
  /** `provider/model` that wrote it. */
  readonly model: string;
  /** The sections it was asked for, by feature, in order. */
  readonly features: readonly string[];
  readonly summary: string;
  /** Null when a part is unknown. */
  readonly tokenUsage: { readonly prompt: number; readonly completion: number; readonly total: number } | null;
  /** From admission to the last byte, retries and fallbacks included. */
  readonly latencyMs: number;
  /** Whether every latency objective was met; null for best effort. */
  readonly slaMet: boolean | null;
  /** What the providers bill; null when unknown. */
  readonly costUsd: string | null;
  /** What the tenant pays; null when unknown. */
  readonly chargeUsd: string | null;
  readonly attempts: number;
  readonly record: CallRecord;
  readonly lines: readonly LedgerLine[];
}

export type MeetingResult =
  | MeetingSummary
  | { readonly kind: "denied"; readonly callId: string; readonly denial: Denial }
  | Extract<CallResult, { kind: "failed" }>;

/**
 * Summarizes a meeting for a tenant, in the sections their tier has. Throws `invalid_request` for an empty transcript
 * or when no section is left to write, and whatever `Tenantry.call` throws.
 */
export async function summarizeMeeting(tenantry: Tenantry, input: MeetingInput): Promise<MeetingResult> {
  const { transcript, ...who } = input;
  if (transcript.trim() === "") throw TenantryError.invalidRequest("transcript", "must not be empty");
  const policy = await tenantry.policyOf(input.tenantId);
  const features = input.features ?? soldSections(policy);
  const asked = sectionsFor(features);
  if (policy !== null && asked.length === 0 && features.every((feature) => policy.features.includes(feature))) {
    const sold = soldSections(policy);
    const has = sold.length === 0 ? "none" : sold.join(", ");
    throw TenantryError.invalidRequest(
      "features",
      `must name a section of a summary; tier ${policy.tierId} has ${has}`,
    );
  }
  const call: CallInput = { ...who, features, feature: "meeting-summary", operation: "meeting-summarization" };
  const result = await tenantry.call(call, meetingRequest(asked, transcript));
  return result.kind === "ok" ? toSummary(result, asked) : result;
}

function soldSections(policy: Policy | null): readonly string[] {
  return sectionsFor(policy?.features ?? sections.map(({ feature }) => feature)).map(({ feature }) => feature);
}

function toSummary(ok: Extract<CallResult, { kind: "ok" }>, asked: readonly Section[]): MeetingSummary {
  const { record, lines } = ok;
  return {
    kind: "ok",
    callId: ok.callId,
    tenantId: record.tenantId,
    tier: record.tierId,
    model: formatModelRef(record.model),
    features: asked.map(({ feature }) => feature),
    summary: ok.result.text,
    tokenUsage: tokenUsage(lines),
    latencyMs: record.latencyMs ?? 0,
    slaMet: record.verdicts.length === 0 ? null : record.verdicts.every(({ verdict }) => verdict === "good"),
    costUsd: ok.costPico === null ? null : formatUsd(ok.costPico),
    chargeUsd: ok.chargePico === null ? null : formatUsd(ok.chargePico),
    attempts: record.attempts,
    record,
    lines,
  };
}

function tokenUsage(lines: readonly LedgerLine[]): MeetingSummary["tokenUsage"] {
  let prompt = 0;
  let completion = 0;
  for (const { usage } of lines) {
    if (usage === null) return null;
    prompt += inputTokens(usage.tokens);
    completion += outputTokens(usage.tokens);
  }
  return { prompt, completion, total: prompt + completion };
}
