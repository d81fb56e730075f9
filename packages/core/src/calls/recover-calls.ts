import type { CallRecord } from "../metering/call-record.ts";
import { attributionIn, type Intent, type LedgerLine } from "../metering/ledger-line.ts";
import type { OrphanCall } from "../ports/usage-ledger.port.ts";
import type { Instant } from "../time/instant.ts";
import type { CallPorts } from "./call-context.ts";

/** What a start found of processes that died. */
export interface Recovery {
  /** Calls that are closed now as lost. */
  readonly calls: number;
  /** Attempts whose outcome nobody will ever hear; each is a line marked `unknown`. */
  readonly unknownAttempts: number;
  /** Places and holds of dead processes given back that no attempt stood for. */
  readonly freedLeases: number;
  readonly freedHolds: number;
}

/**
 * Settles what processes that died left open (R2): an open intent becomes a line of unknown cost, which counts against
 * its budget with the most it can be; never a refund. Touches only owners proven dead, so it may run at any time, beside
 * living processes, and twice at once.
 */
export async function recoverCalls(ports: Pick<CallPorts, "ledger" | "limits" | "clock" | "log">): Promise<Recovery> {
  let unknownAttempts = 0;
  const orphans = await ports.ledger.orphans();
  for (const orphan of orphans) {
    const now = ports.clock.now();
    const open = orphan.intents.filter(({ settled }) => !settled).map(({ intent }) => intent);
    for (const intent of open.slice(0, -1)) await settle(ports, lostLine(intent, now), null);
    const last = open.at(-1);
    await settle(ports, last === undefined ? null : lostLine(last, now), lostCall(orphan, now));
    unknownAttempts += open.length;
    ports.log.warn("call-lost", { callId: orphan.callId, unknownAttempts: open.length });
  }
  const freed = await ports.limits.recover();
  return { calls: orphans.length, unknownAttempts, freedLeases: freed.leases, freedHolds: freed.holds };
}

async function settle(
  ports: Pick<CallPorts, "ledger" | "limits">,
  line: LedgerLine | null,
  call: CallRecord | null,
): Promise<void> {
  await Promise.all([
    ports.ledger.settle({ line, call }),
    line === null
      ? undefined
      : ports.limits.settle({ callId: line.callId, attemptId: line.attemptId, spentPico: line.atMostPico ?? 0n }),
    call === null ? undefined : ports.limits.release({ callId: call.callId, tokens: null }),
  ]);
}

function lostLine(intent: Intent, recordedAt: Instant): LedgerLine {
  const { attemptId, target, occurredAt, atMostPico } = intent;
  return {
    ...attributionIn(intent),
    lineId: attemptId,
    attemptId,
    callId: intent.callId,
    ordinal: intent.ordinal,
    origin: "call",
    requested: target,
    answered: target,
    reportedModel: null,
    occurredAt,
    recordedAt,
    outcome: "lost",
    source: "unknown",
    usage: null,
    costPico: null,
    unpricedReason: null,
    costItems: [],
    priceId: null,
    atMostPico,
    holdPico: atMostPico,
    chargePico: null,
    chargeVersion: null,
    latencyMs: null,
    responseId: null,
    status: null,
    marks: [],
    supersedes: null,
  };
}

function lostCall(orphan: OrphanCall, recordedAt: Instant): CallRecord {
  const last = orphan.intents.at(-1)?.intent as Intent;
  return {
    ...attributionIn(last),
    callId: orphan.callId,
    origin: "call",
    tierId: last.tierId,
    model: last.target,
    attempts: orphan.intents.length,
    admittedAt: last.admittedAt,
    recordedAt,
    outcome: "lost",
    failure: "process_lost",
    latencyMs: null,
    ttftMs: null,
    verdicts: last.objectiveIds.map((objectiveId) => ({ objectiveId, verdict: "bad" })),
  };
}
