import { defineContract, type Contract } from "./contract.ts";
import { answerRules } from "./relay/answer-rules.ts";
import { cancelRules } from "./relay/cancel-rules.ts";
import { failureRules } from "./relay/failure-rules.ts";
import { readRules } from "./relay/read-rules.ts";
import { requestRules } from "./relay/request-rules.ts";
import { sendingRules } from "./relay/sending-rules.ts";
import type { RelaySubject } from "./relay/subject.ts";

/**
 * What every `Relay` must do, judged against a loopback server that speaks the vendor's wire format, and against the
 * same provider's `ChatModel`, with which it shares credentials, usage and errors. An adapter supplies the
 * `WireDialect` it has already; see `openRelaySubject`.
 */
export const relayContract: Contract<RelaySubject> = defineContract("Relay", [
  ...answerRules,
  ...requestRules,
  ...readRules,
  ...sendingRules,
  ...failureRules,
  ...cancelRules,
]);
