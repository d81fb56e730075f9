import { chatModelContract, openChatModelSubject, testContract } from "@tenantry/testkit";
import { createAnthropicChatModel } from "../src/index.ts";
import { anthropicWireDialect } from "./wire-dialect.ts";

testContract(chatModelContract, {
  name: "anthropic",
  open: () =>
    openChatModelSubject({
      dialect: anthropicWireDialect,
      create: (baseUrl) => createAnthropicChatModel({ apiKey: "sk-ant-made-up-0123456789abcdef", baseUrl }),
    }),
});
