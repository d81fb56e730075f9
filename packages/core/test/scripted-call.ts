import { createByteTokenCounter } from "../src/testing/byte-token-counter.ts";
import { aPrice, aPriceBook, aTenant, aTier } from "../src/testing/builders.ts";
import { createManualClock, type ManualClock } from "../src/testing/manual-clock.ts";
import { createMemoryLimitStore } from "../src/testing/memory-limit-store.ts";
import { createMemoryState, type MemoryState } from "../src/testing/memory-state.ts";
import { createMemoryTenantDirectory } from "../src/testing/memory-tenant-directory.ts";
import { createMemoryUsageStore } from "../src/testing/memory-usage-store.ts";
import { createSequenceIds } from "../src/testing/sequence-ids.ts";
import { TenantryError } from "../src/errors/tenantry-error.ts";
import type { UpstreamFailure } from "../src/errors/upstream-failure.ts";
import { usd } from "../src/money/decimal.ts";
import type { OpenOptions } from "../src/ports/exchange.ts";
import type { RequestSize } from "../src/ports/request-size.ts";
import type { LimitStore } from "../src/ports/limit-store.port.ts";
import { silentLog } from "../src/ports/log.port.ts";
import type { UsageLedger } from "../src/ports/usage-ledger.port.ts";
import type { UsageReader } from "../src/ports/usage-reader.port.ts";
import { type Usage, usageOf } from "../src/pricing/usage.ts";
import type { ModelRef } from "../src/tenancy/model-ref.ts";
import type { Tenant } from "../src/tenancy/tenant.ts";
import type { Tier } from "../src/tenancy/tier.ts";
import type { CallPorts } from "../src/calls/call-context.ts";
import { noTelemetry } from "../src/calls/no-telemetry.ts";
import { createSettler } from "../src/calls/settler.ts";
import { emptyReading, type Work } from "../src/calls/work.ts";

/** What a scripted provider does with one attempt. */
export type Script =
  /** Answers these pieces; with `usage` reported before the last. */
  | {
      readonly pieces: readonly string[];
      readonly usage?: Usage | null;
      readonly model?: string;
      readonly breaks?: TenantryError;
      readonly hangs?: boolean;
    }
  | { readonly fails: TenantryError }
  | { readonly hangs: true };

export const first: ModelRef = { provider: "one", model: "large" };
export const second: ModelRef = { provider: "two", model: "small" };

export interface Stand {
  readonly ports: CallPorts;
  readonly clock: ManualClock;
  readonly reader: UsageReader;
  readonly limits: LimitStore;
  /** Attempts that reached a provider, in order. */
  readonly sent: { readonly target: ModelRef; readonly options: OpenOptions }[];
  work(scripts: readonly Script[], size?: Partial<RequestSize>): Work<string>;
  /** The same books seen by another process. */
  anotherProcess(): Stand;
  /** Makes this process provably dead. */
  kill(): void;
}

type StandOptions = {
  readonly tier?: Partial<Tier>;
  readonly tenant?: Partial<Tenant>;
  readonly ledger?: (inner: UsageLedger) => UsageLedger;
};

/** A whole installation in memory with one tenant of one tier. */
export function aStand(options: StandOptions = {}): Stand {
  const shared = { clock: createManualClock(), state: createMemoryState(), dead: new Set<string>() };
  return standOver(shared, "process-1", options);
}

interface Shared {
  readonly clock: ManualClock;
  readonly state: MemoryState;
  readonly dead: Set<string>;
}

function standOver(shared: Shared, owner: string, options: StandOptions): Stand {
  const { clock, state, dead } = shared;
  const isAlive = (name: string): boolean => !dead.has(name);
  const limits = createMemoryLimitStore({ clock, state, owner, isAlive });
  const store = createMemoryUsageStore({ state, owner, isAlive });
  const ledger = options.ledger?.(store) ?? store;
  const tier = aTier({ id: "tier-a", route: [first, second], retries: 1, ...options.tier });
  const book = aPriceBook([
    aPrice({ id: "price-large", provider: "one", model: "large", rates: { input: 10n, output: 20n } }),
    aPrice({ id: "price-small", provider: "two", model: "small", rates: { input: 1n, output: 2n } }),
  ]);
  const settler = createSettler({ ledger, limits, clock, log: silentLog });
  const ports: CallPorts = {
    tenants: createMemoryTenantDirectory([aTenant({ id: "tenant-a", tier: "tier-a", ...options.tenant })]),
    tiers: new Map([[tier.id, tier]]),
    prices: { current: () => book },
    limits,
    ledger,
    tokens: createByteTokenCounter(["large", "small"]),
    telemetry: noTelemetry,
    clock,
    ids: createSequenceIds(),
    log: silentLog,
    settler,
  };
  const sent: Stand["sent"] = [];
  return {
    ports,
    clock,
    reader: store,
    limits,
    sent,
    work: (scripts, size) => scriptedWork(sent, scripts, size ?? {}),
    anotherProcess: () => standOver(shared, `${owner}-other`, options),
    kill: () => void dead.add(owner),
  };
}

function scriptedWork(sent: Stand["sent"], scripts: readonly Script[], size: Partial<RequestSize>): Work<string> {
  let attempt = 0;
  return {
    kind: "chat",
    streamed: true,
    size: {
      inputTokens: 100,
      overheadTokens: 10,
      text: () => "hello",
      inputClasses: ["input"],
      maxOutputTokens: 50,
      choices: 1,
      unbounded: null,
      ...size,
    },
    temperature: null,
    topP: null,
    messages: [],
    reaches: () => true,
    async open(target, options) {
      sent.push({ target, options });
      const script = scripts[attempt] ?? { pieces: ["unexpected attempt"] };
      attempt += 1;
      if ("fails" in script) throw script.fails;
      if (!("pieces" in script)) return await new Promise<never>(() => undefined);
      const reading = emptyReading();
      reading.responseId = `response-${sent.length}`;
      reading.model = script.model ?? target.model;
      const written: string[] = [];
      reading.written = () => written.join("");
      async function* events(): AsyncGenerator<string> {
        const {
          pieces,
          usage = usageOf({ input: 7, output: 3 }),
          breaks,
          hangs,
        } = script as Extract<Script, { pieces: unknown }>;
        for (const [index, piece] of pieces.entries()) {
          written.push(piece);
          reading.begun = true;
          const isLast = index === pieces.length - 1 && breaks === undefined && hangs !== true;
          if (isLast) {
            reading.usage = usage;
            reading.finishReason = "stop";
            reading.ended = true;
          }
          yield piece;
        }
        if (hangs === true) await new Promise<never>(() => undefined);
        if (breaks !== undefined) throw breaks;
      }
      return { events: events(), reading };
    },
  };
}

export function upstream(kind: UpstreamFailure["kind"], some: Partial<UpstreamFailure> = {}): TenantryError {
  const failure: UpstreamFailure = {
    kind,
    provider: "one",
    status: null,
    providerCode: null,
    requestId: null,
    retryAfterMs: null,
    fault: "provider",
    usage: null,
    ...some,
  };
  return new TenantryError("upstream_error", `provider failed: ${kind}`, { upstream: failure });
}

/** A budget that blocks above this. */
export function blockingBudget(limit: string): Tier["budgets"][number] {
  return {
    id: "budget-month",
    limitPico: usd(limit),
    span: { kind: "calendar", unit: "month" },
    scope: "tenant",
    breach: "block",
  };
}
