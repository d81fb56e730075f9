import { testContract, testMutants } from "../src/contract.ts";
import { openFixedPrices, priceSourceMutants } from "../src/mutants/price-source-mutants.ts";
import { priceSourceContract } from "../src/price-source.contract.ts";

testContract(priceSourceContract, {
  name: "fixed prices",
  open: () => ({ subject: openFixedPrices(), close: () => undefined }),
});

testMutants(priceSourceContract, priceSourceMutants);
