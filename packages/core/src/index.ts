export type { ErrorCode } from "./errors/error-code.ts";
export { createDataReader, join as joinPath } from "./errors/data-reader.ts";
export type { DataReader } from "./errors/data-reader.ts";
export { formatIssues } from "./errors/issue.ts";
export type { Issue } from "./errors/issue.ts";
export { TenantryError } from "./errors/tenantry-error.ts";
export type { TenantryErrorOptions } from "./errors/tenantry-error.ts";
export type { UpstreamFailure, UpstreamFailureKind } from "./errors/upstream-failure.ts";

export { findModel } from "./tenancy/find-model.ts";
export type { ModelAlias } from "./tenancy/find-model.ts";
export { formatModelRef, parseModelRef, sameModel } from "./tenancy/model-ref.ts";
export type { ModelRef } from "./tenancy/model-ref.ts";
export { parseCatalogue } from "./tenancy/catalogue.ts";
export type { Catalogue, ParsedCatalogue } from "./tenancy/catalogue.ts";
export { priceIssues } from "./tenancy/price-issues.ts";
export { requirePolicy, resolvePolicy } from "./tenancy/resolve-policy.ts";
export type { Policy, Tenant, TenantStatus } from "./tenancy/tenant.ts";
export type { Tier, TierPolicy } from "./tenancy/tier.ts";
export { policyView, tenantView, tierView } from "./tenancy/tenant-view.ts";
export type { PolicyView, TenantView, TierView } from "./tenancy/tenant-view.ts";
export { createTenants, mergeDeclared } from "./tenancy/tenants.ts";
export type { NewTenant, TenantChange, Tenants, TenantsOptions } from "./tenancy/tenants.ts";

export { worstCaseCost } from "./pricing/worst-case.ts";
export type { UsageBound } from "./pricing/worst-case.ts";
export { allowanceQuantity, inheritedTerms } from "./pricing/allowance.ts";
export type { Allowance, AllowanceShare, AllowanceTerms, AllowanceUnit, Drawn, Fraction } from "./pricing/allowance.ts";
export { chargeFor } from "./pricing/charge.ts";
export type {
  AttemptCharges,
  Charge,
  ChargedAttempt,
  ChargePolicy,
  CostCharge,
  ListCharge,
  ListedPrice,
  UnansweredKind,
} from "./pricing/charge.ts";
export { chargeVersion } from "./pricing/charge-version.ts";
export { chargeLine, settleCharge } from "./metering/charge-line.ts";
export { describeCharge } from "./tenancy/describe-charge.ts";
export { costOf, rateOf, ratesFor } from "./pricing/cost.ts";
export type { Cost, CostItem } from "./pricing/cost.ts";
export { amendPrices } from "./pricing/amend-prices.ts";
export { diffPrices } from "./pricing/diff-prices.ts";
export type { PriceChange } from "./pricing/diff-prices.ts";
export { importViolations } from "./pricing/import-bounds.ts";
export type { BoundViolation, ImportCheck, ImportedPrice } from "./pricing/import-bounds.ts";
export { numberEdition } from "./pricing/price-edition.ts";
export type {
  EditionSummary,
  LivePrices,
  NewPriceEdition,
  PriceEdition,
  PriceLayers,
} from "./pricing/price-edition.ts";
export { createPriceMirror } from "./pricing/price-mirror.ts";
export type { PriceMirror, PriceStatus } from "./pricing/price-mirror.ts";
export { priceStatusView } from "./pricing/price-status-view.ts";
export type { PriceStatusView } from "./pricing/price-status-view.ts";
export { parsePrices } from "./pricing/parse-prices.ts";
export type { ParsedPrices } from "./pricing/parse-prices.ts";
export { createPriceBook } from "./pricing/price-book.ts";
export type { PriceBook } from "./pricing/price-book.ts";
export type { LongContextRates, Price, Rates } from "./pricing/price.ts";
export { offeredPrices } from "./pricing/offered-prices.ts";
export { amountText, priceFigures, priceView } from "./pricing/price-view.ts";
export type { PriceAmount, PriceFigure, PriceView } from "./pricing/price-view.ts";
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

