export type { ErrorCode } from "./errors/error-code.ts";
export { formatIssues } from "./errors/issue.ts";
export type { Issue } from "./errors/issue.ts";
export { TenantryError } from "./errors/tenantry-error.ts";
export type { TenantryErrorOptions } from "./errors/tenantry-error.ts";
export type { UpstreamFailure, UpstreamFailureKind } from "./errors/upstream-failure.ts";

export { formatModelRef, parseModelRef, sameModel } from "./tenancy/model-ref.ts";
export type { ModelRef } from "./tenancy/model-ref.ts";
export type { Policy, Tenant, TenantStatus } from "./tenancy/tenant.ts";
export type { Tier, TierPolicy } from "./tenancy/tier.ts";

export { chargeFor } from "./pricing/charge.ts";
export type { ChargePolicy } from "./pricing/charge.ts";
export { costOf, rateOf, ratesFor } from "./pricing/cost.ts";
export type { Cost, CostItem } from "./pricing/cost.ts";
export { createPriceBook } from "./pricing/price-book.ts";
export type { PriceBook } from "./pricing/price-book.ts";
export type { LongContextRates, Price, Rates } from "./pricing/price.ts";
export {
  addTokens,
  inputClasses,
  inputTokens,
  noTokens,
  outputClasses,
  outputTokens,
  tokenClasses,
  tokensOf,
  tokensProblem,
  totalTokens,
  usageOf,
} from "./pricing/usage.ts";
export type { ServiceTier, TokenClass, Tokens, Usage } from "./pricing/usage.ts";

export type { Denial, DenialCode } from "./limits/denial.ts";
export type { ConcurrencyLimit, LimitScope, RateLimit } from "./limits/rate-limit.ts";
export type { Budget, BudgetSpan } from "./budgets/budget.ts";
export type { Objective } from "./sla/objective.ts";

export { objectiveIds } from "./metering/call-record.ts";
export type { CallOutcome, CallRecord, Verdict } from "./metering/call-record.ts";
export { isUnpriced } from "./metering/ledger-line.ts";
export type {
  AttemptOutcome,
  Attribution,
  Intent,
  LedgerLine,
  LineMark,
  Origin,
  UsageSource,
} from "./metering/ledger-line.ts";
export type {
  CallQuery,
  LatencyCounts,
  QueryScope,
  SlaCounts,
  SlaQuery,
  SlaReading,
  UsageDimension,
  UsageQuery,
  UsageRow,
  UsageSums,
} from "./metering/usage-query.ts";

export type {
  ChatContent,
  ChatMessage,
  ChatRequest,
  ContentPart,
  ResponseFormat,
  ToolCall,
  ToolChoice,
  ToolDefinition,
} from "./calls/chat-request.ts";
export type { ChatEvent, ChatResult, FinishReason } from "./calls/chat-result.ts";

export type { CancelSignal } from "./ports/cancel-signal.ts";
export type { ChatModel, SendOptions } from "./ports/chat-model.port.ts";
export type { Clock } from "./ports/clock.port.ts";
export type { IdSource } from "./ports/id-source.port.ts";
export type {
  AdmitRequest,
  AdmitResult,
  BudgetState,
  Claims,
  HoldClaim,
  LeaseClaim,
  LeaseState,
  LimitRelease,
  LimitSettlement,
  LimitStates,
  LimitStore,
  Refusal,
  WindowClaim,
  WindowState,
} from "./ports/limit-store.port.ts";
export { silentLog } from "./ports/log.port.ts";
export type { Log, LogFields } from "./ports/log.port.ts";
export type { PriceSource } from "./ports/price-source.port.ts";
export type {
  AttemptEnd,
  AttemptSpan,
  AttemptStart,
  CallEnd,
  CallSpan,
  CallStart,
  Telemetry,
} from "./ports/telemetry.port.ts";
export type { TenantDirectory } from "./ports/tenant-directory.port.ts";
export type { TokenCount, TokenCounter } from "./ports/token-counter.port.ts";
export type {
  DenialCount,
  OrphanCall,
  Settlement,
  UsageLedger,
} from "./ports/usage-ledger.port.ts";
export type { CallDetail, CallPage, UsageReader } from "./ports/usage-reader.port.ts";
