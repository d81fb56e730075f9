import { chatModelContract, openChatModelSubject, testContract } from "../src/index.ts";
import { createReferenceChatModel } from "../src/mutants/chat-model-reference.ts";
import { referenceDialect } from "../src/mutants/chat-model-reference-dialect.ts";

testContract(chatModelContract, {
  name: "reference",
  open: async () =>
    await openChatModelSubject({ dialect: referenceDialect, create: (baseUrl) => createReferenceChatModel(baseUrl) }),
});
