import { chatModelContract, openChatModelSubject, testContract } from "@tenantry/testkit";
import { createOpenAIChatModel } from "../src/index.ts";
import { openAIDialect } from "./wire-dialect.ts";

const apiKey = "sk-test-0123456789abcdefghij";

testContract(chatModelContract, {
  name: "openai",
  open: async () =>
    await openChatModelSubject({
      dialect: openAIDialect,
      create: (baseUrl) => createOpenAIChatModel({ apiKey, baseUrl }),
    }),
});

testContract(chatModelContract, {
  name: "any OpenAI-compatible server",
  open: async () =>
    await openChatModelSubject({
      dialect: openAIDialect,
      create: (baseUrl) =>
        createOpenAIChatModel({
          apiKey: "local-key-without-a-known-shape",
          baseUrl,
          provider: "local",
          maxTokensField: "max_tokens",
        }),
    }),
});
