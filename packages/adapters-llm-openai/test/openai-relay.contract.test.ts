import { openRelaySubject, relayContract, testContract } from "@tenantry/testkit";
import { createOpenAIChatModel, createOpenAIRelay } from "../src/index.ts";
import { openAIDialect } from "./wire-dialect.ts";

const names = ["prompt_cache_key", "safety_identifier"];
const apiKey = "sk-test-0123456789abcdefghij";

testContract(relayContract, {
  name: "openai",
  open: async () =>
    await openRelaySubject({
      dialect: openAIDialect,
      operation: "chat-completions",
      changed: { outputLimit: "max_completion_tokens", usage: "stream_options", store: "store", names },
      crossing: ["openai-beta"],
      create: (baseUrl, maxConnections = 64) => createOpenAIRelay({ apiKey, baseUrl, maxConnections }),
      createModel: (baseUrl) => createOpenAIChatModel({ apiKey, baseUrl }),
    }),
});

testContract(relayContract, {
  name: "any OpenAI-compatible server",
  open: async () => {
    const server = {
      apiKey: "local-key-without-a-known-shape",
      provider: "local",
      maxTokensField: "max_tokens",
    } as const;
    return await openRelaySubject({
      dialect: openAIDialect,
      operation: "chat-completions",
      changed: { outputLimit: "max_tokens", usage: "stream_options", store: "store", names },
      crossing: ["openai-beta"],
      create: (baseUrl, maxConnections = 64) => createOpenAIRelay({ ...server, baseUrl, maxConnections }),
      createModel: (baseUrl) => createOpenAIChatModel({ ...server, baseUrl }),
    });
  },
});
