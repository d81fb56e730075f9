import type { TenantryError } from "../errors/tenantry-error.ts";
import { allowanceTermsOf } from "../metering/charge-line.ts";
import type { CallOutcome, CallRecord } from "../metering/call-record.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import { spentOf } from "../metering/line-in-force.ts";
import type { SaidAnswer } from "../ports/exchange.ts";
import { totalTokens } from "../pricing/usage.ts";
import { judgeCall } from "../sla/judge-call.ts";
import { attemptFacts } from "./attempt-facts.ts";
import type { OpenAttempt } from "./attempt.ts";
import { buildLine } from "./build-line.ts";
import type { AdmittedCall, CallPorts } from "./call-context.ts";
import { estimateUsage } from "./estimate-usage.ts";

/** How a call ended. */
export interface CallEnded {
  readonly record: CallRecord;
  /** One line per attempt, in order. */
  readonly lines: readonly LedgerLine[];
  readonly error: TenantryError | null;
  /** False while a failed store still owes the line; the open intent stands for it. */
  readonly settled: boolean;
}

/** What the caller felt, ms since admission. */
export interface Felt {
  readonly latencyMs: number;
  readonly ttftMs: number | null;
}

/** Turns a finished attempt into its line, and with `felt` ends the call. The line is durable when this resolves. */
export async function closeAttempt<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  attempt: OpenAttempt<Event>,
  error: TenantryError | null,
  felt: Felt | null,
): Promise<CallEnded | null> {
  attempt.stopTimer();
  attempt.source.dispose();
  const built = await lineOf(ports, call, attempt, error);
  const position = call.lines.push(built) - 1;
  call.tokens.push(built.usage === null ? attempt.held.atMostTokens : totalTokens(built.usage.tokens));
  const record = felt === null ? null : recordOf(ports, call, error, felt);
  const terms = allowanceTermsOf(call.policy.charge, built, call.timeZone);
  const closed = await ports.settler.settle({
    settlement: { line: built, terms, call: record },
    limits: {
      callId: call.callId,
      attemptId: built.attemptId,
      spentPico: spentOf(built),
      claims: attempt.held.holds,
    },
    onReached: (events) => void call.budgetEvents.push(...events),
    release: record === null ? null : { callId: call.callId, tokens: tokensOfCall(call) },
  });
  // What is told of a line is what is stored. While it is not, nobody knows what an allowance includes of it (R6).
  const line = closed.line ?? (terms === null ? built : { ...built, chargePico: null, chargeVersion: null });
  call.lines[position] = line;
  const said = call.policy.traceContent ? saidBy(attempt) : null;
  attempt.span.end({
    line,
    finishReason: attempt.exchange?.reading.finishReason ?? null,
    ttftMs: sinceAttempt(call, attempt, felt?.ttftMs ?? null),
    error: error === null ? null : call.policy.traceContent ? error.message : describeFailure(error),
    text: said?.text ?? null,
    toolCalls: said?.toolCalls ?? null,
  });
  return record === null ? null : endCall(call, record, error, closed.settled);
}

/** Time since the admission as time since the attempt. */
function sinceAttempt<Event>(call: AdmittedCall<Event>, attempt: OpenAttempt<Event>, ms: number | null): number | null {
  return ms === null ? null : ms - (attempt.startedMs - call.admittedMs);
}

function saidBy<Event>({ exchange }: OpenAttempt<Event>): SaidAnswer {
  if (exchange === null) return { text: "", toolCalls: [] };
  const { reading } = exchange;
  return reading.said?.() ?? { text: reading.written(), toolCalls: [] };
}

/** The failure without the provider's words, which may quote the prompt (R10). */
function describeFailure(error: TenantryError): string {
  const { upstream } = error;
  if (upstream === null) return error.code;
  return `${error.code}: ${upstream.kind}${upstream.status === null ? "" : `, HTTP ${upstream.status}`}`;
}

/** Ends a call whose last attempt already has its line: the next one could not be made. */
export async function closeCall<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  error: TenantryError,
  failure: string,
): Promise<CallEnded> {
  const felt = { latencyMs: ports.clock.monotonicMs() - call.admittedMs, ttftMs: null };
  const record = { ...recordOf(ports, call, error, felt), failure };
  const { settled } = await ports.settler.settle({
    settlement: { line: null, call: record },
    limits: null,
    release: { callId: call.callId, tokens: tokensOfCall(call) },
  });
  return endCall(call, record, error, settled);
}

function endCall<Event>(
  call: AdmittedCall<Event>,
  record: CallRecord,
  error: TenantryError | null,
  settled: boolean,
): CallEnded {
  const costs = call.lines.map((line) => line.costPico);
  const costPico = costs.includes(null) ? null : costs.reduce<bigint>((sum, cost) => sum + (cost ?? 0n), 0n);
  const { lines, policy, budgetEvents } = call;
  call.span.end({ record, lines, costPico, objectives: policy.objectives, budgetEvents });
  return { record, lines: call.lines, error, settled };
}

async function lineOf<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  attempt: OpenAttempt<Event>,
  error: TenantryError | null,
): Promise<LedgerLine> {
  const reading = attempt.exchange?.reading ?? null;
  const latencyMs = ports.clock.monotonicMs() - attempt.startedMs;
  const facts = attemptFacts(reading, error);
  const usage =
    facts.source === "estimated" && facts.usage === null && reading !== null
      ? await estimateUsage(ports.tokens, attempt.held.target.model, call.work.size, reading)
      : facts.usage;
  return buildLine({
    intent: attempt.intent,
    facts: { ...facts, usage },
    recordedAt: ports.clock.now(),
    book: attempt.held.book,
    charge: call.policy.charge,
    holdPico: attempt.held.atMostPico,
    latencyMs,
    reportedModel: reading?.model || null,
    responseId: reading?.responseId ?? null,
    status: error?.upstream?.status ?? null,
  });
}

function tokensOfCall<Event>(call: AdmittedCall<Event>): number {
  return Math.min(
    Number.MAX_SAFE_INTEGER,
    call.tokens.reduce((sum, tokens) => sum + tokens, 0),
  );
}

function recordOf<Event>(
  ports: CallPorts,
  call: AdmittedCall<Event>,
  error: TenantryError | null,
  felt: Felt,
): CallRecord {
  const outcome: CallOutcome = error === null ? "ok" : error.code === "cancelled" ? "aborted" : "failed";
  const callerFault = error?.upstream?.kind === "refused" && error.upstream.fault === "caller";
  const last = call.lines.at(-1);
  return {
    ...call.who,
    callId: call.callId,
    origin: "call",
    tierId: call.policy.tierId,
    model: last?.answered ?? call.route[0],
    attempts: call.lines.length,
    admittedAt: call.admittedAt,
    recordedAt: ports.clock.now(),
    outcome,
    failure: error?.code ?? null,
    latencyMs: felt.latencyMs,
    ttftMs: felt.ttftMs,
    verdicts: judgeCall(call.policy.objectives, { outcome, callerFault, ...felt }),
  };
}
