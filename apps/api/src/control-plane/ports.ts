import type {
  Catalogue,
  Clock,
  Keys,
  LateUsage,
  LateUsageResult,
  LimitStore,
  Log,
  PriceEditions,
  PriceMirror,
  SpanStore,
  TenantDirectory,
  Tenants,
  UsageReader,
} from "@tenantry/core";

/** A route somebody else serves, named so that it can be documented. */
export interface ServedRoute {
  readonly method: string;
  readonly path: string;
}

/** Everything the control plane speaks to. */
export interface ControlPlanePorts {
  readonly reader: UsageReader;
  readonly directory: TenantDirectory;
  readonly tenants: Tenants;
  readonly catalogue: Catalogue;
  readonly prices: PriceMirror;
  readonly editions: PriceEditions;
  readonly limits: Pick<LimitStore, "peek">;
  /** What others reported. */
  readonly spans: SpanStore;
  /** Replaces what the ledger has for an attempt, whoever's call it is. */
  settleAttempt(report: Omit<LateUsage, "tenantId">): Promise<LateUsageResult>;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the embedded simulator answers calls; who reads figures should know. */
  readonly isSimulated: boolean;
  /** The routes on which models are called. */
  dataRoutes(): readonly ServedRoute[];
}
