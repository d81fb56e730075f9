import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { priceSourceContract, testContract } from "@tenantry/testkit";
import { stringify } from "yaml";
import { createCataloguePrices } from "../src/index.ts";

testContract(priceSourceContract, {
  name: "catalogue with plain data on top",
  async open() {
    const source = await createCataloguePrices({ overrides: { prices: [] } });
    return {
      subject: { source, load: async (data) => await source.reload(data) },
      close: () => undefined,
    };
  },
});

testContract(priceSourceContract, {
  name: "catalogue with a YAML file on top",
  async open() {
    const folder = await mkdtemp(join(tmpdir(), "tenantry-prices-"));
    const overrideFile = join(folder, "prices.yaml");
    await writeFile(overrideFile, "prices: []\n");
    const source = await createCataloguePrices({ overrideFile });
    return {
      subject: {
        source,
        async load(data) {
          await writeFile(overrideFile, stringify(data));
          await source.reload();
        },
      },
      close: async () => await rm(folder, { recursive: true }),
    };
  },
});
