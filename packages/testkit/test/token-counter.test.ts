import { createByteTokenCounter } from "@tenantry/core/testing";
import { testContract, testMutants } from "../src/contract.ts";
import { tokenCounterMutants } from "../src/mutants/token-counter-mutants.ts";
import { tokenCounterContract } from "../src/token-counter.contract.ts";

testContract(tokenCounterContract, {
  name: "byte counter",
  open: () => ({
    subject: { counter: createByteTokenCounter(["bytes"]), exactModel: "bytes" },
    close: () => undefined,
  }),
});

testMutants(tokenCounterContract, tokenCounterMutants);
