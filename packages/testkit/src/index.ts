export { checkRule, defineContract, testContract, testMutants } from "./contract.ts";
export type { Contract, ContractRun, Mutant, Opened, Rule } from "./contract.ts";
export { telemetryContract } from "./telemetry.contract.ts";
export type { SeenSpan, TelemetrySubject } from "./telemetry-subject.ts";
export {
  sampleAttemptEnd,
  sampleAttemptStart,
  sampleCallEnd,
  sampleCallStart,
  sampleDenial,
  sampleLine,
  sampleRecord,
} from "./telemetry-samples.ts";
export { requestPatterns } from "./request-patterns.ts";
export type { PlannedRequest, RequestPattern, ServeRequest } from "./request-patterns.ts";
export { wrongSpanIds } from "./wrong-span-ids.ts";
export { openOtlpCollector, otlpAttribute } from "./wire/otlp-collector.ts";
export type {
  CollectedRequest,
  CollectorBehaviour,
  OtlpAttribute,
  OtlpCollector,
  OtlpSpan,
  OtlpValue,
  ReceivedSpan,
} from "./wire/otlp-collector.ts";
export { chatModelContract } from "./chat-model.contract.ts";
export { openChatModelSubject } from "./chat-model/subject.ts";
export type { ChatModelSubject, ChatModelSubjectOptions } from "./chat-model/subject.ts";
export { relayContract } from "./relay.contract.ts";
export { openRelaySubject } from "./relay/subject.ts";
export type { ChangedMembers, RelaySubject, RelaySubjectOptions } from "./relay/subject.ts";
export { foldChatEvents } from "./chat-model/observe.ts";
export type {
  AnswerFacts,
  DialectAbilities,
  ErrorFacts,
  ErrorReason,
  MessageFacts,
  RequestFacts,
  RetryAfter,
  ToolCallFacts,
  UsageFacts,
} from "./wire/facts.ts";
export { answerOf, errorOf, scenarioNames, scenarioOf, scenarios, usageFacts } from "./wire/scenario.ts";
export type { Delivery, Framing, Scenario, ScenarioName } from "./wire/scenario.ts";
export type { WireDialect, WireError, WireEvent } from "./wire/wire-dialect.ts";
export { openWireServer, unusedOrigin } from "./wire/wire-server.ts";
export type { WireReply, WireRequest, WireServer, WireStep } from "./wire/wire-server.ts";
export { writeScenario } from "./wire/write-scenario.ts";
export { limitStoreContract } from "./limit-store.contract.ts";
export type { LimitStoreSubject } from "./limit-store/subject.ts";
export { tokenCounterMutants } from "./mutants/token-counter-mutants.ts";
export { tokenCounterContract } from "./token-counter.contract.ts";
export type { TokenCounterSubject } from "./token-counter.contract.ts";
export { spanStoreContract } from "./span-store.contract.ts";
export type { SpanClient, SpanStoreSubject } from "./span-store/subject.ts";
export { usageLedgerContract } from "./usage-ledger.contract.ts";
export { usageReaderContract } from "./usage-reader.contract.ts";
export type { UsageClient, UsageStoreSubject } from "./usage-store/subject.ts";
export { priceSourceMutants } from "./mutants/price-source-mutants.ts";
export { priceSourceContract } from "./price-source.contract.ts";
export type { PriceSourceSubject } from "./price-source.contract.ts";
export { clockContract } from "./clock.contract.ts";
export type { ClockSubject } from "./clock.contract.ts";
export { idSourceContract } from "./id-source.contract.ts";
export type { IdSourceSubject } from "./id-source.contract.ts";
export { tenantDirectoryContract } from "./tenant-directory.contract.ts";
export type { TenantDirectorySubject } from "./tenant-directory.contract.ts";
export { keyStoreContract } from "./key-store.contract.ts";
export type { KeyStoreSubject } from "./key-store.contract.ts";
export { priceEditionsContract } from "./price-editions.contract.ts";
export type { PriceEditionsSubject } from "./price-editions.contract.ts";
export { answerStoreContract } from "./answer-store.contract.ts";
export type { AnswerStoreSubject } from "./answer-store/subject.ts";
export { secretsContract } from "./secrets.contract.ts";
export type { SecretsSubject } from "./secrets.contract.ts";
export { usagePlatformContract } from "./usage-platform.contract.ts";
export type { CountedRequest, PlatformFault, UsagePlatformSubject } from "./usage-platform/subject.ts";
export { sumCounted, within } from "./usage-platform/subject.ts";
export { testBillingShapes } from "./billing/billing-shapes.ts";
export type { BillingShape, BillingShapesRun, ShapedAnswer } from "./billing/billing-shapes.ts";
export { handCalculation } from "./billing/hand-calculation.ts";
export {
  netraApiRecording,
  netraEndpointRecordings,
  netraSpanRecording,
  netraSpanRecordings,
  recordedSpans,
} from "./recordings/netra-recordings.ts";
export type {
  NetraApiCall,
  NetraEndpointRecording,
  NetraSpanRecording,
  RecordedExport,
  RecordedOtlpBody,
  RecordedProviderRequest,
} from "./recordings/netra-recordings.ts";
export { findNetraSdk, noNetraSdk } from "./recordings/find-netra-sdk.ts";
export type { NetraSdkPackage } from "./recordings/find-netra-sdk.ts";
