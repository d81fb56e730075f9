import type { ChatModelSubject } from "../chat-model/subject.ts";
import type { Mutant } from "../contract.ts";
import { answerMutants } from "./chat-model-answer-mutants.ts";
import { cancelMutants, failureMutants } from "./chat-model-failure-mutants.ts";
import { requestMutants } from "./chat-model-request-mutants.ts";
import { streamMutants } from "./chat-model-stream-mutants.ts";

/** One fault each; together they prove that every rule of the contract bites. */
export const chatModelMutants: readonly Mutant<ChatModelSubject>[] = [
  ...answerMutants,
  ...streamMutants,
  ...requestMutants,
  ...failureMutants,
  ...cancelMutants,
];