export { claimsFor, holdsFor, noId } from "./limits/claims.ts";
export { refusalToDenial } from "./limits/refusal-to-denial.ts";
export type { Denial, DenialCode } from "./limits/denial.ts";
export { describeLimits, limitsView } from "./limits/limit-lines.ts";
export type { LimitLine, LimitTerms, LimitView } from "./limits/limit-lines.ts";
export type { ConcurrencyLimit, LimitScope, RateLimit } from "./limits/rate-limit.ts";
export { reachedPercents, toldInForce } from "./budgets/alerts.ts";
export type { Told } from "./budgets/alerts.ts";
export type { Budget, BudgetSpan } from "./budgets/budget.ts";
export { budgetEventFields } from "./budgets/budget-event.ts";
export type { BudgetEvent } from "./budgets/budget-event.ts";
export { budgetView, describeBudgets } from "./budgets/describe-budgets.ts";
export type { BudgetCount, BudgetLine, BudgetOwner, BudgetView } from "./budgets/describe-budgets.ts";
export { topUpViews } from "./budgets/new-top-up.ts";
export type { NewTopUp, TopUpView } from "./budgets/new-top-up.ts";
export { drawnOf, limitInForce, rolledOver } from "./budgets/rollover.ts";
export type { TopUp } from "./budgets/top-up.ts";
export { complianceOf, complianceRows } from "./sla/compliance.ts";
export type { Compliance, ComplianceState } from "./sla/compliance.ts";
export { findCompliance } from "./sla/find-compliance.ts";
export type { ComplianceSources } from "./sla/find-compliance.ts";
export { judgeCall } from "./sla/judge-call.ts";
export type { Judged } from "./sla/judge-call.ts";
export type { Objective } from "./sla/objective.ts";
export { slaView } from "./sla/sla-view.ts";
export type { SlaRowView, SlaView } from "./sla/sla-view.ts";

export { objectiveIds } from "./metering/call-record.ts";
export type { CallOutcome, CallRecord, Verdict } from "./metering/call-record.ts";
export { explainCall } from "./metering/explain-call.ts";
export { callDetailView, callRowView, costOfCall, explanationView, lineView } from "./metering/call-view.ts";
export type {
  CallDetailView,
  CallExplanation,
  CallRowView,
  CallSums,
  CallView,
  LineCostView,
  LineView,
} from "./metering/call-view.ts";
export { findUsage } from "./metering/find-usage.ts";
export { usageBeside } from "./metering/usage-beside.ts";
export type { CountedUsage, UsageBeside } from "./metering/usage-beside.ts";
export { bookUnattributed, unattributedByDay } from "./invoices/book-unattributed.ts";
export type { UnattributedDay } from "./invoices/book-unattributed.ts";
export { unattributedTenantId } from "./tenancy/unattributed.ts";
export { allocateInvoice } from "./invoices/allocate-invoice.ts";
export type { InvoiceShare, UnattributedFallsOn } from "./invoices/allocate-invoice.ts";
export { parseBilledAmount } from "./invoices/billed-amount.ts";
export type { ParsedBilledAmount } from "./invoices/billed-amount.ts";
export { currentLines, dayOf, sharesOfLines, sharesOfUsage } from "./invoices/booked-share.ts";
export type { BookedShare, Leeway, Mark } from "./invoices/booked-share.ts";
export { createExportReader, readPages, readRows } from "./invoices/export-reader.ts";
export type { ExportFields, ExportReader, ExportRow } from "./invoices/export-reader.ts";
export type { Invoice, InvoiceItem, ReadInvoiceOptions, TokenPart } from "./invoices/invoice.ts";
export { parseCsv } from "./invoices/parse-csv.ts";
export type { ParsedCsv } from "./invoices/parse-csv.ts";
export { digitsOf, isNumberText, parseExactJson, wholeOf } from "./invoices/parse-exact-json.ts";
export type { NumberText } from "./invoices/parse-exact-json.ts";
export { isExplained, reconcileInvoice } from "./invoices/reconcile-invoice.ts";
export type {
  InvoiceReconciliation,
  InvoiceResidual,
  OurKeys,
  ReconciledRow,
  ResidualAmount,
  RowState,
} from "./invoices/reconcile-invoice.ts";
export { reconcileRequests } from "./invoices/reconcile-requests.ts";
export type { DatedEntry } from "./invoices/reconcile-requests.ts";
export { pairEntries, reconcile } from "./metering/reconcile.ts";
export type { Difference, InvoiceEntry, Reconciliation, Residual } from "./metering/reconcile.ts";
export { reprice } from "./calls/reprice.ts";
export type { RepricedTenant, RepricePorts, RepriceQuery } from "./calls/reprice.ts";
export { attributionIn, isUnpriced, marginOf } from "./metering/ledger-line.ts";
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
  LineQuery,
  QueryScope,
  SlaCounts,
  SlaQuery,
  SlaReading,
  UsageDimension,
  UsageQuery,
  UsageRow,
  UsageSums,
} from "./metering/usage-query.ts";
export { sumUsage, usageView } from "./metering/usage-view.ts";
export type { UsageFound, UsageRowView, UsageSight, UsageSumsView, UsageView } from "./metering/usage-view.ts";

