import { type Opened, priceEditionsContract, type PriceEditionsSubject, testContract } from "@tenantry/testkit";
import { createBench } from "./open-subjects.ts";

async function openPrices(): Promise<Opened<PriceEditionsSubject>> {
  const bench = createBench();
  const first = await bench.open();
  const subject: PriceEditionsSubject = {
    store: first.prices,
    another: async () => (await bench.open()).prices,
    propagated: async () => {},
    async reopen() {
      await first.close();
      return (await bench.open()).prices;
    },
    breakWrites: bench.breakWrites,
    mendWrites: bench.mendWrites,
  };
  return { subject, close: bench.close };
}

testContract(priceEditionsContract, { name: "sqlite", open: openPrices });
