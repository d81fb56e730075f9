import type { CallOutcome, Verdict } from "../metering/call-record.ts";
import type { Objective } from "./objective.ts";

/** What a call's end says about its service level. */
export interface Judged {
  readonly outcome: CallOutcome;
  /** True when the caller's own request was at fault (a 400, say): excluded and counted. */
  readonly callerFault: boolean;
  /** Admission to last byte, ms; for an aborted call, to the abort. Null when the call was lost. */
  readonly latencyMs: number | null;
  readonly ttftMs: number | null;
}

/** One verdict per objective (DESIGN: good = latency ≤ threshold; failures are bad; what the caller did is not ours). */
export function judgeCall(objectives: readonly Objective[], call: Judged): readonly Verdict[] {
  return objectives.map((objective) => ({ objectiveId: objective.id, verdict: judge(objective, call) }));
}

function judge(objective: Objective, call: Judged): Verdict["verdict"] {
  if (call.callerFault) return "excluded";
  const { thresholdMs } = objective;
  switch (call.outcome) {
    case "failed":
    case "lost":
      return "bad";
    case "aborted":
      return judgeAborted(objective, call);
    case "ok": {
      if (thresholdMs === null) return "good";
      const measured = objective.metric === "ttft" ? call.ttftMs : call.latencyMs;
      return measured !== null && measured <= thresholdMs ? "good" : "bad";
    }
  }
}

/** A caller who gives up before the threshold says nothing about us; one who gives up after it waited too long. */
function judgeAborted(objective: Objective, call: Judged): Verdict["verdict"] {
  const { thresholdMs } = objective;
  if (thresholdMs === null) return "excluded";
  if (objective.metric === "ttft" && call.ttftMs !== null) return call.ttftMs <= thresholdMs ? "good" : "bad";
  return call.latencyMs !== null && call.latencyMs > thresholdMs ? "bad" : "excluded";
}