export { answerHeaders, moneyHeaders, requestIds } from "./http/answer-headers.ts";
export type { CallPorts } from "./calls/call-context.ts";
export type { CallInput } from "./calls/call-input.ts";
export type { CallEnded } from "./calls/close-attempt.ts";
export { limitDetails } from "./http/limit-details.ts";
export type { LimitDetails } from "./http/limit-details.ts";
export { failureHeaders } from "./http/failure-headers.ts";
export { failureOfDenial, failureOfError } from "./http/failure-of.ts";
export { httpFailure } from "./http/http-failure.ts";
export type { HttpFailure } from "./http/http-failure.ts";
export { deniedRateHeaders, rateHeaders } from "./http/rate-headers.ts";
export { askedTarget, servesOperation } from "./relay/route-models.ts";
export { createCancelSource } from "./calls/cancel-source.ts";
export type { CancelSource } from "./calls/cancel-source.ts";
export { completeWork, streamWork } from "./calls/chat-work.ts";
export type { ChatModels } from "./calls/chat-work.ts";
export { meteredCall } from "./calls/metered-call.ts";
export type { Metered } from "./calls/metered-call.ts";
export type { Recovery } from "./calls/recover-calls.ts";
export { recordLateUsage } from "./calls/late-usage.ts";
export type { LateUsage, LateUsagePorts, LateUsageResult } from "./calls/late-usage.ts";
export { supersedeLine, termsOf } from "./calls/supersede-line.ts";
export type { TenantTerms } from "./calls/supersede-line.ts";
export type { FactIgnored } from "./metering/late-fact.ts";
export { linesOfAttempt, supersedingLineId } from "./metering/line-in-force.ts";
export { chatRequestSize, utf8Length } from "./calls/request-size.ts";
export type { RequestSize } from "./ports/request-size.ts";
export { composeRelay } from "./relay/compose-relay.ts";
export type {
  RelayedCall,
  RelayedRequest,
  RelayFailures,
  RelayMessage,
  RelayParts,
  RelayProgress,
} from "./relay/compose-relay.ts";
export { ConnectionLost, PushedAnswer } from "./relay/pushed-answer.ts";
export type { AnswerConnection, PushedHeaders, RelayAnswer } from "./relay/pushed-answer.ts";
export { eventData } from "./relay/event-frames.ts";
export type { EventData } from "./relay/event-frames.ts";
export { createWrittenPieces } from "./relay/written-pieces.ts";
export type { ReadPiece, WrittenPieces } from "./relay/written-pieces.ts";
export { changeMembers, rawMember, readJsonMembers } from "./relay/json-members.ts";
export type { JsonMember, JsonMembers, MemberChanges } from "./relay/json-members.ts";
export {
  accountObject,
  countField,
  eachObject,
  everyRule,
  flagField,
  foreignUrl,
  imagesReason,
  isForeignUrl,
  limitChange,
  messagesField,
  numberField,
  plainField,
  readRelayBody,
  refusedField,
  schemaField,
  textField,
  textsWithin,
  toolsField,
  unboundedField,
} from "./relay/relay-body.ts";
export type { BodyField, BodyNotes, FieldRule, RelayBody } from "./relay/relay-body.ts";
export type { Relay, RelayEvent, RelayOptions, RelayReading, RelayRequest } from "./ports/relay.port.ts";
export { relayWork } from "./relay/relay-work.ts";
export type { ByteSource, EventFate, EventObserver } from "./relay/relayed-answer.ts";
export { createTenantry } from "./calls/tenantry.ts";
export type { CallResult, StreamResult, Tenantry, TenantryOptions } from "./calls/tenantry.ts";
export { emptyReading } from "./calls/work.ts";
export type { Work } from "./calls/work.ts";
export type { Exchange, OpenOptions, Reading, SaidAnswer } from "./ports/exchange.ts";
export { formatInstant, parseInstant } from "./time/instant.ts";
export type { Instant, ParsedInstant } from "./time/instant.ts";
export { formatDuration, parseDurationMs } from "./time/duration.ts";
export type { ParsedDuration } from "./time/duration.ts";
export { calendarPeriod, eachPeriod, previousPeriod } from "./time/period.ts";
export type { CalendarUnit, Period } from "./time/period.ts";
export { isTimeZone } from "./time/time-zone.ts";
export { readAskedPeriod } from "./time/asked-period.ts";
export type { AskedPeriod, PeriodWords } from "./time/asked-period.ts";
export { allocate, roundToSum } from "./money/allocate.ts";
export { formatPerMillionUsd, formatUsd, formatUsdFixed, parsePerMillionUsd, parseUsd, usd } from "./money/decimal.ts";
export type { ParsedPerMillionUsd, ParsedUsd } from "./money/decimal.ts";
export { parseExactDecimal } from "./money/exact-decimal.ts";
export type { ParsedExactDecimal } from "./money/exact-decimal.ts";
export { PICO_PER_USD } from "./money/pico-usd.ts";
export type { PicoUsd } from "./money/pico-usd.ts";
export { divideRounded } from "./money/rounding.ts";
export type { RoundingMode } from "./money/rounding.ts";
export {
  decodeSketch,
  emptySketch,
  encodeSketch,
  insertIntoSketch,
  mergeSketches,
  removeFromSketch,
  sketchQuantile,
} from "./sla/quantile-sketch.ts";
export type { QuantileSketch, SketchExtremes } from "./sla/quantile-sketch.ts";

