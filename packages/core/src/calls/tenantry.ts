import type { BudgetEvent } from "../budgets/budget-event.ts";
import type { TenantryError } from "../errors/tenantry-error.ts";
import type { Denial } from "../limits/denial.ts";
import type { CallRecord } from "../metering/call-record.ts";
import type { LedgerLine } from "../metering/ledger-line.ts";
import type { PicoUsd } from "../money/pico-usd.ts";
import type { ChatModel } from "../ports/chat-model.port.ts";
import type { LimitStates } from "../ports/limit-store.port.ts";
import { type Log, silentLog } from "../ports/log.port.ts";
import type { Telemetry } from "../ports/telemetry.port.ts";
import { resolvePolicy } from "../tenancy/resolve-policy.ts";
import type { Policy, Tenant } from "../tenancy/tenant.ts";
import type { TokenCounter } from "../ports/token-counter.port.ts";
import type { CallPorts } from "./call-context.ts";
import type { CallInput } from "./call-input.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { ChatEvent, ChatResult } from "./chat-result.ts";
import { completeWork, streamWork } from "./chat-work.ts";
import type { CallEnded } from "./close-attempt.ts";
import { guessTokens } from "./guess-tokens.ts";
import { type Metered, meteredCall } from "./metered-call.ts";
import { noTelemetry } from "./no-telemetry.ts";
import { recoverCalls, type Recovery } from "./recover-calls.ts";
import { createSettler } from "./settler.ts";
import { guardTelemetry } from "./guard-telemetry.ts";
import type { Work } from "./work.ts";

/** What Tenantry needs; everything else has a default. */
export interface TenantryOptions extends Omit<CallPorts, "settler" | "telemetry" | "log" | "tokens"> {
  /** One per provider named in the tiers' routes. */
  readonly models: readonly ChatModel[];
  /** Default: an estimate from bytes. With a tokenizer, tight budgets admit more calls. */
  readonly tokens?: TokenCounter;
  readonly telemetry?: Telemetry;
  readonly log?: Log;
}

interface Answered {
  readonly callId: string;
  readonly record: CallRecord;
  /** One line per attempt. */
  readonly lines: readonly LedgerLine[];
  /** What the providers bill for all attempts; null when a part is unknown. */
  readonly costPico: PicoUsd | null;
  /** What the tenant pays; null when a part is unknown. */
  readonly chargePico: PicoUsd | null;
}

/** A finished call. Only `ok` has an answer; a denial consumed nothing; a failure may have cost. */
export type CallResult =
  | (Answered & {
      readonly kind: "ok";
      readonly result: ChatResult;
      readonly states: LimitStates;
      /** As of `Metered`. */
      readonly outputLimit: number | null;
    })
  | { readonly kind: "denied"; readonly callId: string; readonly denial: Denial }
  | (Answered & { readonly kind: "failed"; readonly error: TenantryError; readonly denial: Denial | null });

/** A call whose answer is on its way. */
export type StreamResult = Metered<ChatEvent>;

/** The product as a library: metered, limited, priced calls of tenants. */
export interface Tenantry {
  /** One chat call, answered whole. Throws only what `meteredCall` throws. */
  call(input: CallInput, request: ChatRequest): Promise<CallResult>;
  /** One chat call, answered piece by piece. Leaving the iteration early aborts it, and it is billed all the same. */
  stream(input: CallInput, request: ChatRequest): Promise<StreamResult>;
  /** Any other kind of work, by the same way. */
  meter<Event>(input: CallInput, work: Work<Event>): Promise<Metered<Event>>;
  /** What holds for a tenant now: its tier with its overrides. Null for an unknown tenant. */
  policyOf(tenantId: string): Promise<Policy | null>;
  /** The same for a tenant as the directory has just given it; null when its tier is not configured. */
  policyFor(tenant: Tenant): Policy | null;
  /** Settles what processes that died left open. Call it at start; safe at any time. */
  recover(): Promise<Recovery>;
  /** Tells of every share of a budget that is spent, once each, as far as this process settles it. Answers how to stop. */
  onBudgetEvent(listener: (event: BudgetEvent) => void): () => void;
  /** Closings that wait for a store that works. */
  pendingSettlements(): number;
  /** Writes what is pending and delivers telemetry, within the deadline. Does not close the stores. */
  close(deadlineMs?: number): Promise<void>;
}

const defaultCloseMs = 5_000;

/** Puts the use case together from its ports. */
export function createTenantry(options: TenantryOptions): Tenantry {
  const { models, telemetry = noTelemetry, log = silentLog, tokens = guessTokens, ...rest } = options;
  const byProvider = new Map(models.map((model) => [model.provider, model]));
  const listeners = new Set<(event: BudgetEvent) => void>();
  const onBudgetEvent = (event: BudgetEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const settler = createSettler({ ...rest, log, onBudgetEvent });
  const ports: CallPorts = { ...rest, tokens, log, settler, telemetry: guardTelemetry(telemetry, log) };
  const policyFor = (tenant: Tenant): Policy | null => {
    const tier = ports.tiers.get(tenant.tier);
    return tier === undefined ? null : resolvePolicy(tier, tenant);
  };
  return {
    async call(input, request) {
      const metered = await meteredCall(ports, input, completeWork(byProvider, request));
      if (metered.kind === "denied") return metered;
      if (metered.kind === "failed") {
        const { error, denial, ended, callId } = metered;
        return { kind: "failed", callId, error, denial, ...sums(ended) };
      }
      return await collect(metered);
    },
    stream: async (input, request) => await meteredCall(ports, input, streamWork(byProvider, request)),
    meter: (input, work) => meteredCall(ports, input, work),
    async policyOf(tenantId) {
      const tenant = await ports.tenants.find(tenantId);
      return tenant === null ? null : policyFor(tenant);
    },
    policyFor,
    onBudgetEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    recover: async () => await recoverCalls(ports),
    pendingSettlements: () => settler.pending(),
    async close(deadlineMs = defaultCloseMs) {
      const left = await settler.close(deadlineMs);
      if (left > 0) log.error("settlements-left-open", { count: left });
      await telemetry.close(deadlineMs);
    },
  };
}

async function collect(metered: Extract<Metered<ChatResult>, { kind: "answering" }>): Promise<CallResult> {
  const { callId, states, outputLimit } = metered;
  let result: ChatResult | null = null;
  try {
    for await (const event of metered.events) result = event;
  } catch {
    // `ended` tells the same error.
  }
  const ended = await metered.ended;
  if (ended.error !== null || result === null) {
    const error = ended.error as TenantryError;
    return { kind: "failed", callId, error, denial: null, ...sums(ended) };
  }
  return { kind: "ok", callId, result, states, outputLimit, ...sums(ended) };
}

function sums(ended: CallEnded): Omit<Answered, "callId"> {
  const { record, lines } = ended;
  return {
    record,
    lines,
    costPico: sum(lines, (line) => line.costPico),
    chargePico: sum(lines, (line) => line.chargePico),
  };
}

function sum(lines: readonly LedgerLine[], amountOf: (line: LedgerLine) => PicoUsd | null): PicoUsd | null {
  let total = 0n;
  for (const line of lines) {
    const amount = amountOf(line);
    if (amount === null) return null;
    total += amount;
  }
  return total;
}
