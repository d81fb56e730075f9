import { openRelaySubject, relayContract, testContract } from "@tenantry/testkit";
import { createAnthropicChatModel, createAnthropicRelay } from "../src/index.ts";
import { anthropicWireDialect } from "./wire-dialect.ts";

const apiKey = "sk-ant-test-0123456789abcdefghij";

testContract(relayContract, {
  name: "anthropic",
  open: async () =>
    await openRelaySubject({
      dialect: anthropicWireDialect,
      operation: "messages",
      changed: { outputLimit: "max_tokens", usage: null, store: null, names: [] },
      crossing: ["anthropic-version", "anthropic-beta"],
      create: (baseUrl, maxConnections = 64) => createAnthropicRelay({ apiKey, baseUrl, maxConnections }),
      createModel: (baseUrl) => createAnthropicChatModel({ apiKey, baseUrl }),
    }),
});
