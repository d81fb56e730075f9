import { claimRules } from "./answer-store/claim-rules.ts";
import { keepingRules } from "./answer-store/keeping-rules.ts";
import type { AnswerStoreSubject } from "./answer-store/subject.ts";
import { type Contract, defineContract } from "./contract.ts";

/** What every `AnswerStore` does. */
export const answerStoreContract: Contract<AnswerStoreSubject> = defineContract("AnswerStore", [
  ...claimRules,
  ...keepingRules,
]);
