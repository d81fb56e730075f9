import type {
  AnswerStore,
  ChatModels,
  Clock,
  IdSource,
  Keys,
  Log,
  Relay,
  TenantDirectory,
  Tenantry,
  TokenCounter,
  UsageLedger,
} from "@tenantry/core";
import type { BodyLimits } from "../http/read-body.ts";
import type { Gate } from "../operations/gate.ts";
import type { Metrics } from "../operations/metrics.ts";

/** Who answers calls: in their own protocol, and in core's words. */
export interface Providers {
  readonly relays: readonly Relay[];
  readonly models: ChatModels;
}

export interface DataPlaneOptions {
  readonly body: BodyLimits;
  /** Longest a client may leave what we wrote unread before it is let go, ms. */
  readonly stallMs: number;
  /** How long an `Idempotency-Key` is remembered, ms; the least is a day, whatever is kept of the answer. */
  readonly keysRememberedMs: number;
  /** How long a finished answer is kept for repetition, ms; after that, and with 0 at once, a repeated key is a conflict. */
  readonly answersKeptMs: number;
  /** Longest answer that is kept, bytes. */
  readonly keptBytes: number;
  /** Requests of `count_tokens` a tenant may make in any minute. They cost nothing and take no slot of a tier's limits. */
  readonly tokenCountsPerMinute: number;
}

/** Everything the data plane speaks to. */
export interface DataPlanePorts {
  readonly tenantry: Tenantry;
  readonly tenants: TenantDirectory;
  readonly providers: Providers;
  readonly keys: Pick<Keys, "authenticate">;
  readonly answers: AnswerStore;
  /** Where refusals are counted that come before a call is made. */
  readonly denials: Pick<UsageLedger, "deny">;
  readonly tokens: TokenCounter;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  readonly gate: Gate;
  readonly metrics: Metrics;
  readonly options: DataPlaneOptions;
}
