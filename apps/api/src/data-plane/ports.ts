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
  /** How long an `Idempotency-Key` is remembered, ms. */
  readonly answersKeptMs: number;
  /** Whether finished answers are kept for repetition; without it a repeated key is a conflict. */
  readonly keepAnswers: boolean;
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
  readonly tokens: TokenCounter;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  readonly gate: Gate;
  readonly metrics: Metrics;
  readonly options: DataPlaneOptions;
}
