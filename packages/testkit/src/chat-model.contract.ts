import { answerRules } from "./chat-model/answer-rules.ts";
import { cancelRules } from "./chat-model/cancel-rules.ts";
import { failureRules } from "./chat-model/failure-rules.ts";
import { messageRules } from "./chat-model/message-rules.ts";
import { requestRules } from "./chat-model/request-rules.ts";
import { streamRules } from "./chat-model/stream-rules.ts";
import type { ChatModelSubject } from "./chat-model/subject.ts";
import { defineContract, type Contract } from "./contract.ts";

/**
 * What every `ChatModel` must do, judged through its real SDK against a loopback server that speaks the vendor's wire
 * format. An adapter supplies a `WireDialect`; see `openChatModelSubject`.
 */
export const chatModelContract: Contract<ChatModelSubject> = defineContract("ChatModel", [
  ...answerRules,
  ...streamRules,
  ...messageRules,
  ...requestRules,
  ...failureRules,
  ...cancelRules,
]);