export type {
  ChatContent,
  ChatMessage,
  ChatRequest,
  ContentPart,
  ImageDetail,
  ReasoningEffort,
  ReasoningPart,
  ReasoningWish,
  ResponseFormat,
  ToolCall,
  ToolChoice,
  ToolDefinition,
} from "./calls/chat-request.ts";
export type { ChatEvent, ChatResult, FinishReason } from "./calls/chat-result.ts";
export { combineTelemetry } from "./calls/combine-telemetry.ts";
export { noTelemetry } from "./calls/no-telemetry.ts";

export type { CancelSignal } from "./ports/cancel-signal.ts";
export type { ChatModel, SendOptions } from "./ports/chat-model.port.ts";
export type { Clock } from "./ports/clock.port.ts";
export type { IdSource } from "./ports/id-source.port.ts";
export type {
  AdmitRequest,
  AdmitResult,
  BudgetReached,
  BudgetState,
  Claims,
  HoldClaim,
  LeaseClaim,
  LeaseState,
  LimitRelease,
  LimitSettlement,
  LimitSpending,
  LimitStates,
  LimitStore,
  PeekedBudget,
  PeekedStates,
  Refusal,
  Rollover,
  SettledLimits,
  WindowClaim,
  WindowState,
} from "./ports/limit-store.port.ts";
export { silentLog } from "./ports/log.port.ts";
export type { Log, LogFields } from "./ports/log.port.ts";
export type { PriceEditions } from "./ports/price-editions.port.ts";
export type { PriceSource } from "./ports/price-source.port.ts";
export type {
  AttemptEnd,
  AttemptSpan,
  AttemptStart,
  CallEnd,
  CallRefusal,
  CallSpan,
  CallStart,
  Telemetry,
} from "./ports/telemetry.port.ts";
export type { TenantDirectory } from "./ports/tenant-directory.port.ts";
export type { TokenCount, TokenCounter } from "./ports/token-counter.port.ts";
export type {
  CursorPage,
  FoundSpans,
  LinesQuestion,
  SharedId,
  SpanListQuery,
  SpanQuestion,
  SpanRef,
  SpanStore,
  SpanWrite,
  StoredTrace,
  TraceListQuery,
  TraceRef,
} from "./ports/span-store.port.ts";
export { createIngest } from "./ingest/ingest.ts";
export type { Ingest, IngestOptions, IngestPorts, IngestResult, UnknownTenantPolicy } from "./ingest/ingest.ts";
export type { SpanRemark } from "./ingest/check-spans.ts";
export type {
  ProviderReport,
  ReportedSpan,
  SpanClaims,
  SpanKind,
  SpanScope,
  StoredSpan,
} from "./ingest/reported-span.ts";
export type { DenialCount, OrphanCall, Retraction, Settlement, UsageLedger } from "./ports/usage-ledger.port.ts";
export type {
  ChartQuery,
  PlatformPage,
  PlatformSpan,
  PlatformTrace,
  PlatformUsage,
  TraceQuery,
  UsagePlatform,
} from "./ports/usage-platform.port.ts";
export type { CallDetail, CallPage, LinePage, UsageReader } from "./ports/usage-reader.port.ts";

