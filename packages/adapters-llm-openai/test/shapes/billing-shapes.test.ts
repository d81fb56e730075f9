import { parsePrices, type Price } from "@tenantry/core";
import { testBillingShapes } from "@tenantry/testkit";
import { createOpenAIChatModel, createOpenAIRelay } from "../../src/index.ts";
import { chatShapes } from "./chat-shapes.ts";
import { responsesShapes } from "./responses-shapes.ts";

const apiKey = "sk-test-0123456789abcdefghij";

/** Round figures of nobody's list, so that a calculation by hand can be followed. */
const parsed = parsePrices(
  {
    prices: [
      {
        model: "openai/asked-model",
        perMillionTokens: {
          input: "0.15",
          cacheRead: "0.075",
          cacheWrite5m: "0.1875",
          cacheWrite1h: "0.30",
          output: "0.60",
          audioInput: "10",
          audioOutput: "20",
        },
        serviceTiers: {
          flex: { input: "0.075", cacheRead: "0.0375", output: "0.30" },
          priority: { input: "0.26", output: "1" },
          batch: { input: "0.075", output: "0.30" },
        },
        fees: { webSearch: "0.01", fileSearch: "0.0025", codeInterpreter: "0.03" },
      },
    ],
  },
  "shapes",
);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));

const prompts: Readonly<Record<string, object>> = {
  "chat-completions": { messages: [{ role: "user", content: "What?" }] },
  responses: { input: "What?" },
  embeddings: { input: "What?" },
};

testBillingShapes("OpenAI", {
  shapes: [...chatShapes, ...responsesShapes],
  price: parsed.prices[0] as Price,
  bodyOf: (operation) => ({ model: "asked-model", ...prompts[operation] }),
  createRelay: (origin) => createOpenAIRelay({ apiKey, baseUrl: `${origin}/v1` }),
  createModel: (origin) => createOpenAIChatModel({ apiKey, baseUrl: `${origin}/v1` }),
  chatOperation: "chat-completions",
});
