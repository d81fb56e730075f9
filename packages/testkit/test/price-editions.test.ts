import { priceEditionsContract, testContract, testMutants } from "../src/index.ts";
import { priceEditionsMutants } from "../src/mutants/price-editions-mutants.ts";
import { openMemoryPrices } from "../src/subjects/memory-prices.ts";

testContract(priceEditionsContract, { name: "memory", open: () => openMemoryPrices() });
testMutants(priceEditionsContract, priceEditionsMutants);
