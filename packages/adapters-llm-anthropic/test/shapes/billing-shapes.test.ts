import { parsePrices, type Price } from "@tenantry/core";
import { testBillingShapes } from "@tenantry/testkit";
import { createAnthropicChatModel, createAnthropicRelay } from "../../src/index.ts";
import { messageShapes } from "./message-shapes.ts";

const apiKey = "sk-ant-test-0123456789abcdefghij";

/** Claude Haiku 4.5's, from https://platform.claude.com/docs/en/about-claude/pricing (2026-11-23). */
const parsed = parsePrices(
  {
    prices: [
      {
        model: "anthropic/asked-model",
        perMillionTokens: {
          input: "1",
          cacheRead: "0.10",
          cacheWrite5m: "1.25",
          cacheWrite1h: "2",
          output: "5",
        },
        serviceTiers: { batch: { input: "0.50", output: "2.50" } },
        fees: { webSearch: "0.01" },
      },
    ],
  },
  "shapes",
);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));

testBillingShapes("Anthropic", {
  shapes: messageShapes,
  price: parsed.prices[0] as Price,
  bodyOf: () => ({ model: "asked-model", max_tokens: 1024, messages: [{ role: "user", content: "What?" }] }),
  createRelay: (origin) => createAnthropicRelay({ apiKey, baseUrl: origin }),
  createModel: (origin) => createAnthropicChatModel({ apiKey, baseUrl: origin }),
  chatOperation: "messages",
});
