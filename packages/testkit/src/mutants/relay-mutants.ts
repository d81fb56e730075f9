import type { RelaySubject } from "../relay/subject.ts";
import type { Mutant } from "../contract.ts";
import { relayAnswerMutants } from "./relay-answer-mutants.ts";
import { relayFailureMutants } from "./relay-failure-mutants.ts";
import { relayRequestMutants } from "./relay-request-mutants.ts";

/** One fault each; together they prove that every rule of the contract bites. */
export const relayMutants: readonly Mutant<RelaySubject>[] = [
  ...relayAnswerMutants,
  ...relayRequestMutants,
  ...relayFailureMutants,
];
