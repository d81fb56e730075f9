import {
  deniedRateHeaders,
  failureOfDenial,
  failureOfError,
  moneyHeaders,
  type Policy,
  rateHeaders,
  requestIds,
  TenantryError,
  type Tenantry,
  type WindowState,
} from "@tenantry/core";
import { type MeetingInput, type MeetingResult, type MeetingSummary, summarizeMeeting } from "@tenantry/meetings";
import { send } from "../http/send.ts";
import { callerFacts, inHeaderNames } from "./caller-headers.ts";
import { replay } from "./deliver.ts";
import { type Claim, claimKey } from "./idempotency.ts";
import { type Incoming, refuse } from "./incoming.ts";
import type { DataPlanePorts } from "./ports.ts";
import { parseObject } from "./protocol-work.ts";
import { receiveBody } from "./receive-body.ts";
import { tellFailed } from "./tell-failed.ts";

type Asked = Pick<MeetingInput, "transcript" | "features" | "model">;

/** `POST /v1/meetings/summaries`: a transcript in, the sections the tenant's tier has out. */
export async function summarizeMeetings(ports: DataPlanePorts, incoming: Incoming): Promise<void> {
  const { req, who } = incoming;
  const body = await receiveBody(ports, incoming, true);
  if (body === null) return;
  let asked: Asked;
  try {
    asked = readAsked(body.text);
  } catch (error) {
    return refuse(incoming, failureOfError(TenantryError.from(error)));
  }
  const policy = body.tenant === null ? null : ports.tenantry.policyFor(body.tenant);
  const claiming = await claimKey(ports, incoming, body.bytes, policy?.keepAnswers ?? false);
  if (claiming.kind === "refused") return refuse(incoming, claiming.failure);
  if (claiming.kind === "replay") return replay(incoming, claiming.answer);
  const { claim } = claiming;
  const { feature: _ours, ...facts } = callerFacts(req.headers, null);
  const input: MeetingInput = {
    ...asked,
    ...facts,
    tenantId: who.tenantId,
    keyId: who.keyId,
    signal: incoming.source.signal,
    beforeFirstAttempt: (callId) => claim.begin(callId),
  };
  let result: MeetingResult | null = null;
  let windows: readonly WindowState[] = [];
  const tenantry: Tenantry = {
    ...ports.tenantry,
    async call(...asked) {
      const called = await ports.tenantry.call(...asked);
      if (called.kind === "ok") ({ windows } = called.states);
      return called;
    },
  };
  ports.metrics.begun();
  try {
    result = await summarizeMeeting(tenantry, input);
    await tell(ports, incoming, claim, result, policy, windows);
  } catch (error) {
    await claim.free();
    refuse(incoming, failureOfError(inHeaderNames(TenantryError.from(error), req.headers)));
  } finally {
    ports.metrics.ended(incoming.route, endedOf(result));
  }
}

function readAsked(text: string): Asked {
  const { transcript, features, model, ...others } = parseObject(text);
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined)
    throw TenantryError.invalidRequest(unknown, "is not known; known are transcript, features, model");
  if (typeof transcript !== "string") throw TenantryError.invalidRequest("transcript", "must be a text");
  if (model !== undefined && typeof model !== "string") throw TenantryError.invalidRequest("model", "must be a text");
  return {
    transcript,
    ...(model === undefined || model === "" ? {} : { model }),
    ...(features === undefined ? {} : { features: readFeatures(features) }),
  };
}

function readFeatures(features: unknown): readonly string[] {
  if (!Array.isArray(features) || features.length > 100) {
    throw TenantryError.invalidRequest("features", "must be a list of at most 100 names");
  }
  return features.map((name: unknown, index) => {
    if (typeof name !== "string") throw TenantryError.invalidRequest(`features[${index}]`, "must be a text");
    return name;
  });
}

async function tell(
  ports: DataPlanePorts,
  incoming: Incoming,
  claim: Claim,
  result: MeetingResult,
  policy: Policy | null,
  windows: readonly WindowState[],
): Promise<void> {
  const { res, note } = incoming;
  note.callId = result.callId;
  switch (result.kind) {
    case "denied":
      ports.metrics.denied(result.denial.code);
      await claim.free();
      return refuse(
        incoming,
        failureOfDenial(result.denial, policy),
        deniedRateHeaders(result.denial, policy, ports.clock.now()),
      );
    case "failed":
      return await tellFailed(incoming, claim, result, policy, result);
    case "ok": {
      const showCost = policy?.showCost ?? false;
      note.model = result.model;
      note.attempts = result.attempts;
      const body = Buffer.from(JSON.stringify(summaryView(result, showCost)));
      const headers = {
        "content-type": "application/json",
        ...requestIds(result.callId),
        "x-tenantry-call-id": result.callId,
        "x-tenantry-model": result.model,
        "x-tenantry-attempts": String(result.attempts),
        ...moneyHeaders(result, showCost),
        ...rateHeaders(windows, ports.clock.now()),
      };
      await claim.finish({ callId: result.callId, status: 200, headers, body });
      return send(res, 200, headers, body);
    }
  }
}

/** What the tenant may read: no lines, and cost only where the tier shows it. */
function summaryView(summary: MeetingSummary, showCost: boolean): object {
  const { kind: _kind, record: _record, lines: _lines, costUsd, ...view } = summary;
  return showCost ? { ...view, costUsd } : view;
}

function endedOf(result: MeetingResult | null): Parameters<DataPlanePorts["metrics"]["ended"]>[1] {
  if (result === null || result.kind === "denied") return null;
  const error = result.kind === "failed" ? result.error : null;
  return { record: result.record, lines: result.lines, error, settled: true };
}
