import { testContract, tokenCounterContract } from "@tenantry/testkit";
import { createGptTokenCounter } from "../src/index.ts";

for (const exactModel of ["gpt-4o-mini-2024-07-18", "gpt-4-0613"]) {
  testContract(tokenCounterContract, {
    name: `gpt-tokenizer, ${exactModel}`,
    open: () => ({
      subject: { counter: createGptTokenCounter(), exactModel },
      close: () => undefined,
    }),
  });
}