export { calendarFitsAt, fitsBudget, rollingFitsAt, rollingResetAt, spentInWindow } from "./limits/budget-window.ts";
export type { MoneyEntry } from "./limits/budget-window.ts";
export { forgetAt, keepEndedMs, lateStamp, wasClaimedBy } from "./limits/late-spending.ts";
export { expiredEntries, fitsWindow, readWindow, windowFitsAt } from "./limits/sliding-window.ts";
export type { WindowEntry, WindowReading } from "./limits/sliding-window.ts";
export { bindStoreClock, resultOnWall, spendingOnStore, statesOnWall } from "./limits/store-clock.ts";
export type { StoreAnchor, StoreClock } from "./limits/store-clock.ts";
export { storeTime } from "./limits/store-time.ts";
export type { StoreTime } from "./limits/store-time.ts";
export { byStart, checkPendingLimit, checkSpanListQuery, checkTraceListQuery } from "./ingest/check-span-query.ts";
export { checkCallQuery, checkGroups, checkLineQuery, checkSlaQuery, checkUsageQuery } from "./metering/check-query.ts";
export { foldUsage, linesInForce } from "./metering/roll-up.ts";
export { foldSla } from "./metering/sla-roll-up.ts";

export { idProblem } from "./ids/external-id.ts";
export { createKeys, maxGraceMs } from "./keys/keys.ts";
export type { IssuedKey, Keys, KeysOptions, NewKey } from "./keys/keys.ts";
export type { Key, KeyScope } from "./keys/key.ts";
export { issuedKeyView, keyView } from "./keys/key-view.ts";
export type { IssuedKeyView, KeyView } from "./keys/key-view.ts";
export { adminKeyProblem, createKeySecret } from "./keys/key-secret.ts";
export type { Principal } from "./keys/principal.ts";
export type { AnswerKey, AnswerStore, ClaimLifetime, ClaimResult, StoredAnswer } from "./ports/answer-store.port.ts";
export type { KeyChange, KeyStore } from "./ports/key-store.port.ts";
export type { Secrets } from "./ports/secrets.port.ts";
