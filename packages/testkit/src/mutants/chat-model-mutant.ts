import type { ChatModel } from "@tenantry/core";
import { openChatModelSubject, type ChatModelSubject } from "../chat-model/subject.ts";
import type { Mutant } from "../contract.ts";
import type { Fault } from "./chat-model-faults.ts";
import { createReferenceChatModel } from "./chat-model-reference.ts";
import { referenceDialect } from "./chat-model-reference-dialect.ts";

/** A reference model with one fault, and the rules that must catch it. */
export function chatModelMutant(name: string, kills: readonly string[], fault: Fault): Mutant<ChatModelSubject> {
  const create = (baseUrl: string): ChatModel => {
    const model = createReferenceChatModel(baseUrl, fault.parts);
    return fault.wrap === undefined ? model : fault.wrap(model);
  };
  return { name, kills, open: async () => await openChatModelSubject({ dialect: referenceDialect, create }) };
}

/** How long a mutant waits that would hang without a limit of its own, ms. */
export const patienceMs = 150;
