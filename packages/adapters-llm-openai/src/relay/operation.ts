import type {
  EventObserver,
  MemberChanges,
  Reading,
  RelayBody,
  RelayOptions,
  RelayProgress,
  RequestSize,
  TenantryError,
  Usage,
} from "@tenantry/core";
import type { ErrorContext } from "../translate-openai-error.ts";
import type { ResolvedOpenAIRelayOptions } from "./relay-options.ts";

/** What an operation needs to know beside its own format. */
export interface OperationSettings extends Pick<ResolvedOpenAIRelayOptions, "maxTokensField"> {
  readonly context: ErrorContext;
}

export interface StreamObserver extends EventObserver {
  /** Usage, if the provider has told all of it. */
  finalUsage(): Usage | null;
}

/** One of the API's routes, for pass-through. */
export interface OpenAIOperation {
  /** Below the base address. */
  readonly path: string;
  /** Throws `invalid_request` that names the field. */
  read(text: string): RelayBody;
  sizeOf(body: RelayBody): Omit<RequestSize, "inputTokens" | "overheadTokens" | "inputClasses" | "unbounded">;
  /** Members that have to change beside `model`. */
  changes(body: RelayBody, options: RelayOptions, settings: OperationSettings): MemberChanges;
  /** Notes what a whole answer says; gives the failure it is when it is one, `malformed` when it is none at all. */
  readWhole(wire: unknown, reading: Reading, answer: WholeAnswer): TenantryError | "malformed" | null;
  /** `body` is the caller's. */
  observe(body: RelayBody, reading: Reading, answer: WholeAnswer): StreamObserver;
}

/** What an answer came in. */
export interface WholeAnswer {
  readonly context: ErrorContext;
  readonly head: NonNullable<RelayProgress["answer"]>;
}
